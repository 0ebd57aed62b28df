# SPDX-License-Identifier: GPL-2.0-or-later
$(BUILD)/tests/test_qmp $(BUILD)/tests/test_qmp_events $(BUILD)/tests/test_qmp_query $(BUILD)/tests/test_qmp_stats: $(BUILD)/tests/fake_qmp.o

FAKEQEMU_OBJ := $(BUILD)/tests/fakeqemu.o $(BUILD)/tests/fakeqemu_script.o $(BUILD)/tests/fakeqemu_answer.o
$(BUILD)/tests/fakeqemu: $(FAKEQEMU_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $^ -ljson-c
tests: $(BUILD)/tests/fakeqemu
$(BUILD)/tests/test_qmp_qemu $(BUILD)/tests/test_qmp_fakeqemu: $(BUILD)/tests/qemu_child.o | $(BUILD)/tests/fakeqemu
