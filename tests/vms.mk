# SPDX-License-Identifier: GPL-2.0-or-later
# vms.mk - tests of several VMs on the same CPUs: what they share with others
$(BUILD)/tests/test_neighbours: $(BUILD)/tests/figure_peek.o
