# SPDX-License-Identifier: GPL-2.0-or-later
# pure.mk - tests of the launcher's pure half: what they share, and how their golden files are renewed

PURE_GOLDEN := $(addprefix $(BUILD)/tests/,test_figure_table test_plan test_qemu_args test_help)
PURE_TESTS  := $(PURE_GOLDEN) $(addprefix $(BUILD)/tests/,test_cmdline test_matrix test_cross test_course test_fail_if test_design_power test_order test_disk test_qemu_start test_qemu_words test_silence)
$(PURE_TESTS): $(BUILD)/tests/golden.o
$(addprefix $(BUILD)/tests/,test_qemu_args test_qemu_start): $(BUILD)/tests/args_cases.o

.PHONY: golden-pure
golden: golden-pure
golden-pure: $(PURE_GOLDEN)
	$(Q)for t in $^; do case $$t in *.o) ;; *) QLAUNCH_GOLDEN=1 $$t >/dev/null || exit 1;; esac; done
