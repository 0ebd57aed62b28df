# SPDX-License-Identifier: GPL-2.0-or-later
# Golden files of report/: renewed here, read by the reviewer of the change.
.PHONY: golden-report
golden: golden-report
golden-report: $(BUILD)/tests/test_table
	$(Q)QLAUNCH_GOLDEN=renew $<
