/* SPDX-License-Identifier: GPL-2.0-or-later */
/* args_cases.c - the table of command lines, and how one becomes the inputs of qemu_args(). */
#include "args_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "golden.h"
#include "topology.h"

#define DATA "tests/data/"
#define EVIL "/d/a,readonly=on,id=\n'\"\\$x"

const struct qemu_can args_qemu = {
	.path = "qemu-system-x86_64",
	.version = 70222,
	.aio_io_uring = true,
	.aio_native = true,
};
static const struct qemu_can can_kvm = {
	.path = "qemu-system-x86_64",
	.version = 110000,
	.aio_io_uring = true,
	.aio_native = true,
	.kvm_device = true,
	.kvm_hardware = true,
	.kvm_cpu = "host",
};

const struct args_case args_cases[] = {
	{ "run", "d", &args_qemu, QCOW2, false },
	{ "run-raw", "--net none --memory 256M d", &args_qemu, 0, false },
	{ "run-two", "--iothreads 2 --poll-max-ns 5000 --vcpus 2 d e f", &args_qemu, QCOW2, false },
	{ "run-direct", "--cache directsync --aio native d", &args_qemu, 0, false },
	{ "run-unsafe", "--cache unsafe --aio io_uring d", &args_qemu, QCOW2, false },
	{ "run-readonly", "--disk file=d,readonly=on", &args_qemu, 0, false },
	{ "run-snapshot", "--snapshot --cache none d e", &args_qemu, QCOW2, false },
	{ "run-snapshot-raw", "--snapshot d", &args_qemu, 0, false },
	{ "run-tail", "d -- -device virtio-rng-pci -vga none", &args_qemu, QCOW2, false },
	{ "run-agent", "--warmup agent d -- -device virtio-rng-pci", &args_qemu, QCOW2, false },
	{ "run-kvm", "--vcpus 4 --queues 2 d", &can_kvm, QCOW2, true },
	{ "run-device", "d", &args_qemu, DEVICE, true },
	{ "run-backing", "--backing allow d", &args_qemu, QCOW2 | BY_NAME, true },
	{ "run-layers", "--backing allow --cache none d", &args_qemu, QCOW2 | LAYERS, false },
	{ "run-layers-snapshot", "--backing allow --snapshot d", &args_qemu, QCOW2 | LAYERS,
	  false },
	{ "run-kernel", "--kernel /boot/vmlinuz --initrd /boot/initrd --append a,b d", &args_qemu,
	  QCOW2, true },
	{ "bench", "bench", &args_qemu, BUILTIN, true },
	{ "bench-tuned", "bench --virtio tuned --vcpus 2", &args_qemu, BUILTIN, true },
	{ "bench-polling", "bench --iothreads 1 --poll-max-ns 5000", &args_qemu, BUILTIN, true },
	{ "bench-no-scratch", "bench --workload cpu", &args_qemu, BUILTIN | NOFDS, true },
	{ "paste-run", "d", &args_qemu, QCOW2 | PASTABLE, true },
	{ "paste-agent", "--warmup agent d", &args_qemu, QCOW2 | PASTABLE, true },
	{ "paste-snapshot", "--snapshot d", &args_qemu, QCOW2 | PASTABLE, true },
	{ "paste-bench", "bench", &args_qemu, BUILTIN | PASTABLE, true },
};

const int nr_args_cases = ARRAY_SIZE(args_cases);

static struct topology host;
struct plan args_plan;
struct cmdline args_cmdline;

char *args_prepare(const char *words, const struct qemu_can *qemu, struct qemu_inputs *in)
{
	char *line = strdup(words);
	struct err err = { 0 };

	if (topology_read(DATA "sys-2cpu", &host, &err) < 0 ||
	    words_parse(line, &args_cmdline, &err) < 0 ||
	    plan_make(&args_cmdline.spec, &host, qemu, &args_plan, &err) < 0)
		fail_msg("'%s': %s", words, err.text);
	*in = (struct qemu_inputs){ .qemu = qemu, .spec = &args_cmdline.spec, .plan = &args_plan };
	in->kernel = args_cmdline.spec.kernel;
	in->initrd = args_cmdline.spec.initrd;
	in->append = args_cmdline.spec.append;
	return line;
}

static const struct qemu_layer layers[] = { { .qcow2 = true }, { .qcow2 = false } };

void args_describe(const struct args_case *c, struct qemu_inputs *in)
{
	in->builtin_guest = c->is & BUILTIN;
	in->pastable = c->is & PASTABLE;
	in->fds = (struct qemu_fds){ .qmp = 10,
		                     .console = 11,
		                     .load = 12,
		                     .agent = 14,
		                     .kvm = -1,
		                     .kernel = -1,
		                     .initrd = -1,
		                     .scratch = 13 };
	if (c->is & NOFDS)
		in->fds.scratch = -1;
	if (in->builtin_guest) {
		in->kernel = "/boot/vmlinuz";
		in->initrd = "/cache/initramfs";
		in->append = "console=ttyS0 qload.nonce=0123456789abcdef";
	}
	for (int i = 0; i < args_cmdline.spec.nr_disks; i++) {
		in->fds.disk[i] = 20 + i;
		in->fds.overlay[i] = 30 + i;
		in->disk[i] = (struct qemu_disk){
			.file = EVIL,
			.qcow2 = c->is & QCOW2,
			.readonly = args_cmdline.spec.disk[i].readonly,
			.block_device = c->is & DEVICE,
			.has_backing = c->is & (BY_NAME | LAYERS),
			.layer = layers,
			.nr_layers = c->is & LAYERS ? ARRAY_SIZE(layers) : 0,
		};
		for (size_t k = 0; k < ARRAY_SIZE(layers); k++)
			in->fds.backing[i][k] = 40 + (int)k;
	}
}
