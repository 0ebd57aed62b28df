# SPDX-License-Identifier: GPL-2.0-or-later
# Perfetto's messages as C: protobuf's compiler makes it, by protobuf-c's plug-in, of measure/trace/perfetto.proto, which says
# which of them we write.
PROTOC   ?= protoc
PROTO_C  := $(BUILD)/measure/trace/perfetto.pb-c.c
PROTO_H  := $(PROTO_C:.c=.h)
LIBS     += -lprotobuf-c

$(PROTO_C): measure/trace/perfetto.proto | $(PACKAGES_OK)
	$(call say,PROTO,$@)
	@mkdir -p $(@D)
	$(Q)$(PROTOC) --proto_path=measure/trace --c_out=$(@D) $<

$(PROTO_H): $(PROTO_C)

$(BUILD)/measure/trace/perfetto.pb-c.o: $(PROTO_C) $(BUILD)/flags
	$(call say,CC,$@)
	$(Q)$(CC) $(CPPFLAGS) -iquote $(<D) $(CFLAGS) -c $< -o $@

$(BUILD)/fuzz/measure/trace/perfetto.pb-c.o: $(PROTO_C) $(BUILD)/flags
	$(call say,FUZZCC,$@)
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(CPPFLAGS) -iquote $(<D) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link,address,undefined -c $< -o $@

PROTO_USERS := $(foreach name,trace_perfetto perfetto_out,$(BUILD)/measure/trace/$(name).o $(BUILD)/fuzz/measure/trace/$(name).o) \
	       $(BUILD)/tests/unit/measure/test_trace_perfetto.o
$(PROTO_USERS): $(PROTO_H)
$(PROTO_USERS): override CPPFLAGS += -iquote $(BUILD)/measure/trace

$(BUILD)/libqlaunch.a: $(BUILD)/measure/trace/perfetto.pb-c.o
$(BUILD)/fuzz/lib.a: $(BUILD)/fuzz/measure/trace/perfetto.pb-c.o
