# SPDX-License-Identifier: GPL-2.0-or-later
# Test programs: built from tests/unit, tests/programs and tests/bench, each as $(BUILD)/tests/NAME.

TEST_SRC    := $(sort $(wildcard tests/unit/*/test_*.c))
PROGRAM_SRC := $(sort $(wildcard tests/programs/*.c tests/bench/*.c))
TEST_BIN    := $(addprefix $(BUILD)/tests/,$(notdir $(TEST_SRC:.c=)))

# what tests share; fake_perf takes libc's place, so it is linked by name
LIBTESTS_SRC := $(filter-out %/fake_perf.c,$(wildcard tests/lib/*.c))
$(BUILD)/libtests.a: $(call obj,$(LIBTESTS_SRC))
	$(call say,AR,$@)
	@rm -f $@
	$(Q)ar rcs $@ $^

# programs without our libraries, or with few of our objects
PLAIN := $(addprefix $(BUILD)/tests/,deny_call peak_memory bare_nop mem_walk fakeqemu)
# fakeqemu's parts are no programs
PROGRAM_BIN := $(filter-out %/fakeqemu_script %/fakeqemu_answer,$(addprefix $(BUILD)/tests/,$(notdir $(PROGRAM_SRC:.c=))))
$(foreach source,$(TEST_SRC) $(PROGRAM_SRC),$(eval $(BUILD)/tests/$(notdir $(source:.c=)): $(BUILD)/$(source:.c=.o)))

# some tests read with all that libarchive has, which needs what its shared library brings
LINK_ALL := -Wl,--start-group $(addprefix $(BUILD)/,libtests.a libqlaunch.a libqload.a) -Wl,--end-group
$(TEST_BIN) $(filter-out $(PLAIN),$(PROGRAM_BIN)): $(addprefix $(BUILD)/,libtests.a libqlaunch.a libqload.a)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LINK_ALL) -lcmocka $(LIBS:-l:libarchive.a=-larchive) $(QLOAD_LIBS)

SMALL_OBJ := $(addprefix $(BUILD)/base/,text.o utf8.o err.o stop.o)
$(BUILD)/tests/bare_nop $(BUILD)/tests/mem_walk: $(SMALL_OBJ)
$(BUILD)/tests/bare_nop: PLAIN_LIBS := -static -luring # as qload is: it is the engine's peer
$(BUILD)/tests/fakeqemu: $(BUILD)/tests/programs/fakeqemu_script.o $(BUILD)/tests/programs/fakeqemu_answer.o
$(BUILD)/tests/fakeqemu: PLAIN_LIBS := -pthread -ljson-c
$(PLAIN):
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(PLAIN_LIBS)

# calls that a test answers itself
$(BUILD)/tests/test_counters_files $(BUILD)/tests/test_observe_cost: $(BUILD)/tests/lib/fake_perf.o
$(BUILD)/tests/test_uring: LDFLAGS += -Wl,--wrap=io_uring_setup -Wl,--wrap=io_uring_queue_mmap
$(BUILD)/tests/test_stuck: LDFLAGS += -Wl,--wrap=io_uring_enter2
# qload with forged results
$(BUILD)/tests/liar_qload: LDFLAGS += -Wl,--wrap=answer_json
$(BUILD)/tests/liar_qload: $(BUILD)/workloads/qload.o

# a file system whose answers come when the test says
$(BUILD)/tests/test_fuse_stall: LIBS += -lfuse3

# tests that run these programs
$(addprefix $(BUILD)/tests/,test_qload test_qload_wrong test_loads test_wakeup): | $(BUILD)/qload
$(addprefix $(BUILD)/tests/,test_qmp_qemu test_qmp_fakeqemu): | $(BUILD)/tests/fakeqemu

tests: $(TEST_BIN) $(PROGRAM_BIN)

# Golden files are renewed here and read by the reviewer of the change.
GOLDEN := $(addprefix $(BUILD)/tests/,test_figure_table test_plan test_qemu_args test_help test_completion)
.PHONY: golden
golden: $(GOLDEN) $(BUILD)/tests/test_table
	$(Q)for t in $(GOLDEN); do QLAUNCH_GOLDEN=1 $$t >/dev/null || exit 1; done
	$(Q)QLAUNCH_GOLDEN=renew $(BUILD)/tests/test_table

# The pmu lab's program: measure's counters and what they need of base, for another machine, static.  Its script builds it,
# where the arm64 packages are there.  ARM64 is their folder.
PMU_CC  ?= aarch64-linux-gnu-gcc
PMU_SRC := tests/lab/pmu_driver.c $(filter-out %/punts.c,$(call src,measure/counters)) \
	   $(addprefix measure/,figure.c files.c reading.c trace_folder.c) $(addprefix base/,err.c stop.c utf8.c text.c)
$(BUILD)/pmu_driver: $(PMU_SRC) $(wildcard measure/*.h measure/counters/*.h base/*.h) tests/tests.mk
	$(call say,CROSS,$@)
	$(Q)$(PMU_CC) $(CPPFLAGS) $(addprefix -iquote ,$(LAYERS_measure/counters)) -isystem $(ARM64)/usr/include -std=gnu17 -O2 \
		$(WARN) $(WERROR) -static -o $@ $(PMU_SRC) $(ARM64)/usr/lib/aarch64-linux-gnu/libjson-c.a -lm

bench-self: all $(PROGRAM_BIN)
	$(Q)QLOAD=$(BUILD)/qload sh tests/bench/bench_self.sh
	$(Q)BUILD=$(BUILD) tests/bench/observer_cost.sh
	$(Q)BUILD=$(BUILD) tests/bench/report_cost.sh
	$(Q)BUILD=$(BUILD) tests/bench/trial_cost.sh
	$(Q)BUILD=$(BUILD) tests/bench/launch_cost.sh
