# SPDX-License-Identifier: GPL-2.0-or-later
# One Makefile, non-recursive.  The layer table below is the architecture: a folder sees only what stands
# beside it, so an upward include does not compile.

VERSION := 0.1.0
BUILD   ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
V       ?= 0
Q       := $(if $(filter 0,$(V)),@)
say      = $(if $(filter 0,$(V)),@printf '  %-7s %s\n' $(1) $(2))

ifeq ($(origin CC),default)
CC       := gcc
endif
WARN     := -Wall -Wextra -Wshadow -Wundef -Wvla -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes \
	    -Wold-style-definition -Wwrite-strings -Wpointer-arith -Wcast-align -Wimplicit-fallthrough
WERROR   ?= -Werror
OPT      ?= -O2 -g
SAN      ?=
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
override CFLAGS += -std=gnu17 $(OPT) $(WARN) $(WERROR) $(SANFLAGS) -fstack-protector-strong
CPPFLAGS += -D_GNU_SOURCE -DQLAUNCH_VERSION='"$(VERSION)"'

ROOMS := base qmp tuning measure workloads images report launcher

# folder -> what it may include
LAYERS_base      := base
LAYERS_qmp       := qmp base
LAYERS_tuning    := tuning base
LAYERS_measure   := measure base
LAYERS_workloads := workloads base
LAYERS_images    := images base
LAYERS_report    := report base
LAYERS_launcher  := launcher base qmp tuning measure workloads images report
LAYERS_tests     := tests $(ROOMS)

LIBS := -ljson-c -lnuma -lcap -larchive -lkmod -lm

src = $(sort $(wildcard $(1)/*.c))
obj = $(patsubst %.c,$(BUILD)/%.o,$(1))

# qload is static: its objects and the part of base that needs no library
QLOAD_SRC  := $(call src,workloads)
QLOAD_OBJ  := $(call obj,$(QLOAD_SRC) base/err.c base/text.c)
QLOAD_LIBS := -luring -lpthread -lm

# what qlaunch shares with qload: the protocol's words
SHARED_SRC := $(filter-out workloads/qload.c,$(wildcard workloads/wire.c workloads/catalog.c workloads/hist.c \
	      workloads/rng.c))
MAIN_SRC   := launcher/main.c
LIB_SRC    := $(filter-out $(MAIN_SRC),$(foreach room,base qmp tuning measure images report launcher,$(call src,$(room)))) \
	      $(SHARED_SRC)

TEST_SRC   := $(sort $(wildcard tests/test_*.c))
TEST_BIN   := $(patsubst tests/%.c,$(BUILD)/tests/%,$(TEST_SRC))

.PHONY: all clean run test check deps install bench-self campaign golden fuzz tests tools
all: $(BUILD)/qlaunch $(BUILD)/qload

include tests/packages.mk
-include $(filter-out tests/packages.mk,$(wildcard tests/*.mk))

$(BUILD)/%.o: %.c | $(BUILD)/packages.ok
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(addprefix -iquote ,$(LAYERS_$(firstword $(subst /, ,$*)))) $(CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/libqlaunch.a: $(call obj,$(LIB_SRC))
	$(call say,AR,$@)
	@rm -f $@
	$(Q)ar rcs $@ $^

$(BUILD)/libqload.a: $(call obj,$(filter-out workloads/qload.c,$(QLOAD_SRC)))
	$(call say,AR,$@)
	@rm -f $@
	$(Q)ar rcs $@ $^

$(BUILD)/qlaunch: $(call obj,$(MAIN_SRC)) $(BUILD)/libqlaunch.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/qload: $(QLOAD_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(if $(SAN),,-static) $(LDFLAGS) -o $@ $^ $(QLOAD_LIBS)

$(BUILD)/tests/%: $(BUILD)/tests/%.o $(BUILD)/libqlaunch.a $(BUILD)/libqload.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(BUILD)/libqlaunch.a $(BUILD)/libqload.a \
		-lcmocka $(LIBS) $(QLOAD_LIBS)

tests: $(TEST_BIN)

clean:
	rm -rf build build-*

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
