# SPDX-License-Identifier: GPL-2.0-or-later
# What a fresh Debian 12 needs, by purpose.  `make` names what is missing; `make deps` (root) installs it.
BUILD_PACKAGES := gcc make pkg-config libjson-c-dev libnuma-dev libcap-dev liburing-dev libarchive-dev libkmod-dev
RUN_PACKAGES   := qemu-system-x86
TEST_PACKAGES  := libcmocka-dev qemu-utils fio sysbench strace util-linux busybox-static jq procps kmod cpio

missing = $(shell for p in $(1); do dpkg-query -W -f '$${db:Status-Status}\n' $$p 2>/dev/null | grep -qx installed || echo $$p; done)

$(BUILD)/packages.ok: tests/packages.mk
	@mkdir -p $(@D)
	@m="$(call missing,$(BUILD_PACKAGES))"; if [ -n "$$m" ]; then \
		echo "missing packages: $$m"; echo "  apt-get install -y --no-install-recommends $$m"; exit 1; fi
	@touch $@
