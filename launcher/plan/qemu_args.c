/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu_args.c - writes QEMU's argv; block devices are qemu_blocks.c's.  Opens and asks nothing. */
#include "qemu_args.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>

#include "cleanup.h"
#include "qemu_blocks.h"

#define SET_KVM 34 /* qemu_blocks.c has those below */

static void add_two(struct strv *args, const char *option, const char *value)
{
	strv_add(args, option);
	strv_add(args, value);
}

/* Threads carry their role's name in ps and top; deprecated in 11.0, which always names them. */
static const char *vm_name(const struct qemu_inputs *in)
{
	return in->qemu->version < 110000 ? "qlaunch,debug-threads=on" : "qlaunch";
}

static void add_accel(const struct qemu_inputs *in, struct strv *args)
{
	bool by_fd = in->plan->kvm && !in->pastable && in->fds.kvm >= 0;

	if (by_fd) {
		strv_add(args, "-add-fd");
		strv_addf(args, "fd=%d,set=%d", in->fds.kvm, SET_KVM);
	}
	strv_add(args, "-accel");
	if (by_fd)
		strv_addf(args, "kvm,device=/dev/fdset/%d", SET_KVM);
	else
		strv_add(args, in->plan->kvm ? "kvm" : "tcg,thread=multi");
}

static void add_machine(const struct qemu_inputs *in, struct strv *args)
{
	const struct plan *plan = in->plan;

	add_two(args, "-machine", plan->machine);
	add_accel(in, args);
	add_two(args, "-cpu", plan->cpu);
	strv_add(args, "-m");
	strv_addf(args, "%" PRIu64 "k", in->spec->memory_bytes / 1024);
	/* a bare number means sockets before 6.2 and cores since */
	strv_add(args, "-smp");
	strv_addf(args, "%d,sockets=1,cores=%d,threads=1", plan->vcpus, plan->vcpus);
}

static void add_base(const struct qemu_inputs *in, struct strv *args)
{
	strv_add(args, "-nodefaults");
	strv_add(args, "-no-user-config");
	/* a user's VM: its threads are read once more before it goes.  The built-in guest never ends by itself, and a
	 * QEMU that stayed would hide that it did. */
	if (!in->pastable && !in->builtin_guest)
		strv_add(args, "-no-shutdown");
	/* a user's guest that resets for ever is ended by vm_life; the built-in one never resets */
	if (in->builtin_guest || !in->spec->reboot)
		strv_add(args, "-no-reboot");
	if (!in->pastable)
		strv_add(args, "-S");
	add_two(args, "-display", "none");
	add_two(args, "-name", vm_name(in));
	add_machine(in, args);
	add_two(args, "-sandbox",
	        "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
}

static void add_chardev(struct strv *args, const char *id, int fd)
{
	strv_add(args, "-chardev");
	strv_addf(args, "socket,id=%s,fd=%d", id, fd);
}

static void add_load_port(struct strv *args, const char *chardev)
{
	add_two(args, "-device", "virtio-serial-pci");
	strv_add(args, "-device");
	strv_addf(args, "virtserialport,chardev=%s,name=" QEMU_LOAD_PORT, chardev);
}

/* The terminal is console, monitor and, in the built-in guest, the load's channel; Ctrl-A C goes round among them, and
 * what came last, the channel, has the keys first. */
static void add_terminal(const struct qemu_inputs *in, struct strv *args)
{
	if (!in->builtin_guest) {
		add_two(args, "-serial", "mon:stdio");
		return;
	}
	add_two(args, "-chardev", "stdio,id=terminal,mux=on,signal=off");
	add_two(args, "-serial", "chardev:terminal");
	add_two(args, "-mon", "chardev=terminal");
	add_load_port(args, "terminal");
}

static void add_channels(const struct qemu_inputs *in, struct strv *args)
{
	if (in->pastable) {
		add_terminal(in, args);
		return;
	}
	add_chardev(args, "qmp", in->fds.qmp);
	add_two(args, "-mon", "chardev=qmp,mode=control");
	add_chardev(args, "console", in->fds.console);
	add_two(args, "-serial", "chardev:console");
	if (!in->builtin_guest)
		return;
	add_chardev(args, "load", in->fds.load);
	add_load_port(args, "load");
}

/* Behind the user's own words, so that all other devices have the addresses that they have without it. */
static void add_agent_port(const struct qemu_inputs *in, struct strv *args)
{
	if (!spec_waits_for_agent(in->spec))
		return;
	if (in->pastable)
		add_two(args, "-chardev", "null,id=qlaunch-agent");
	else
		add_chardev(args, "qlaunch-agent", in->fds.agent);
	add_two(args, "-device", "virtio-serial-pci,id=qlaunch-agent-bus");
	add_two(args, "-device",
	        "virtserialport,bus=qlaunch-agent-bus.0,chardev=qlaunch-agent,name=" AGENT_PORT);
}

static void add_iothreads(const struct qemu_inputs *in, struct strv *args)
{
	for (int i = 0; i < in->plan->iothreads; i++) {
		struct json_object *o = json_object_new_object();
		char id[16];

		snprintf(id, sizeof(id), "io%d", i);
		json_object_object_add(o, "qom-type", json_object_new_string("iothread"));
		json_object_object_add(o, "id", json_object_new_string(id));
		/* the built-in guest's is set with each trial: another arm of this boot may have another */
		if (in->spec->poll_max_ns >= 0 && (in->pastable || !in->builtin_guest))
			json_object_object_add(o, "poll-max-ns",
			                       json_object_new_int64(in->spec->poll_max_ns));
		strv_add(args, "-object");
		strv_add_json(args, o);
	}
}

static void add_net(const struct qemu_inputs *in, struct strv *args)
{
	if (in->spec->net == NET_NONE) {
		add_two(args, "-nic", "none");
		return;
	}
	add_two(args, "-netdev", "user,id=net0");
	/* no option ROM: it may not be installed, and nothing boots from the net */
	add_two(args, "-device", "virtio-net-pci,netdev=net0,romfile=");
}

static void add_boot_file(const char *option, const char *path, int fd, bool by_fd,
                          struct strv *args)
{
	if (!path)
		return;
	strv_add(args, option);
	if (by_fd && fd >= 0)
		strv_addf(args, "/proc/self/fd/%d", fd);
	else
		strv_add(args, path);
}

static void add_kernel(const struct qemu_inputs *in, struct strv *args)
{
	add_boot_file("-kernel", in->kernel, in->fds.kernel, !in->pastable, args);
	add_boot_file("-initrd", in->initrd, in->fds.initrd, !in->pastable, args);
	if (in->kernel && in->append)
		add_two(args, "-append", in->append);
}

static int check(const struct qemu_inputs *in, struct err *err)
{
	if (!in->qemu || !in->plan->guest)
		return err_set(err, EINVAL, "no QEMU to write arguments for");
	if (!in->pastable && (in->fds.qmp < 0 || in->fds.console < 0))
		return err_set(err, EBADF, "QEMU needs a QMP and a console socket");
	if (!in->pastable && in->builtin_guest && in->fds.load < 0)
		return err_set(err, EBADF, "the built-in guest needs a load socket");
	if (!in->pastable && spec_waits_for_agent(in->spec) && in->fds.agent < 0)
		return err_set(err, EBADF, "--warmup agent needs a socket");
	return 0;
}

int qemu_args(const struct qemu_inputs *in, struct strv *ret, struct err *err)
{
	CLEANUP(strv_done) struct strv args = { 0 };
	int rc = check(in, err);

	if (rc < 0)
		return rc;
	strv_add(&args, in->qemu->path);
	add_base(in, &args);
	add_channels(in, &args);
	add_iothreads(in, &args);
	qemu_blocks(in, &args);
	add_net(in, &args);
	add_kernel(in, &args);
	for (char **more = in->spec->qemu_args; more && *more; more++)
		strv_add(&args, *more);
	add_agent_port(in, &args);
	if (args.failed)
		return err_set(err, ENOMEM, "out of memory");
	*ret = args;
	args = (struct strv){ 0 };
	return 0;
}
