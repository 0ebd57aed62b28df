# SPDX-License-Identifier: GPL-2.0-or-later
# pure.mk - tests of the launcher's pure half: golden files and how they are renewed

GOLDEN := test_plan test_qemu_args test_matrix test_help
$(addprefix $(BUILD)/tests/,$(GOLDEN) test_cmdline): $(BUILD)/tests/golden.o

golden: $(addprefix $(BUILD)/tests/,$(GOLDEN))
	@for t in $^; do case $$t in *.o) ;; *) QLAUNCH_GOLDEN=1 $$t >/dev/null || exit 1;; esac; done
	@git status --short tests/data qlaunch.1
