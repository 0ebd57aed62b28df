/* SPDX-License-Identifier: GPL-2.0-or-later */
/* figure_room.c - makes and frees what figure_room.h shows.  For tests alone. */
#include "figure_room.h"

#include "json.h"

struct json_object *figures;

int figure_room_open(void **state)
{
	(void)state;
	figures = json_object_new_object();
	return figures ? 0 : -1;
}

int figure_room_close(void **state)
{
	(void)state;
	json_done(&figures);
	return 0;
}
