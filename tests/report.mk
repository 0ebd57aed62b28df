# SPDX-License-Identifier: GPL-2.0-or-later
# Golden files of report/: renewed here, read by the reviewer of the change.
.PHONY: golden-report
golden: golden-report
golden-report: $(BUILD)/tests/test_table
	$(Q)QLAUNCH_GOLDEN=renew $<

$(addprefix $(BUILD)/tests/,test_html test_limit test_reason_reports test_reason_sums test_seed test_share test_table): $(BUILD)/tests/report_room.o

# A large file out of a small one: read right by a test, in time by bench-self.
$(BUILD)/tests/more_results: $(BUILD)/tests/more_results.o $(BUILD)/libqlaunch.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
tests: $(BUILD)/tests/more_results
$(BUILD)/tests/peak_memory: $(BUILD)/tests/peak_memory.o
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

bench-self: bench-report
.PHONY: bench-report
bench-report: $(BUILD)/qlaunch $(BUILD)/qload $(BUILD)/tests/more_results $(BUILD)/tests/peak_memory
	$(Q)BUILD=$(BUILD) tests/report_cost.sh
