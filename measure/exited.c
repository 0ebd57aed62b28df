/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exited.c - the kernel's records of threads that ended, over a generic netlink socket of our own. */
#include "exited.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/taskstats.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "text.h"

#define POSSIBLE      "/sys/devices/system/cpu/possible"
#define BUFFER_BYTES  (4 << 20) /* 2,000 threads that end while nobody reads */
#define MESSAGE_BYTES 4096

struct exited {
	int fd;
	uint16_t family;
	pid_t pid;
	bool lost;
};

struct message {
	struct nlmsghdr head;
	struct genlmsghdr generic;
	char body[MESSAGE_BYTES];
};

static struct nlattr *attribute_at(char *at, const char *end)
{
	struct nlattr *attribute = (void *)at; /* netlink aligns it */

	if (end - at < NLA_HDRLEN || attribute->nla_len < NLA_HDRLEN ||
	    attribute->nla_len > end - at)
		return NULL;
	return attribute;
}

/* Where a record lies in its message: below the thread's number, in an attribute of both. */
#define RECORD_AT (offsetof(struct message, body) + 3 * NLA_HDRLEN + sizeof(uint32_t))

/* The attribute's value and its size; NULL where there is none of this type. */
static char *find_attribute(char *at, const char *end, int type, size_t *ret_size)
{
	struct nlattr *attribute;

	for (; at < end && (attribute = attribute_at(at, end));
	     at += NLA_ALIGN(attribute->nla_len)) {
		if (attribute->nla_type != type)
			continue;
		*ret_size = attribute->nla_len - (size_t)NLA_HDRLEN;
		return at + NLA_HDRLEN;
	}
	return NULL;
}

static int say(const struct exited *exited, struct message *message, int type, const void *value,
               size_t size)
{
	struct nlattr *attribute = (void *)message->body;

	attribute->nla_type = (uint16_t)type;
	attribute->nla_len = (uint16_t)(NLA_HDRLEN + size);
	memcpy(message->body + NLA_HDRLEN, value, size);
	message->head.nlmsg_len = (uint32_t)offsetof(struct message, body) +
	                          NLA_ALIGN(attribute->nla_len);
	message->head.nlmsg_flags |= NLM_F_REQUEST;
	message->generic.version = 1;
	return send(exited->fd, message, message->head.nlmsg_len, 0) < 0 ? -errno : 0;
}

/* One message that is there; its length, 0 where there is none. */
static ssize_t hear(struct exited *exited, struct message *ret)
{
	ssize_t got;

	do {
		got = recv(exited->fd, ret, sizeof(*ret), MSG_DONTWAIT);
		exited->lost |= got < 0 && errno == ENOBUFS;
	} while (got < 0 && (errno == ENOBUFS || errno == EINTR));
	return got < (ssize_t)sizeof(struct nlmsghdr) ? 0 : got;
}

/* The kernel answers inside the question's system call. */
static int answer(struct exited *exited, struct message *ret, ssize_t *ret_size)
{
	while ((*ret_size = hear(exited, ret))) {
		const struct nlmsgerr *error = (const void *)&ret->generic;

		if (ret->head.nlmsg_type == NLMSG_ERROR)
			return error->error;
		if (ret->head.nlmsg_pid)
			return 0;
	}
	return -EPROTO;
}

static int find_family(struct exited *exited)
{
	struct message message = { .head.nlmsg_type = GENL_ID_CTRL,
		                   .generic.cmd = CTRL_CMD_GETFAMILY };
	ssize_t got;
	size_t size = 0;
	char *id;
	int rc = say(exited, &message, CTRL_ATTR_FAMILY_NAME, TASKSTATS_GENL_NAME,
	             sizeof(TASKSTATS_GENL_NAME));

	if (!rc)
		rc = answer(exited, &message, &got);
	if (rc)
		return rc;
	id = find_attribute(message.body, (char *)&message + got, CTRL_ATTR_FAMILY_ID, &size);
	if (!id || size < sizeof(exited->family))
		return -EPROTO;
	memcpy(&exited->family, id, sizeof(exited->family));
	return 0;
}

static int listen_on_all(struct exited *exited)
{
	struct message message = { .head.nlmsg_type = exited->family,
		                   .head.nlmsg_flags = NLM_F_ACK,
		                   .generic.cmd = TASKSTATS_CMD_GET };
	char cpus[256];
	ssize_t got;
	int rc;

	if (text_read_file(POSSIBLE, cpus, sizeof(cpus), NULL) < 0)
		return -ENOENT;
	cpus[strcspn(cpus, "\n")] = '\0';
	rc = say(exited, &message, TASKSTATS_CMD_ATTR_REGISTER_CPUMASK, cpus, strlen(cpus) + 1);
	return rc ? rc : answer(exited, &message, &got);
}

/* The record of one thread in its message; NULL: it is another message. */
static const char *find_record(const struct exited *exited, struct message *message, ssize_t got,
                               size_t *ret_size)
{
	const char *end = (char *)message + got;
	char *group;

	if (message->head.nlmsg_type != exited->family ||
	    got <= (ssize_t)offsetof(struct message, body))
		return NULL;
	group = find_attribute(message->body, end, TASKSTATS_TYPE_AGGR_PID, ret_size);
	return group ? find_attribute(group, group + *ret_size, TASKSTATS_TYPE_STATS, ret_size)
	             : NULL;
}

/* Our own record is as those of the threads that end: new enough, and where the filter looks for it. */
static int check_record(struct exited *exited)
{
	struct message message = { .head.nlmsg_type = exited->family,
		                   .generic.cmd = TASKSTATS_CMD_GET };
	const uint32_t self = (uint32_t)getpid();
	struct taskstats stats = { 0 };
	const char *record;
	size_t size = 0;
	ssize_t got;
	int rc = say(exited, &message, TASKSTATS_CMD_ATTR_PID, &self, sizeof(self));

	if (!rc)
		rc = answer(exited, &message, &got);
	if (rc)
		return rc;
	record = find_record(exited, &message, got, &size);
	if (!record || size < offsetof(struct taskstats, ac_tgid) + sizeof(stats.ac_tgid) ||
	    record != (char *)&message + RECORD_AT)
		return -ENOTSUP;
	memcpy(&stats, record, size < sizeof(stats) ? size : sizeof(stats));
	return stats.ac_tgid == self ? 0 : -ENOTSUP;
}

/* A busy host ends thousands of processes a second: the kernel drops their records before they take room.  Classic BPF
 * loads in network order. */
static int leave_out_others(const struct exited *exited)
{
	const uint32_t at = RECORD_AT + offsetof(struct taskstats, ac_tgid);
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl((uint32_t)exited->pid), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, ~0u),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog program = { ARRAY_SIZE(filter), filter };

	return setsockopt(exited->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program))
	               ? -errno
	               : 0;
}

void exited_set_room(const struct exited *exited, int bytes)
{
	if (setsockopt(exited->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)))
		(void)setsockopt(exited->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

int exited_open(pid_t pid, struct exited **ret, struct err *err)
{
	CLEANUP(exited_close) struct exited *exited = calloc(1, sizeof(*exited));
	int rc;

	if (!exited)
		return err_set(err, ENOMEM, "out of memory");
	exited->pid = pid;
	exited->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (exited->fd < 0)
		return err_sys(err, "generic netlink");
	exited_set_room(exited, BUFFER_BYTES);
	rc = find_family(exited);
	if (rc == -ENOENT)
		return err_set(err, ENOENT,
		               "this kernel, or this network namespace, has no taskstats "
		               "(CONFIG_TASKSTATS)");
	if (!rc)
		rc = check_record(exited);
	if (rc == -ENOTSUP)
		return err_set(err, ENOTSUP,
		               "this kernel's taskstats does not name the process (Linux 5.19 is "
		               "the first)");
	if (!rc)
		rc = listen_on_all(exited);
	if (!rc)
		rc = leave_out_others(exited);
	if (rc)
		return err_set(err, -rc,
		               "taskstats was refused (%s): needs CAP_NET_ADMIN, outside of a "
		               "container",
		               strerrorname_np(-rc));
	*ret = STEAL(&exited);
	return 0;
}

static void fill(const struct taskstats *stats, struct sched_sample *ret)
{
	*ret = (struct sched_sample){
		.is_last = true,
		/* without CONFIG_TASK_DELAY_ACCT these stay 0, and a thread that ended has run */
		.has_schedstat = stats->cpu_count > 0,
		.cpu_time_ns = stats->cpu_run_virtual_total,
		.run_delay_ns = stats->cpu_delay_total,
		.timeslices = stats->cpu_count,
		.voluntary = stats->nvcsw,
		.involuntary = stats->nivcsw,
		.minor_faults = stats->ac_minflt,
		.major_faults = stats->ac_majflt,
	};
}

/* A process's last thread has a second part in its message, of the whole group: it is not looked at. */
static bool take(const struct exited *exited, struct message *message, ssize_t got, pid_t *ret_tid,
                 struct sched_sample *ret)
{
	struct taskstats stats = { 0 };
	size_t size = 0;
	const char *record = find_record(exited, message, got, &size);

	if (!record)
		return false;
	memcpy(&stats, record, size < sizeof(stats) ? size : sizeof(stats));
	if (stats.ac_tgid != (uint32_t)exited->pid)
		return false;
	*ret_tid = (pid_t)stats.ac_pid;
	fill(&stats, ret);
	return true;
}

void exited_forget(struct exited *exited)
{
	struct sched_sample ignored;
	pid_t tid;

	while (exited_next(exited, &tid, &ignored))
		continue;
	exited->lost = false;
}

bool exited_next(struct exited *exited, pid_t *ret_tid, struct sched_sample *ret)
{
	struct message message;
	ssize_t got;

	while ((got = hear(exited, &message))) {
		if (take(exited, &message, got, ret_tid, ret))
			return true;
	}
	return false;
}

bool exited_is_whole(const struct exited *exited)
{
	return !exited->lost;
}

void exited_close(struct exited **exited)
{
	if (!*exited)
		return;
	fd_close(
	        &(*exited)
	                 ->fd); /* the kernel forgets a listener without a socket at the next exit */
	free(*exited);
	*exited = NULL;
}
