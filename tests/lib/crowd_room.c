/* SPDX-License-Identifier: GPL-2.0-or-later */
/* crowd_room.c - starts and ends what crowd_room.h shows.  For tests alone. */
#include "crowd_room.h"

struct crowd crowd;
struct threads threads;

int crowd_room_open(void **state)
{
	(void)state;
	crowd_start(&crowd);
	return 0;
}

int crowd_room_close(void **state)
{
	(void)state;
	crowd_end(&crowd);
	threads_done(&threads);
	threads_done(&threads); /* twice is harmless */
	return 0;
}
