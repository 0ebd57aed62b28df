# SPDX-License-Identifier: GPL-2.0-or-later
# The programs of measure/deep/bpf, where clang, bpftool and libbpf are there: C -> BPF object -> skeleton header.  What was
# found is a makefile of its own, made after the packages are in, so that one `make run` installs and uses them.
BPF_CLANG ?= clang
BPFTOOL   ?= $(firstword $(wildcard /usr/sbin/bpftool /usr/bin/bpftool) bpftool)

ifeq ($(filter clean uninstall,$(MAKECMDGOALS)),)
-include $(BUILD)/bpf-found.mk
endif

$(BUILD)/bpf-found.mk: measure/deep/bpf.mk $(PACKAGES_OK)
	@mkdir -p $(@D)
	@missing=; \
	command -v $(BPF_CLANG) >/dev/null || missing="$$missing clang"; \
	$(BPFTOOL) version >/dev/null 2>&1 || missing="$$missing bpftool"; \
	echo '#include <bpf/libbpf.h>' | $(CC) -E -xc - >/dev/null 2>&1 || missing="$$missing libbpf-dev"; \
	echo "BPF_MISSING :=$$missing" >$@

BPF_DIR  := $(BUILD)/measure/deep/bpf
BPF_SKEL := $(patsubst measure/deep/bpf/%.bpf.c,$(BPF_DIR)/%.skel.h,$(wildcard measure/deep/bpf/*.bpf.c))

ifneq ($(origin BPF_MISSING),undefined)
ifeq ($(strip $(BPF_MISSING)),)
CPPFLAGS += -DHAVE_BPF -iquote $(BPF_DIR)
LIBS     += -lbpf
$(BUILD)/measure/deep/deep.o $(BUILD)/fuzz/measure/deep/deep.o: $(BPF_SKEL)
else
CPPFLAGS += -DBPF_MISSING='"$(strip $(BPF_MISSING))"'
endif
endif

# Debian keeps <asm/types.h> where a compiler for no particular machine does not look.
$(BPF_DIR)/%.bpf.o: measure/deep/bpf/%.bpf.c $(wildcard measure/deep/bpf/*.h) measure/deep/deep_shared.h $(BUILD)/flags
	$(call say,BPF,$@)
	@mkdir -p $(@D)
	$(Q)$(BPF_CLANG) -g -O2 -target bpf -mcpu=v3 -iquote measure/deep -D__TARGET_ARCH_x86 -I/usr/include/$(shell uname -m)-linux-gnu -Wall -Wextra \
		-Wno-unused-parameter $(WERROR) -c $< -o $@

$(BPF_DIR)/%.skel.h: $(BPF_DIR)/%.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf >$@
