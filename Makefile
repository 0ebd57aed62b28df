# SPDX-License-Identifier: GPL-2.0-or-later
# One Makefile, non-recursive.  The layer table below is the architecture: a folder sees only the folders that its row
# names, so an upward include does not compile.  docs/architecture.md shows the same table with each folder's purpose.

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

# folder -> what it may include: itself, and what it names
LAYERS_base               := base
LAYERS_qmp                := qmp base
LAYERS_tuning             := tuning base
LAYERS_measure            := measure base
LAYERS_measure/counters   := measure/counters measure base
LAYERS_measure/deep       := measure/deep measure base
LAYERS_measure/trace      := measure/trace measure base
LAYERS_workloads/protocol := workloads/protocol base
LAYERS_workloads          := workloads workloads/protocol base
LAYERS_images             := images base
LAYERS_report/read        := report/read base
LAYERS_report/compare     := report/compare $(LAYERS_report/read)
LAYERS_report/write       := report/write $(LAYERS_report/compare)
LAYERS_report             := report $(LAYERS_report/write)
# the floors of launcher/, lowest first; all of them stand on BELOW
BELOW                     := base qmp tuning measure measure/counters measure/deep measure/trace workloads/protocol images
LAYERS_launcher/options   := launcher/options report $(BELOW)
LAYERS_launcher/plan      := launcher/plan $(LAYERS_launcher/options)
LAYERS_launcher/record    := launcher/record $(LAYERS_launcher/plan)
LAYERS_launcher/vm        := launcher/vm $(LAYERS_launcher/record)
LAYERS_launcher/trial     := launcher/trial $(LAYERS_launcher/vm)
LAYERS_launcher/sweep     := launcher/sweep $(LAYERS_report/compare) $(LAYERS_launcher/trial)
LAYERS_launcher           := launcher $(LAYERS_launcher/sweep)

.PHONY: list-layers
list-layers:
	@printf '%s\n' $(foreach room,$(ROOMS),'$(room) $(LAYERS_$(room))')

ROOMS := $(patsubst LAYERS_%,%,$(filter LAYERS_%,$(.VARIABLES)))
LAYERS_tests := tests/lib $(ROOMS)

# libtracecmd's headers include the others' without a folder
CPPFLAGS += $(addprefix -isystem /usr/include/,trace-cmd tracefs traceevent)
# liburing whole: qload has it so too, and what runs needs no package for it.  libarchive whole: its shared library loads
# libxml2, ICU and OpenSSL, which took a fifth of a launch; what unpacks for it stays shared.
LIBS := -ljson-c -lnuma -lcap -l:libarchive.a -l:libz.so.1 -l:liblzma.so.5 -l:libzstd.so.1 -lelf -ltracecmd -ltracefs \
	-ltraceevent -l:liburing.a -lm

src      = $(sort $(wildcard $(1)/*.c))
obj      = $(patsubst %.c,$(BUILD)/%.o,$(1))
folder   = $(patsubst %/,%,$(dir $(1)))
includes = $(addprefix -iquote ,$(LAYERS_$(if $(filter tests/%,$(1)),tests,$(call folder,$(1)))))
quoted   = '$(subst ','\'',$(1))'

# qload is static: its objects and the part of base that needs no library
QLOAD_SRC  := $(call src,workloads) $(call src,workloads/protocol)
QLOAD_OBJ  := $(patsubst %.c,$(BUILD)/$(if $(SAN),static/)%.o,$(QLOAD_SRC) base/err.c base/process.c base/stop.c base/text.c base/utf8.c)
QLOAD_LIBS := -luring -lpthread -lm

MAIN_SRC   := launcher/main.c
LIB_SRC    := $(filter-out $(MAIN_SRC),$(foreach room,$(filter-out workloads,$(ROOMS)),$(call src,$(room))))

# What draws the HTML report: our script and style are always there, the libraries after `make report-assets`.
ASSETS      := $(BUILD)/report-assets
ASSETS_OURS := $(patsubst report/assets/%,$(ASSETS)/%,$(wildcard report/assets/*.css report/assets/*.js))
NPM_FOLDER  := $(BUILD)/report-npm
ASSET_LICENCES := @observablehq/plot d3 interval-tree-1d binary-search-bounds isoformat


.PHONY: all clean tests deps run test check fuzz campaign bench-self golden report-assets install uninstall FORCE
.SECONDARY:
.DELETE_ON_ERROR:
all: $(BUILD)/qlaunch $(BUILD)/qload $(ASSETS_OURS)

include tests/packages.mk
include tests/tests.mk
include measure/deep/bpf.mk
include measure/trace/perfetto.mk

# objects of different flags or compilers never mix: a change rebuilds what stands in the same folder
FLAGS := $(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS)
ifneq ($(file <$(BUILD)/flags),$(FLAGS))
$(BUILD)/flags: FORCE
endif
$(BUILD)/flags:
	@mkdir -p $(@D)
	@printf '%s\n' $(call quoted,$(FLAGS)) >$@

$(BUILD)/%.o: %.c $(BUILD)/flags | $(PACKAGES_OK)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(call includes,$*) $(CFLAGS) -MMD -MP -c $< -o $@

# a sanitizer cannot be linked statically and the guest has no libraries: there qload is built without
$(BUILD)/static/%.o: %.c $(BUILD)/flags | $(PACKAGES_OK)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(call includes,$*) $(filter-out $(SANFLAGS),$(CFLAGS)) -MMD -MP -c $< -o $@

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
	$(Q)$(CC) $(filter-out $(SANFLAGS),$(CFLAGS)) -static $(LDFLAGS) -o $@ $^ $(QLOAD_LIBS)

$(ASSETS_OURS): $(ASSETS)/%: report/assets/%
	@mkdir -p $(@D)
	@cp $< $@

# last of the libraries: where it is there, all are
$(ASSETS)/LICENCES.txt: report/assets/package.json report/assets/package-lock.json | $(PACKAGES_OK)
	$(call say,NPM,$(ASSETS))
	@mkdir -p $(NPM_FOLDER) $(@D)
	$(Q)cp $^ $(NPM_FOLDER)
	$(Q)npm --prefix $(NPM_FOLDER) --loglevel error ci --ignore-scripts --no-audit --no-fund >/dev/null
	$(Q)cp $(NPM_FOLDER)/node_modules/d3/dist/d3.min.js $(ASSETS)/d3.js
	$(Q)cp $(NPM_FOLDER)/node_modules/@observablehq/plot/dist/plot.umd.min.js $(ASSETS)/plot.js
	$(Q)for name in $(ASSET_LICENCES); do \
		printf '%s\n\n' "== $$name"; cat $(NPM_FOLDER)/node_modules/$$name/LICENSE; echo; done >$@.new
	$(Q)mv $@.new $@

report-assets: $(ASSETS_OURS) $(ASSETS)/LICENCES.txt

deps: $(PACKAGES_OK)

run: all
	$(BUILD)/qlaunch sweep --preset quick

# make test T="test_qmp run_e2e" runs a part
test: all tests
	@BUILD=$(BUILD) CC='$(CC)' SAN='$(SAN)' tests/run.sh $(T)

check: | $(PACKAGES_OK)
	@MAKE='$(MAKE)' tests/check.sh

# A fuzzer links against everything, so a parser's own needs are not listed anywhere.
SECONDS    ?= 10
FUZZ_CC    ?= clang
FUZZ_FLAGS := $(filter-out $(SANFLAGS) -fstack-protector-strong,$(CFLAGS)) -fno-sanitize-recover=all -fno-omit-frame-pointer
FUZZ_BIN   := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_LIB   := $(patsubst %.c,$(BUILD)/fuzz/%.o,$(sort $(LIB_SRC) $(filter-out workloads/qload.c,$(QLOAD_SRC))))

$(BUILD)/fuzz/%.o: %.c $(BUILD)/flags | $(PACKAGES_OK)
	$(call say,FUZZCC,$@)
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(CPPFLAGS) $(call includes,$*) $(FUZZ_FLAGS) -Wno-missing-prototypes \
		-DBOOTSTRAP_DRAWS=50 -fsanitize=fuzzer-no-link,address,undefined -MMD -MP -c $< -o $@

$(BUILD)/fuzz/lib.a: $(FUZZ_LIB)
	@rm -f $@
	$(Q)ar rcs $@ $^

$(BUILD)/fuzz/fuzz_%: $(BUILD)/fuzz/tests/fuzz/fuzz_%.o $(BUILD)/fuzz/lib.a
	$(call say,FUZZLD,$@)
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer,address,undefined $(LDFLAGS) -o $@ $^ $(LIBS) $(QLOAD_LIBS)

fuzz: $(FUZZ_BIN)
	@tests/fuzz/fuzz.sh $(SECONDS) $(FUZZ_BIN)

# The long versions: the whole suite on a machine that is busy and on one CPU, in a Debian 13 and under both compilers'
# sanitizers, the kill and error sweeps, fuzzers for minutes.
CAMPAIGN_FUZZ_SECONDS ?= 600
campaign: all tests
	+tests/beside_burners.sh $(MAKE) test
	+taskset -c 0 $(MAKE) test
	+CAMPAIGN=1 $(MAKE) test
	+$(MAKE) all && BUILD=$(BUILD) tests/bench/sessions_campaign.sh
	+CAMPAIGN=1 $(MAKE) test BUILD=build-asan CC=gcc SAN=address,undefined
	+CAMPAIGN=1 $(MAKE) test BUILD=build-asan-clang CC=clang SAN=address,undefined
	+$(MAKE) fuzz SECONDS=$(CAMPAIGN_FUZZ_SECONDS)

BINDIR     := $(DESTDIR)$(PREFIX)/bin
LIBEXECDIR := $(DESTDIR)$(PREFIX)/libexec/qlaunch
MANDIR     := $(DESTDIR)$(PREFIX)/share/man/man1
COMPLETIONDIR := $(DESTDIR)$(PREFIX)/share/bash-completion/completions
DOCDIR     := $(DESTDIR)$(PREFIX)/share/doc/qlaunch
SHAREDIR   := $(DESTDIR)$(PREFIX)/share/qlaunch
MANPAGES   := $(sort $(wildcard docs/man/*.1))
DOCS       := $(wildcard LICENSE README.md docs/*.md)

install: all
	install -D -m 755 $(BUILD)/qlaunch $(BINDIR)/qlaunch
	install -D -m 755 $(BUILD)/qload $(LIBEXECDIR)/qload
	install -D -m 644 -t $(DOCDIR) $(DOCS)
	$(if $(wildcard $(ASSETS)/LICENCES.txt),install -D -m 644 -t $(SHAREDIR) $(wildcard $(ASSETS)/*))
	install -D -m 644 -t $(MANDIR) $(MANPAGES)
	install -D -m 644 docs/completion/qlaunch.bash $(COMPLETIONDIR)/qlaunch

uninstall:
	rm -f $(BINDIR)/qlaunch $(LIBEXECDIR)/qload $(COMPLETIONDIR)/qlaunch $(addprefix $(MANDIR)/,$(notdir $(MANPAGES))) $(addprefix $(DOCDIR)/,$(notdir $(DOCS)))
	rm -f $(addprefix $(SHAREDIR)/,page.css page.js plots.js sections.js d3.js plot.js LICENCES.txt)
	-rmdir $(LIBEXECDIR) $(SHAREDIR) $(DOCDIR) 2>/dev/null || true

clean:
	rm -rf build build-*

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
