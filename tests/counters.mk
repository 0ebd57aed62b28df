# SPDX-License-Identifier: GPL-2.0-or-later
# The pmu lab's program: measure's counters and what they need of base, for another machine, static.
PMU_CC  ?= aarch64-linux-gnu-gcc
PMU_SRC := tests/pmu_driver.c $(filter-out %/punts.c,$(call src,measure/counters)) measure/figure.c measure/files.c measure/reading.c \
	   measure/trace_folder.c base/err.c base/stop.c base/utf8.c base/text.c

# Not built by `make tests`: its script does, where the arm64 packages are there.  ARM64 is their folder.
$(BUILD)/pmu_driver: $(PMU_SRC) $(wildcard measure/*.h measure/counters/*.h base/*.h) tests/counters.mk
	$(call say,CROSS,$@)
	$(Q)$(PMU_CC) $(CPPFLAGS) $(includes) $(addprefix -iquote ,$(LAYERS_measure/counters)) -isystem $(ARM64)/usr/include -std=gnu17 -O2 \
		$(WARN) $(WERROR) -static -o $@ $(PMU_SRC) $(ARM64)/usr/lib/aarch64-linux-gnu/libjson-c.a -lm

$(BUILD)/tests/test_counters $(BUILD)/tests/test_counting: $(BUILD)/tests/figure_peek.o
$(BUILD)/tests/test_counters_files $(BUILD)/tests/test_observe_cost: $(BUILD)/tests/fake_perf.o
# A program that tests run others with: no library of ours.
$(BUILD)/tests/deny_call: $(BUILD)/tests/deny_call.o
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^
tests: $(BUILD)/tests/deny_call $(BUILD)/tests/hog

tests: $(BUILD)/tests/ping_pong $(BUILD)/tests/watch_load
$(BUILD)/tests/ping_pong $(BUILD)/tests/watch_load: %: %.o $(BUILD)/libqlaunch.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

bench-self: bench-observer
.PHONY: bench-observer
bench-observer: $(BUILD)/tests/ping_pong $(BUILD)/tests/watch_load $(BUILD)/qlaunch $(BUILD)/qload
	$(Q)BUILD=$(BUILD) tests/observer_cost.sh
