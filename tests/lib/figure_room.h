/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * figure_room.h - an empty object of figures for each test.
 */
#ifndef TESTS_FIGURE_ROOM_H
#define TESTS_FIGURE_ROOM_H

extern struct json_object *figures;

int figure_room_open(void **state);
int figure_room_close(void **state);

#define WITH_FIGURES(name)                                                                         \
	cmocka_unit_test_setup_teardown(name, figure_room_open, figure_room_close)

#endif
