/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * caps.c - capabilities, in the order they leave us.  Knows no reason beyond those named here.
 *
 * caps_keep()   Once, first thing in main.
 *     Should:   permitted = {SYS_NICE, DAC_OVERRIDE, PERFMON, NET_ADMIN, SETPCAP} of what we have; effective, inheritable, ambient = {}.
 *               SYS_NICE      places and schedules threads, also those of a QEMU with another uid
 *               DAC_OVERRIDE  opens the files that a root user named in somebody's private folder
 *               PERFMON       counts on threads whatever kernel.perf_event_paranoid says
 *               NET_ADMIN     reads the kernel's records of threads that ended (taskstats)
 *               SETPCAP       is never used by us: a child needs it to empty its bounding set
 *     Mustn't:  fail where there is nothing to give up.  Started without privilege it changes nothing.
 * caps_keep_with()   The same, and what one kind of run needs beyond; a run of another kind never holds it.
 *     Should:   for --observe deep keep {BPF, SYS_ADMIN}, where kernel.perf_event_paranoid is above 2, or PERFMON is
 *               not to be had, keep SYS_ADMIN; each raised around its own calls only:
 *               BPF           loads the programs (with PERFMON: that read the kernel's memory) and reads their maps
 *               SYS_ADMIN     only while the exits' programs are loaded: to nobody else the kernel hands the BTF of a
 *                             module, and kvm is one (BPF_BTF_GET_FD_BY_ID); and while perf counters are opened: at
 *                             such a level Debian's and Ubuntu's kernels ask for it by name, PERFMON is not enough
 *               where root starts QEMU under another uid keep {SETUID, SETGID, KILL, SYS_PTRACE}:
 *               SETUID SETGID for the child, which alone raises them; given up once the last QEMU has started (run)
 *               KILL          effective from the start of such a child to our own end, whatever that is: the kernel
 *                             asks it of a dying parent before it sends PR_SET_PDEATHSIG to a child of another uid
 *               SYS_PTRACE    /proc/PID/fd, /proc/TID/syscall and wchan of such a child; where /proc is mounted with
 *                             hidepid=, all of its folder, and then effective as KILL is
 *
 * caps_raise()  Around one kernel call; CLEANUP(caps_lower) lowers it again on every way out.
 *     Mustn't:  complain about what we do not hold.  The kernel says so, and then the refusal is explained.
 *
 * caps_raise_for_path()   The same around a path that the user named.
 *     Mustn't:  raise anything where the capability is the program file's (setcap) and not the user's: AT_SECURE says so,
 *               and the user's own rights decide which files are opened.
 *
 * caps_none()   In every child, between fork and exec, also of a multithreaded test: raw system calls only.
 *     Should:   empty the bounding set while SETPCAP is still held, then clear the ambient set and the three others,
 *               then set no_new_privs.  In another order a uid-0 child regains everything at exec: the kernel computes
 *               root's new permitted set from the bounding set, and PR_CAPBSET_DROP fails once SETPCAP is gone.
 *     Mustn't:  leave without no_new_privs: it alone holds where the bounding set cannot be emptied (no SETPCAP).
 * caps_none_as()  The same, with setgroups, setresgid and setresuid between the bounding set and the clearing: they need
 *               SETUID and SETGID, and the change from uid 0 clears the permitted set.
 *     Mustn't:  come after PR_SET_PDEATHSIG, which a change of credentials clears.
 *
 * Tuning is done from outside, by tid, so no child ever needs a privilege.
 */
#include "caps.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "identity.h"

static const cap_value_t kept[] = { CAP_SYS_NICE, CAP_DAC_OVERRIDE, CAP_PERFMON, CAP_NET_ADMIN,
	                            CAP_SETPCAP };

static void caps_free(cap_t *caps)
{
	if (*caps)
		cap_free(*caps);
	*caps = NULL;
}

static bool has_flag(cap_t caps, cap_value_t cap, cap_flag_t flag)
{
	cap_flag_value_t value = CAP_CLEAR;

	return caps && !cap_get_flag(caps, cap, flag, &value) && value == CAP_SET;
}

bool caps_have(cap_value_t cap)
{
	CLEANUP(caps_free) cap_t now = cap_get_proc();

	return has_flag(now, cap, CAP_PERMITTED);
}

static void keep(cap_t now, cap_t less, const cap_value_t *list, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		if (has_flag(now, list[i], CAP_PERMITTED))
			cap_set_flag(less, CAP_PERMITTED, 1, &list[i], CAP_SET);
	}
}

int caps_keep(struct err *err)
{
	return caps_keep_with(NULL, 0, err);
}

int caps_keep_with(const cap_value_t *more, size_t nr, struct err *err)
{
	CLEANUP(caps_free) cap_t now = cap_get_proc();
	CLEANUP(caps_free) cap_t less = cap_init();

	if (!now || !less)
		return err_sys(err, "capabilities");
	keep(now, less, kept, ARRAY_SIZE(kept));
	keep(now, less, more, nr);
	if (cap_set_proc(less))
		return err_sys(err, "giving up capabilities");
	return 0;
}

int caps_drop(const cap_value_t *list, size_t nr, struct err *err)
{
	CLEANUP(caps_free) cap_t now = cap_get_proc();

	if (!now || cap_set_flag(now, CAP_EFFECTIVE, (int)nr, list, CAP_CLEAR) ||
	    cap_set_flag(now, CAP_PERMITTED, (int)nr, list, CAP_CLEAR) || cap_set_proc(now))
		return err_sys(err, "giving up capabilities");
	return 0;
}

/* True where the effective set now differs from before. */
static bool set_effective(cap_value_t cap, cap_flag_value_t value)
{
	CLEANUP(caps_free) cap_t now = cap_get_proc();

	if (!now || has_flag(now, cap, CAP_EFFECTIVE) == (value == CAP_SET))
		return false;
	return !cap_set_flag(now, CAP_EFFECTIVE, 1, &cap, value) && !cap_set_proc(now);
}

int caps_raise(cap_value_t cap)
{
	return caps_have(cap) && set_effective(cap, CAP_SET) ? cap : -1;
}

int caps_raise_for_path(cap_value_t cap)
{
	return getauxval(AT_SECURE) ? -1 : caps_raise(cap);
}

void caps_lower(int *token)
{
	if (*token >= 0)
		set_effective(*token, CAP_CLEAR);
	*token = -1;
}

/* Raises what of these is permitted, in the calling child. */
static void raise_raw(const unsigned int *list, size_t nr)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capget, &header, data))
		return;
	for (size_t i = 0; i < nr; i++)
		data[CAP_TO_INDEX(list[i])].effective |= data[CAP_TO_INDEX(list[i])].permitted &
		                                         CAP_TO_MASK(list[i]);
	syscall(SYS_capset, &header, data);
}

/* Best effort: without SETPCAP the kernel refuses, and no_new_privs must do. */
static void drop_bounding(void)
{
	/* The set is 64 bits wide in every kernel; past the last capability the answer is EINVAL. */
	for (unsigned long cap = 0; cap < 64; cap++)
		prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
}

/* The bare system calls: libc's would look for other threads, which the child of a fork has not got. */
static int change_identity(const struct identity *identity)
{
	if (syscall(SYS_setgroups, identity->nr_groups, identity->group) ||
	    syscall(SYS_setresgid, identity->gid, identity->gid, identity->gid) ||
	    syscall(SYS_setresuid, identity->uid, identity->uid, identity->uid))
		return -errno;
	return 0;
}

int caps_none_as(const struct identity *identity)
{
	static const unsigned int needed[] = { CAP_SETPCAP, CAP_SETUID, CAP_SETGID };
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	static const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];
	int rc;

	raise_raw(needed, identity ? ARRAY_SIZE(needed) : 1);
	drop_bounding();
	rc = identity ? change_identity(identity) : 0;
	if (rc)
		return rc;
	/* Not known before Linux 4.3, where there is no ambient set either. */
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) && errno != EINVAL)
		return -errno;
	if (syscall(SYS_capset, &header, none))
		return -errno;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
}

int caps_none(void)
{
	return caps_none_as(NULL);
}
