/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu_words.c - judges QEMU's own options.  Opens no file and asks no QEMU. */
#include "qemu_words.h"

#include <ctype.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "json.h"
#include "spec.h"
#include "text.h"

#define VALUE_MAX 256 /* of one property; a longer one is none of those that are looked for */

/* One part of "a=b,c=d", in which ",," is a comma of the value.  Returns what follows, NULL after the last part. */
static const char *part_take(const char *text, char *ret, size_t size)
{
	size_t used = 0;

	for (; *text; text++) {
		if (text[0] == ',' && text[1] != ',')
			break;
		text += text[0] == ',';
		if (used + 1 < size)
			ret[used++] = *text;
	}
	ret[used] = '\0';
	return *text ? text + 1 : NULL;
}

static bool json_property(const char *value, const char *key, char *ret, size_t size)
{
	CLEANUP(json_done) struct json_object *o = json_tokener_parse(value);
	struct json_object *found;

	if (!json_object_is_type(o, json_type_object) || !json_object_object_get_ex(o, key, &found))
		return false;
	return text_copy(ret, size, json_object_get_string(found) ?: "") == 0;
}

/* The property of an option's value, in either of QEMU's spellings; `implied` names the first part where that has no
 * '='.  A later one wins, as in QEMU. */
static bool property(const char *value, const char *implied, const char *key, char *ret,
                     size_t size)
{
	char part[SPEC_PATH_MAX];
	bool is_first = true, found = false;

	if (*value == '{')
		return json_property(value, key, ret, size);
	while (value) {
		char *equals;
		const char *name = part;

		value = part_take(value, part, sizeof(part));
		equals = strchr(part, '=');
		if (!equals && is_first && implied)
			name = implied;
		if (equals)
			*equals = '\0';
		if (!strcmp(name, key) && (equals || name == implied))
			found = text_copy(ret, size, equals ? equals + 1 : part) == 0;
		is_first = false;
	}
	return found;
}

static bool has(const char *value, const char *key)
{
	char ignored[VALUE_MAX];

	return property(value, NULL, key, ignored, sizeof(ignored));
}

static bool is_among(const char *word, const char *const *list)
{
	for (; *list; list++) {
		if (!strcmp(word, *list))
			return true;
	}
	return false;
}

/* "help" or "?" as the whole value or one of its parts: QEMU prints a list and exits. */
static bool asks_for_help(const char *value)
{
	char part[VALUE_MAX];

	if (*value == '{')
		return false;
	while (value) {
		value = part_take(value, part, sizeof(part));
		if (!strcmp(part, "help") || !strcmp(part, "?"))
			return true;
	}
	return false;
}

/* Names of objects, devices and nodes that qlaunch's own command line makes. */
static bool is_own_name(const char *name)
{
	static const char *const fixed[] = { "qmp",           "console",           "net0",
		                             "qlaunch-agent", "qlaunch-agent-bus", NULL };
	static const char *const numbered[] = { "io", "disk" };

	if (is_among(name, fixed))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(numbered); i++) {
		size_t len = strlen(numbered[i]);
		const char *tail = name + len;

		if (strncmp(name, numbered[i], len) || !isdigit((unsigned char)*tail))
			continue;
		tail += strspn(tail, "0123456789");
		if (!*tail || !strcmp(tail, "-base"))
			return true;
	}
	return false;
}

static int refuse_name(const char *name, struct err *err)
{
	return err_set(err, EINVAL,
	               "'%.40s' is the name of a part that qlaunch makes: take another", name);
}

/* What every option with properties has in common. */
static int check_names(const char *value, struct err *err)
{
	static const char *const naming[] = { "id", "node-name", "drive", "chardev", "netdev" };
	static const char *const fds[] = { "fd", "fds", "vhostfd", "vhostfds", "sock_fd" };
	char name[VALUE_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(naming); i++) {
		if (property(value, NULL, naming[i], name, sizeof(name)) && is_own_name(name))
			return refuse_name(name, err);
	}
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		if (has(value, fds[i]))
			return err_set(err, EINVAL,
			               "%s=: QEMU inherits no file descriptor but qlaunch's own: "
			               "name the file or socket",
			               fds[i]);
	}
	return 0;
}

static int check_terminal(const char *value, struct err *err)
{
	if (strcmp(value, "stdio") && strcmp(value, "mon:stdio") && strcmp(value, "/dev/tty"))
		return 0;
	return err_set(err, EINVAL,
	               "QEMU has no terminal: the guest's console is shown by qlaunch, another "
	               "one can be unix:PATH,server=on,wait=off");
}

static int check_chardev_of(const char *value, struct err *err)
{
	static const char prefix[] = "chardev:";
	const char *name = value + sizeof(prefix) - 1;

	return !strncmp(value, prefix, sizeof(prefix) - 1) && is_own_name(name)
	               ? refuse_name(name, err)
	               : 0;
}

/* Whoever reaches a monitor, or gdb's port, which has one, acts with the rights of QEMU's user. */
static int check_monitor(const char *value, struct err *err)
{
	static const char *const harmless[] = { "none", "null", "vc", "pty", NULL };
	int rc = check_terminal(value, err);

	/* an abstract socket has no mode that keeps others out */
	if (rc || is_among(value, harmless) ||
	    (!strncmp(value, "unix:", 5) && !has(value, "abstract")) || !strncmp(value, "pty:", 4))
		return rc;
	if (!strncmp(value, "chardev:", 8))
		return check_chardev_of(value, err);
	return err_set(err, EINVAL,
	               "it would give each user who can connect the rights of yours: use "
	               "unix:PATH,server=on,wait=off");
}

static int check_serial(const char *value, struct err *err)
{
	int rc = check_terminal(value, err);

	if (!rc && !strncmp(value, "mon:", 4))
		return check_monitor(value + 4, err);
	return rc ? rc : check_chardev_of(value, err);
}

static int check_chardev(const char *value, struct err *err)
{
	char backend[VALUE_MAX];
	int rc = check_names(value, err);

	if (!rc && property(value, "backend", "backend", backend, sizeof(backend)))
		rc = check_terminal(backend, err);
	return rc;
}

static int check_boot(const char *value, struct err *err)
{
	char drives[VALUE_MAX];

	if (!property(value, "order", "order", drives, sizeof(drives)) && !has(value, "once"))
		return 0;
	return err_set(err, EINVAL,
	               "an order of drives is ignored where a disk has a bootindex, and the first "
	               "DISK has 0: name first what boots; a -device of your own with bootindex=1 "
	               "boots where that cannot");
}

static int check_bootindex(const char *value, struct err *err)
{
	char index[VALUE_MAX];

	if (!property(value, NULL, "bootindex", index, sizeof(index)) || strcmp(index, "0"))
		return 0;
	return err_set(err, EINVAL,
	               "bootindex=0 is the first DISK's, or the kernel's: take 1 or more, which "
	               "boots where that cannot");
}

static int check_device(const char *value, struct err *err)
{
	int rc = check_names(value, err);

	return rc ? rc : check_bootindex(value, err);
}

/* QEMU opens these itself, and what qlaunch checks on a DISK is not checked. */
static int check_drive(const char *value, struct err *err)
{
	static const char *const apart[] = { "none", "pflash", NULL };
	char text[VALUE_MAX];

	if (property(value, NULL, "media", text, sizeof(text)) && !strcmp(text, "cdrom"))
		return check_names(value, err);
	if (property(value, NULL, "if", text, sizeof(text)) && is_among(text, apart))
		return check_names(value, err);
	return err_set(err, EINVAL,
	               "name it as a DISK before --, where it is checked, placed and recorded; for "
	               "another kind of device say if=none,id=NAME and -device KIND,drive=NAME");
}

static int check_object(const char *value, struct err *err)
{
	char type[VALUE_MAX];

	if (property(value, "qom-type", "qom-type", type, sizeof(type)) &&
	    !strcmp(type, "iothread"))
		return err_set(err, EINVAL, "use --iothreads N, which are placed (--io-pin)");
	return check_names(value, err);
}

/* The sandbox ends a QEMU that starts a program. */
static int check_net(const char *value, struct err *err)
{
	char type[VALUE_MAX], script[VALUE_MAX], down[VALUE_MAX];
	int rc = check_names(value, err);

	if (rc || !property(value, "type", "type", type, sizeof(type)))
		return rc;
	if (!strcmp(type, "bridge") || has(value, "helper"))
		return err_set(err, EINVAL,
		               "QEMU may start no helper program: make a tap device that is yours "
		               "(ip tuntap add) and say tap,ifname=NAME,script=no,downscript=no");
	if (!strcmp(type, "tap") &&
	    (!property(value, NULL, "script", script, sizeof(script)) || strcmp(script, "no") ||
	     !property(value, NULL, "downscript", down, sizeof(down)) || strcmp(down, "no")))
		return err_set(err, EINVAL,
		               "QEMU may start no script: make a tap device that is yours (ip "
		               "tuntap add) and say tap,ifname=NAME,script=no,downscript=no");
	if (has(value, "smb") || has(value, "guestfwd"))
		return err_set(err, EINVAL, "%s=: QEMU may start no program",
		               has(value, "smb") ? "smb" : "guestfwd");
	return 0;
}

/* Of the disks' devices, whose properties qlaunch writes or leaves to QEMU by knobs. */
static int check_global(const char *value, struct err *err)
{
	static const struct {
		const char *property, *knob;
	} ours[] = {
		{ "num-queues", "--queues" },  { "write-cache", "--cache" },
		{ "iothread", "--iothreads" }, { "drive", "a DISK" },
		{ "bootindex", "first DISK" },
	};
	char driver[VALUE_MAX] = "", name[VALUE_MAX] = "";
	const char *dot = strchr(value, '.');

	if (!property(value, NULL, "driver", driver, sizeof(driver)) && dot) {
		snprintf(driver, sizeof(driver), "%.*s", (int)(dot - value), value);
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(dot + 1, "="), dot + 1);
	} else if (!property(value, NULL, "property", name, sizeof(name))) {
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++) {
		if (!strncmp(driver, "virtio-blk", strlen("virtio-blk")) &&
		    !strcmp(name, ours[i].property))
			return err_set(err, EINVAL, "qlaunch decides it for each disk: use %s",
			               ours[i].knob);
	}
	return 0;
}

/* GROUP.ID.NAME=VALUE */
static int check_set(const char *value, struct err *err)
{
	const char *dot = strchr(value, '.');
	char id[VALUE_MAX];

	if (!dot)
		return 0;
	snprintf(id, sizeof(id), "%.*s", (int)strcspn(dot + 1, "."), dot + 1);
	if (is_own_name(id))
		return err_set(
		        err, EINVAL,
		        "%.40s is a part that qlaunch makes, and -set does not reach it: use "
		        "-global DRIVER.PROPERTY=VALUE",
		        id);
	return 0;
}

static int check_action(const char *value, struct err *err)
{
	if (!has(value, "reboot") && !has(value, "shutdown"))
		return 0;
	return err_set(err, EINVAL, "qlaunch decides what follows a guest's reboot or shutdown");
}

static int check_display(const char *value, struct err *err)
{
	static const char *const without[] = { "none", "egl-headless", "vnc", "dbus", NULL };
	char type[VALUE_MAX];

	part_take(value, type, sizeof(type));
	type[strcspn(type, "=")] = '\0';
	if (is_among(type, without))
		return 0;
	return err_set(err, EINVAL,
	               "QEMU has neither your terminal nor your window system: -vnc "
	               "127.0.0.1:0 with -vga std shows the guest's screen");
}

#define USE_DISK  "name it as a DISK before --, where it is checked, placed and recorded"
#define OWN_USER  "a change of user or root cuts the tie that ends QEMU with qlaunch"
#define NO_START  "the guest would not start here"
#define OWN_END   "a run ends with the guest's shutdown"
#define NO_WINDOW "there is no window"
#define PRINTS    "QEMU prints it and exits: ask qemu-system-x86_64 itself"
#define NO_XEN    "qlaunch runs KVM and TCG only"
#define NOT_ON_PC "a PC has no such part"
#define VALUE     true
#define ALONE     false

struct word {
	const char *name;
	bool takes_value;
	const char *refused; /* why; NULL: passed on */
	int (*check)(const char *value,
	             struct err *err); /* of one that is passed on; NULL: any value */
};

static const struct word words[] = {
	/* what knobs say */
	{ "accel", VALUE, "use --accel", NULL },
	{ "enable-kvm", ALONE, "use --accel kvm", NULL },
	{ "cpu", VALUE, "use --cpu", NULL },
	{ "machine", VALUE, "use --machine", NULL },
	{ "M", VALUE, "use --machine", NULL },
	{ "m", VALUE, "use --memory", NULL },
	{ "smp", VALUE, "use --vcpus", NULL },
	{ "kernel", VALUE, "use --kernel", NULL },
	{ "initrd", VALUE, "use --initrd", NULL },
	{ "append", VALUE, "use --append", NULL },
	{ "S", ALONE, "qlaunch itself starts QEMU stopped and lets it go (--hold waits)", NULL },
	{ "snapshot", ALONE, "QEMU ignores it for the disks that qlaunch gives it: use --snapshot",
	  NULL },
	{ "no-reboot", ALONE, "use --reboot off", NULL },
	{ "hda", VALUE, USE_DISK, NULL },
	{ "hdb", VALUE, USE_DISK, NULL },
	{ "hdc", VALUE, USE_DISK, NULL },
	{ "hdd", VALUE, USE_DISK, NULL },

	/* what would break a promise: QEMU ends with qlaunch, in its sandbox, and the run with the guest */
	{ "daemonize", ALONE, "a QEMU in the background would outlive qlaunch", NULL },
	{ "async-teardown", ALONE, "it leaves a process that outlives QEMU", NULL },
	{ "runas", VALUE, OWN_USER, NULL },
	{ "chroot", VALUE, OWN_USER, NULL },
	{ "run-with", VALUE, OWN_USER, NULL },
	{ "sandbox", VALUE, "qlaunch sets QEMU's sandbox itself", NULL },
	{ "incoming", VALUE, NO_START, NULL },
	{ "preconfig", ALONE, NO_START, NULL },
	{ "no-shutdown", ALONE, OWN_END, NULL },
	{ "no-acpi", ALONE, "a run asks its guest to end over ACPI", NULL },
	{ "icount", VALUE, "it puts every vCPU on one thread", NULL },
	{ "qtest", VALUE, "it replaces the accelerator", NULL },
	{ "qtest-log", VALUE, "it replaces the accelerator", NULL },
	{ "add-fd", VALUE, "QEMU inherits no file descriptor but qlaunch's own: name the file",
	  NULL },
	{ "readconfig", VALUE, "options in a file are not checked: write them after --", NULL },
	{ "s", ALONE,
	  "it opens port 1234, and with it the rights of your user, to the network: use "
	  "-gdb unix:PATH,server=on,wait=off",
	  NULL },

	/* what does nothing here */
	{ "help", ALONE, PRINTS, NULL },
	{ "h", ALONE, PRINTS, NULL },
	{ "version", ALONE, PRINTS, NULL },
	{ "audio-help", ALONE, PRINTS, NULL },
	{ "dump-vmstate", VALUE, "QEMU writes it and exits: ask qemu-system-x86_64 itself", NULL },
	{ "full-screen", ALONE, NO_WINDOW, NULL },
	{ "portrait", ALONE, NO_WINDOW, NULL },
	{ "rotate", VALUE, NO_WINDOW, NULL },
	{ "echr", VALUE, "QEMU has no terminal; the key of qlaunch's is Ctrl-A", NULL },
	{ "fda", VALUE,
	  "q35 has no floppy drive: -drive if=none,id=NAME,file=FILE and -device "
	  "isa-fdc,driveA=NAME make one",
	  NULL },
	{ "fdb", VALUE,
	  "q35 has no floppy drive: -drive if=none,id=NAME,file=FILE and -device "
	  "isa-fdc,driveB=NAME make one",
	  NULL },
	{ "sd", VALUE, NOT_ON_PC, NULL },
	{ "mtdblock", VALUE, NOT_ON_PC, NULL },
	{ "g", VALUE, NOT_ON_PC, NULL },
	{ "prom-env", VALUE, NOT_ON_PC, NULL },
	{ "old-param", ALONE, NOT_ON_PC, NULL },
	{ "semihosting", ALONE, NOT_ON_PC, NULL },
	{ "semihosting-config", VALUE, NOT_ON_PC, NULL },
	{ "xen-domid", VALUE, NO_XEN, NULL },
	{ "xen-attach", ALONE, NO_XEN, NULL },
	{ "xen-domid-restrict", ALONE, NO_XEN, NULL },

	/* passed on with some values */
	{ "action", VALUE, NULL, check_action },
	{ "blockdev", VALUE, NULL, check_names },
	{ "boot", VALUE, NULL, check_boot },
	{ "chardev", VALUE, NULL, check_chardev },
	{ "debugcon", VALUE, NULL, check_serial },
	{ "device", VALUE, NULL, check_device },
	{ "display", VALUE, NULL, check_display },
	{ "drive", VALUE, NULL, check_drive },
	{ "fsdev", VALUE, NULL, check_names },
	{ "gdb", VALUE, NULL, check_monitor },
	{ "global", VALUE, NULL, check_global },
	{ "mon", VALUE, NULL, check_names },
	{ "monitor", VALUE, NULL, check_monitor },
	{ "net", VALUE, NULL, check_net },
	{ "netdev", VALUE, NULL, check_net },
	{ "nic", VALUE, NULL, check_net },
	{ "object", VALUE, NULL, check_object },
	{ "parallel", VALUE, NULL, check_serial },
	{ "qmp", VALUE, NULL, check_monitor },
	{ "qmp-pretty", VALUE, NULL, check_monitor },
	{ "serial", VALUE, NULL, check_serial }, /* COM2 on: the first one is qlaunch's */
	{ "set", VALUE, NULL, check_set },
	{ "tpmdev", VALUE, NULL, check_names },
	{ "virtfs", VALUE, NULL, check_names },

	/* passed on: the same as qlaunch's own, or harmless beside it */
	{ "name", VALUE, NULL, NULL }, /* QEMU joins it with qlaunch's */
	{ "no-user-config", ALONE, NULL, NULL },
	{ "nodefaults", ALONE, NULL, NULL },
	{ "nographic", ALONE, NULL, NULL }, /* also tells SeaBIOS to use the serial console */

	/* passed on: parts of the guest that qlaunch has no knob for */
	{ "acpitable", VALUE, NULL, NULL },
	{ "audio", VALUE, NULL, NULL },
	{ "audiodev", VALUE, NULL, NULL },
	{ "bios", VALUE, NULL, NULL },
	{ "cdrom", VALUE, NULL, NULL }, /* opened read-only */
	{ "dtb", VALUE, NULL, NULL },
	{ "fw_cfg", VALUE, NULL, NULL },
	{ "iscsi", VALUE, NULL, NULL },
	{ "k", VALUE, NULL, NULL },
	{ "loadvm", VALUE, NULL, NULL }, /* still stopped, so it is placed first */
	{ "mem-path", VALUE, NULL, NULL },
	{ "mem-prealloc", ALONE, NULL, NULL },
	{ "no-fd-bootchk", ALONE, NULL, NULL },
	{ "no-hpet", ALONE, NULL, NULL },
	{ "numa", VALUE, NULL, NULL },
	{ "option-rom", VALUE, NULL, NULL },
	{ "pflash", VALUE, NULL, NULL },
	{ "rtc", VALUE, NULL, NULL },
	{ "shim", VALUE, NULL, NULL },
	{ "smbios", VALUE, NULL, NULL },
	{ "spice", VALUE, NULL, NULL },
	{ "usb", ALONE, NULL, NULL },
	{ "usbdevice", VALUE, NULL, NULL },
	{ "uuid", VALUE, NULL, NULL },
	{ "vga", VALUE, NULL, NULL },
	{ "vnc", VALUE, NULL, NULL },
	{ "watchdog-action", VALUE, NULL, NULL },
	{ "win2k-hack", ALONE, NULL, NULL },

	/* passed on: QEMU itself, how it runs and what it writes down */
	{ "compat", VALUE, NULL, NULL },
	{ "D", VALUE, NULL, NULL },
	{ "d", VALUE, NULL, NULL },
	{ "dfilter", VALUE, NULL, NULL },
	{ "enable-sync-profile", ALONE, NULL, NULL },
	{ "jitdump", ALONE, NULL, NULL },
	{ "L", VALUE, NULL, NULL },
	{ "msg", VALUE, NULL, NULL },
	{ "only-migratable", ALONE, NULL, NULL },
	{ "overcommit", VALUE, NULL, NULL },
	{ "perfmap", ALONE, NULL, NULL },
	{ "pidfile", VALUE, NULL, NULL },
	{ "plugin", VALUE, NULL, NULL },
	{ "seed", VALUE, NULL, NULL },
	{ "singlestep", ALONE, NULL, NULL },
	{ "trace", VALUE, NULL, NULL },
};

static const struct word *word_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!strcmp(words[i].name, name))
			return &words[i];
	}
	return NULL;
}

bool qemu_word_find(const char *name, const char **ret_refused)
{
	const struct word *word = word_find(name);

	*ret_refused = word ? word->refused : NULL;
	return word;
}

/* QEMU takes -x and --x for the same.  NULL: no option at all. */
static const char *undash(const char *text)
{
	if (*text != '-')
		return NULL;
	return text + 1 + (text[1] == '-');
}

static int check_one(const struct word *word, const char *value, struct err *err)
{
	if (word->refused)
		return err_set(err, EINVAL, "%s", word->refused);
	if (!word->takes_value)
		return 0;
	if (!value)
		return err_set(err, EINVAL, "it needs a value");
	if (asks_for_help(value))
		return err_set(err, EINVAL, PRINTS);
	return word->check ? word->check(value, err) : 0;
}

/* A character device that other users or hosts can connect to. */
static bool is_public(const char *value, const char *id)
{
	static const char *const ways[] = { "host", "port", "abstract" };
	char name[VALUE_MAX];

	if (!property(value, NULL, "id", name, sizeof(name)) || strcmp(name, id))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		if (has(value, ways[i]))
			return true;
	}
	return false;
}

/* -mon chardev=ID: a monitor is as private as its character device, which another option makes. */
static int check_mon(char *const *args, const char *value, struct err *err)
{
	char id[VALUE_MAX];

	if (!property(value, "chardev", "chardev", id, sizeof(id)))
		return 0;
	for (; *args; args++) {
		const char *name = undash(*args);

		if (name && args[1] && !strcmp(name, "chardev") && is_public(args[1], id))
			return check_monitor("tcp:", err);
	}
	return 0;
}

int qemu_words_check(char *const *args, struct err *err)
{
	char *const *all = args;

	while (*args) {
		const char *text = *args++, *name = undash(text);
		const struct word *word;

		if (!name)
			return err_set(err, EINVAL,
			               "-- '%.64s' is not an option of QEMU: a disk goes before --",
			               text);
		if (!*name || *name == '-')
			return err_set(err, EINVAL, "-- '%.64s' is not an option of QEMU", text);
		word = word_find(name);
		if (!word && *args && **args != '-')
			args++; /* it may be its value */
		if (word && check_one(word, *args, err))
			return err_in(err, "-- -%s", name);
		if (word && !strcmp(word->name, "mon") && check_mon(all, *args, err))
			return err_in(err, "-- -mon");
		if (word && word->takes_value)
			args++;
	}
	return 0;
}

bool qemu_words_have_port(char *const *args, const char *port)
{
	while (args && *args) {
		const char *name = undash(*args++);
		const struct word *word = name ? word_find(name) : NULL;
		char value[VALUE_MAX] = "";

		if (!word || !word->takes_value)
			continue;
		if (!strcmp(name, "device") &&
		    property(*args, NULL, "name", value, sizeof(value)) && !strcmp(value, port))
			return true;
		args++;
	}
	return false;
}

bool qemu_words_have_firmware(char *const *args)
{
	while (args && *args) {
		const char *name = undash(*args++);
		const struct word *word = name ? word_find(name) : NULL;
		char type[VALUE_MAX] = "";

		if (!word || !word->takes_value)
			continue;
		if (!strcmp(name, "bios") || !strcmp(name, "pflash"))
			return true;
		if (!strcmp(name, "drive") && property(*args, NULL, "if", type, sizeof(type)) &&
		    !strcmp(type, "pflash"))
			return true;
		args++;
	}
	return false;
}

const char *qemu_words_unknown(char *const **at)
{
	while (**at) {
		const char *text = *(*at)++, *name = undash(text);
		const struct word *word = name ? word_find(name) : NULL;

		if (name && !word)
			return text;
		if (word && word->takes_value)
			(*at)++;
	}
	return NULL;
}

/* "HOST:DISPLAY": no host, or the one that stands for all. */
static bool is_any_host(const char *address)
{
	return address[0] == ':' || !strncmp(address, "0.0.0.0:", 8) ||
	       !strncmp(address, "[::]:", 5);
}

static bool is_open_spice(const char *value)
{
	char address[VALUE_MAX] = "";

	if (!strstr(value, "disable-ticketing") || strstr(value, "disable-ticketing=off"))
		return false; /* asks for a password */
	return strstr(value, "port=") &&
	       (!property(value, NULL, "addr", address, sizeof(address)) ||
	        !strcmp(address, "0.0.0.0") || !strcmp(address, "::"));
}

static bool is_open(const char *name, const char *value)
{
	if (!strcmp(name, "s"))
		return true; /* -gdb tcp::1234 */
	if (!value)
		return false;
	if (!strcmp(name, "display") && !strncmp(value, "vnc=", 4))
		return is_open("vnc", value + 4);
	if (!strcmp(name, "vnc"))
		return is_any_host(value) && !strstr(value, "password") && !strstr(value, "sasl") &&
		       !strstr(value, "tls-creds") && !strstr(value, "reverse");
	if (!strcmp(name, "gdb"))
		return !strncmp(value, "tcp:", 4) && is_any_host(value + 4);
	return !strcmp(name, "spice") && is_open_spice(value);
}

const char *qemu_words_open(char *const **at)
{
	while (**at) {
		const char *text = *(*at)++, *name = undash(text);
		const struct word *word = name ? word_find(name) : NULL;
		const char *value = word && word->takes_value ? *(*at) : NULL;

		*at += value != NULL;
		if (word && is_open(name, value))
			return text;
	}
	return NULL;
}
