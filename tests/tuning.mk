# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests of tuning/ and measure/ link besides themselves.
$(foreach t,threads placement sched exited reuse,$(BUILD)/tests/test_$(t)): $(BUILD)/tests/crowd.o $(BUILD)/tests/crowd_room.o
$(foreach t,exits figure sched_figures,$(BUILD)/tests/test_$(t)): $(BUILD)/tests/figure_room.o
$(foreach t,deep deep_causes deep_locks,$(BUILD)/tests/test_$(t)): $(BUILD)/tests/deep_room.o
tests: $(BUILD)/tests/orphans
