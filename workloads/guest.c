/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest.c - PID 1.  Waits are for kernel events and have no timeout: the host owns the deadlines, and a guest
 * that does not come up is ended by it.
 */
#include "guest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cleanup.h"
#include "serve.h"
#include "text.h"
#include "wire.h"

#define PORT_NAME      "org.qlaunch.0"
#define SCRATCH_SERIAL "qlaunch-scratch"

#define RAMFS_TYPE 0x858458f6
#define TMPFS_TYPE 0x01021994

#define SYSLOG_CONSOLE_LEVEL 8

bool guest_is_here(void)
{
	struct statfs fs;

	if (getpid() != 1 || statfs("/", &fs) < 0)
		return false;
	return (unsigned long)fs.f_type == RAMFS_TYPE || (unsigned long)fs.f_type == TMPFS_TYPE;
}

static int mount_one(const char *type, const char *where, struct err *err)
{
	if (mkdir(where, 0755) < 0 && errno != EEXIST)
		return err_sys(err, "mkdir %s", where);
	if (mount(type, where, type, MS_NOSUID | MS_NOEXEC, NULL) < 0 && errno != EBUSY)
		return err_sys(err, "mount %s", where);
	return 0;
}

/* An initramfs without /dev/console starts PID 1 without descriptors 0, 1 and 2. */
static void open_console(void)
{
	int fd = open("/dev/console", O_RDWR | O_NOCTTY);

	for (int i = 0; i < 3 && fd >= 0; i++) {
		if (fd != i)
			dup2(fd, i);
	}
	if (fd > 2)
		close(fd);
}

/* Console output is about one exit a byte; the kernel's own words must not fall into a timed part. */
static void quieten_kernel(void)
{
	klogctl(SYSLOG_CONSOLE_LEVEL, NULL, 1);
}

/*
 * Registered buffers count against memlock.  And kernels before 6.12 take 5 % from real-time threads even when
 * nobody else wants the CPU, which would be read as the price of virtualisation; here is nobody else.
 */
static void lift_limits(void)
{
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	CLEANUP(fd_close) int fd = -1;

	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	fd = open("/proc/sys/kernel/sched_rt_runtime_us", O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, "-1", 2) < 0)
		return; /* a kernel without the limit needs none lifted */
}

/* Keeps the first failure: it is only told where a driver is missing in the end. */
static void load_module(const char *path, struct err *first)
{
	CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && !syscall(SYS_finit_module, fd, "", 0))
		return;
	if (errno == EEXIST || first->code)
		return;
	if (fd >= 0 && errno == ENOENT) /* finit_module's word for an unknown symbol */
		err_set(first, ENOENT, "module %s needs one that comes later or is missing", path);
	else
		err_sys(first, "module %s", path);
}

static void load_modules(struct err *first)
{
	char list[16384], *state = NULL;

	if (text_read_file("/modules.list", list, sizeof(list), NULL) < 0)
		return; /* all built in */
	for (char *path = strtok_r(list, "\n", &state); path; path = strtok_r(NULL, "\n", &state))
		load_module(path, first);
}

static int check_driver(const char *name, const struct err *module, struct err *err)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/bus/virtio/drivers/%s", name);
	if (!access(path, F_OK))
		return 0;
	return err_set(err, ENODEV, "this kernel has no %s driver%s%s", name,
	               module->code ? ": " : "", module->code ? module->text : "");
}

static int read_nonce(char nonce[WIRE_NONCE_CHARS + 1], struct err *err)
{
	static const char key[] = "qload.nonce=";
	char line[4096], *state = NULL;

	if (text_read_file("/proc/cmdline", line, sizeof(line), err) < 0)
		return -err->code;
	for (char *word = strtok_r(line, " ", &state); word; word = strtok_r(NULL, " ", &state)) {
		if (!strncmp(word, key, strlen(key)) &&
		    text_copy(nonce, WIRE_NONCE_CHARS + 1, word + strlen(key)) >= 0)
			return 0;
	}
	return err_set(err, EINVAL, "the kernel command line has no qload.nonce of 16 digits");
}

/* The entry of folder whose attribute reads value; 1, or 0 where there is none (yet). */
static int find_by_attribute(const char *folder, const char *attribute, const char *value,
                             char *ret, size_t size)
{
	CLEANUP(dir_close) DIR *dir = opendir(folder);
	const struct dirent *entry;
	char path[512], text[128];

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", entry->d_name, attribute);
		if (text_read_at(dirfd(dir), path, text, sizeof(text), NULL) < 0 ||
		    strcmp(text, value) != 0)
			continue;
		snprintf(ret, size, "/dev/%s", entry->d_name);
		return 1;
	}
	return 0;
}

static int open_uevents(int *ret, struct err *err)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);

	*ret = fd;
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return err_sys(err, "uevents");
	return 0;
}

/* The port's name arrives by a message of its own, after the device: its uevent is the sign to look again. */
static int wait_for_port(int uevents, char *path, size_t size, struct err *err)
{
	char event[4096];

	while (!find_by_attribute("/sys/class/virtio-ports", "name", PORT_NAME, path, size)) {
		/* ENOBUFS: events were lost, which is also news. */
		if (recv(uevents, event, sizeof(event), 0) < 0 && errno != EINTR &&
		    errno != ENOBUFS)
			return err_sys(err, "uevents");
	}
	return 0;
}

/* The disk was probed while its driver was loaded, so by now it is there or there is none. */
static int open_scratch(struct serve *serve, int *ret_direct, int *ret_buffered, struct err *err)
{
	char path[300];

	serve->direct.fd = serve->buffered.fd = -1;
	if (!find_by_attribute("/sys/block", "serial", SCRATCH_SERIAL, path, sizeof(path)))
		return 0;
	*ret_direct = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
	*ret_buffered = open(path, O_RDWR | O_CLOEXEC);
	if (*ret_direct < 0 || *ret_buffered < 0)
		return err_sys(err, "%s", path);
	if (store_inspect(*ret_direct, &serve->direct, err) < 0)
		return -err->code;
	return store_inspect(*ret_buffered, &serve->buffered, err);
}

static int prepare_kernel(int *uevents, struct err *err)
{
	struct err module = { 0 };

	quieten_kernel();
	if (mount_one("proc", "/proc", err) < 0 || mount_one("sysfs", "/sys", err) < 0 ||
	    mount_one("devtmpfs", "/dev", err) < 0)
		return -err->code;
	open_console();
	lift_limits();
	if (open_uevents(uevents, err) < 0) /* before the first device, so that none is missed */
		return -err->code;
	load_modules(&module);
	return check_driver("virtio_console", &module, err);
}

static int run(struct err *err)
{
	CLEANUP(fd_close) int uevents = -1;
	CLEANUP(fd_close) int channel = -1;
	CLEANUP(fd_close) int direct = -1;
	CLEANUP(fd_close) int buffered = -1;
	char nonce[WIRE_NONCE_CHARS + 1], path[300];
	struct serve serve = { .nonce = nonce, .in_guest = true };

	if (prepare_kernel(&uevents, err) < 0 || read_nonce(nonce, err) < 0 ||
	    wait_for_port(uevents, path, sizeof(path), err) < 0)
		return -err->code;
	channel = open(path, O_RDWR | O_CLOEXEC);
	if (channel < 0)
		return err_sys(err, "%s", path);
	if (open_scratch(&serve, &direct, &buffered, err) < 0)
		return -err->code;
	/* The first write waits until the host's end is open; only then does poll() stop to say POLLHUP. */
	serve.channel = channel;
	return serve_run(&serve, err);
}

void guest_main(void)
{
	struct err err;

	if (run(&err) < 0)
		dprintf(STDERR_FILENO, "qload: %s\n", err.text);
	sync();
	for (;;)
		reboot(RB_POWER_OFF);
}
