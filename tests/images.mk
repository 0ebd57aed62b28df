# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests of images/ are linked with and what their scripts run.
IMAGE_TESTS := $(addprefix $(BUILD)/tests/,test_bootable test_kernel test_package test_modules test_initramfs)
$(IMAGE_TESTS): $(BUILD)/tests/fake_kernel.o $(BUILD)/tests/kernel_room.o
tests: $(BUILD)/tests/image_tool
