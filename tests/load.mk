# SPDX-License-Identifier: GPL-2.0-or-later
# qload's own tests talk to the real binary; bench-self compares it with sysbench and fio.
$(BUILD)/tests/test_qload $(BUILD)/tests/test_qload_wrong $(BUILD)/tests/test_loads $(BUILD)/tests/test_wakeup: $(BUILD)/tests/qload_peer.o | $(BUILD)/qload
$(BUILD)/tests/test_uring: LDFLAGS += -Wl,--wrap=io_uring_setup -Wl,--wrap=io_uring_queue_mmap
$(BUILD)/tests/test_stuck: LDFLAGS += -Wl,--wrap=io_uring_enter2

# the engine's peer; static as qload is
$(BUILD)/tests/bare_nop: $(BUILD)/tests/bare_nop.o $(BUILD)/base/text.o $(BUILD)/base/utf8.o $(BUILD)/base/err.o
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) -static $(LDFLAGS) -o $@ $^ -luring

# the peer of mem, a level at a time
$(BUILD)/tests/mem_walk: $(BUILD)/tests/mem_walk.o $(BUILD)/base/text.o $(BUILD)/base/utf8.o $(BUILD)/base/err.o $(BUILD)/base/stop.o
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

tests: $(BUILD)/tests/scale_load

bench-self: $(BUILD)/qload $(BUILD)/tests/bare_nop $(BUILD)/tests/scale_load $(BUILD)/tests/mem_walk
	$(Q)QLOAD=$(BUILD)/qload sh tests/bench_self.sh

# qload with forged results
tests: $(BUILD)/tests/liar_qload
$(BUILD)/tests/liar_qload: LDFLAGS += -Wl,--wrap=answer_json
$(BUILD)/tests/liar_qload: $(BUILD)/workloads/qload.o

# a file system whose answers come when the test says
$(BUILD)/tests/test_fuse_stall: $(BUILD)/tests/fuse_file.o
$(BUILD)/tests/test_fuse_stall: LIBS += -lfuse3
