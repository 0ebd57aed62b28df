# SPDX-License-Identifier: GPL-2.0-or-later
$(BUILD)/tests/test_qmp $(BUILD)/tests/test_qmp_events $(BUILD)/tests/test_qmp_query $(BUILD)/tests/test_qmp_stats: $(BUILD)/tests/fake_qmp.o
