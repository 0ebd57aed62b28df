# SPDX-License-Identifier: GPL-2.0-or-later
# What a fresh Debian 12 or 13 needs, by purpose.  Every goal names what is missing; the goals that do the whole job
# (run, test, check, fuzz, deps, ...) install it when they are root.
BUILD_PACKAGES := gcc make libc6-dev libjson-c-dev libnuma-dev libcap-dev liburing-dev libarchive-dev libelf-dev \
		  libtracecmd-dev libtracefs-dev libtraceevent-dev libprotobuf-c-dev \
		  protobuf-compiler protobuf-c-compiler
RUN_PACKAGES   := qemu-system-x86
UNIT_PACKAGES  := libcmocka-dev libfuse3-dev qemu-utils linux-perf util-linux mount e2fsprogs jq
TEST_PACKAGES  := $(UNIT_PACKAGES) fio sysbench rt-tests strace busybox-static procps kmod cpio \
		  slurmctld slurmd slurm-client munge \
		  debvm mmdebstrap extlinux chromium qemu-system-arm gcc-aarch64-linux-gnu libc6-dev-arm64-cross
# a qlaunch whose file has capabilities
TEST_PACKAGES  += libcap2-bin
# --trace's files are opened by readers that are not ours
TEST_PACKAGES  += trace-cmd
CHECK_PACKAGES := $(UNIT_PACKAGES) clang libclang-rt-dev clang-format cppcheck shellcheck codespell groff
# an npm of another origin than Debian's will do
REPORT_PACKAGES := $(if $(shell command -v npm),,nodejs npm)
FUZZ_PACKAGES  := clang libclang-rt-dev
# for --observe deep; a build without them says so (measure/deep/bpf.mk)
BPF_PACKAGES   := clang libbpf-dev bpftool

PURPOSES_run        := RUN BPF
PURPOSES_deps       := RUN BPF
PURPOSES_tests      := UNIT
PURPOSES_test       := RUN TEST BPF REPORT
PURPOSES_report-assets := REPORT
PURPOSES_check      := CHECK
PURPOSES_fuzz       := FUZZ
PURPOSES_campaign   := RUN TEST FUZZ BPF REPORT
PURPOSES_bench-self := RUN TEST BPF
PURPOSES_golden     := TEST

INSTALLING := $(filter run deps report-assets test check fuzz campaign bench-self,$(MAKECMDGOALS))
PURPOSES   := $(sort BUILD $(foreach goal,$(MAKECMDGOALS),$(PURPOSES_$(goal))))
PACKAGES   := $(sort $(foreach purpose,$(PURPOSES),$($(purpose)_PACKAGES)))

# dpkg's status changes whenever a package comes or goes: only then is it asked again
empty       :=
PACKAGES_OK := $(BUILD)/packages-$(subst $(empty) $(empty),-,$(PURPOSES)).ok
$(PACKAGES_OK): tests/packages.sh tests/packages.mk $(wildcard /var/lib/dpkg/status)
	@mkdir -p $(@D)
	@tests/packages.sh $(if $(INSTALLING),install,name) $(PACKAGES)
	@touch $@

# the packages of PURPOSES, which are given on the command line: what else makes a root needs to know (tests/lab/debian13.sh)
.PHONY: list-packages
list-packages:
	@echo $(PACKAGES)
