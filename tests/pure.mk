# SPDX-License-Identifier: GPL-2.0-or-later
# pure.mk - tests of the launcher's pure half: what they share, and how their golden files are renewed

PURE_GOLDEN := $(addprefix $(BUILD)/tests/,test_plan test_qemu_args test_help)
$(PURE_GOLDEN) $(addprefix $(BUILD)/tests/,test_cmdline test_matrix): $(BUILD)/tests/golden.o

.PHONY: golden-pure
golden: golden-pure
golden-pure: $(PURE_GOLDEN)
	$(Q)for t in $^; do QLAUNCH_GOLDEN=1 $$t >/dev/null || exit 1; done
