# SPDX-License-Identifier: GPL-2.0-or-later
# A program that trace_e2e.sh runs: one trace, rendered by every writer.
tests: $(BUILD)/tests/trace_tool
$(BUILD)/tests/trace_tool: $(BUILD)/tests/trace_tool.o $(BUILD)/libqlaunch.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) -luring -lpthread
