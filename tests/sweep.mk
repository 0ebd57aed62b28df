# SPDX-License-Identifier: GPL-2.0-or-later
# sweep.mk - what a sweep adds to its trials

bench-self: bench-trial
.PHONY: bench-trial
bench-trial: $(BUILD)/qlaunch $(BUILD)/qload
	$(Q)BUILD=$(BUILD) tests/trial_cost.sh
	$(Q)BUILD=$(BUILD) tests/launch_cost.sh
