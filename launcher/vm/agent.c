/* SPDX-License-Identifier: GPL-2.0-or-later */
/* agent.c - one request, one answer, and bounds for everything else that a guest may send. */
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "json.h"
#include "pump.h"
#include "spec.h"

#define DELIMITER '\xff' /* in no UTF-8, so it starts anew on both sides */

struct agent {
	int fd;
	struct pump *pump;
	uint32_t id;
	uint64_t bytes; /* all that the guest sent */
	bool answered, closed;
	bool in_line; /* since a delimiter, and short enough yet */
	size_t len;
	char line[AGENT_LINE_MAX];
};

static bool is_answer(const struct agent *agent)
{
	CLEANUP(json_done) struct json_object *o = NULL;
	int64_t id;

	return !json_parse(agent->line, agent->len, &o, NULL) &&
	       json_object_is_type(o, json_type_object) &&
	       !json_get_i64(o, "guest-sync-delimited", "return", 0, UINT32_MAX, &id, NULL) &&
	       id == agent->id;
}

static void feed(struct agent *agent, char c)
{
	if (c == DELIMITER) {
		agent->in_line = true;
		agent->len = 0;
	} else if (!agent->in_line) {
		return;
	} else if (c == '\n') {
		agent->answered = is_answer(agent);
		agent->in_line = false;
	} else if (agent->len < sizeof(agent->line)) {
		agent->line[agent->len++] = c;
	} else {
		agent->in_line = false;
	}
}

/* After the answer the port stays open, but is not read: an agent wakes up ten times a second where its host has closed it,
 * and a guest that floods it then waits. */
static int drain(void *arg, short revents, struct err *err)
{
	struct agent *agent = arg;
	char chunk[16384];
	ssize_t n = read(agent->fd, chunk, sizeof(chunk));

	(void)revents;
	(void)err;
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	agent->closed = n <= 0;
	for (ssize_t i = 0; i < n && !agent->answered; i++)
		feed(agent, chunk[i]);
	agent->bytes += n > 0 ? (uint64_t)n : 0;
	if (agent->closed || agent->answered)
		pump_remove(agent->pump, agent->fd);
	return 0;
}

/* QEMU reads the socket only while the guest has the port open and gives it room. */
static bool is_unread(const struct agent *agent)
{
	int queued = 0;

	return !ioctl(agent->fd, SIOCOUTQ, &queued) && queued;
}

void agent_ask(struct agent *agent)
{
	char request[128];
	int n = snprintf(request, sizeof(request),
	                 "%c{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":%" PRIu32
	                 "}}\n",
	                 DELIMITER, agent->id);

	if (agent->answered || agent->closed || is_unread(agent))
		return;
	/* a request that could not be sent, or not whole, is repeated: the delimiter starts anew */
	if (send(agent->fd, request, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return;
}

int agent_open(struct pump *pump, int fd, struct agent **ret, struct err *err)
{
	CLEANUP(agent_close) struct agent *agent = calloc(1, sizeof(*agent));
	int rc;

	if (!agent) {
		close(fd);
		return err_set(err, ENOMEM, "out of memory");
	}
	agent->fd = fd;
	agent->pump = pump;
	if (getrandom(&agent->id, sizeof(agent->id), 0) != sizeof(agent->id))
		return err_sys(err, "getrandom");
	fcntl(fd, F_SETFL, O_NONBLOCK);
	rc = pump_add(pump, &(struct pump_source){ fd, POLLIN, drain, agent }, err);
	if (rc)
		return rc;
	agent_ask(agent);
	*ret = STEAL(&agent);
	return 0;
}

bool agent_has_answered(const struct agent *agent)
{
	return agent && agent->answered;
}

void agent_explain(const struct agent *agent, char *buf, size_t size)
{
	if (agent->bytes)
		snprintf(buf, size,
		         "what the guest sent by " AGENT_PORT " (%" PRIu64
		         " bytes) had no valid answer",
		         agent->bytes);
	else if (is_unread(agent))
		snprintf(buf, size,
		         "nothing in the guest read " AGENT_PORT
		         ": is qemu-guest-agent installed and running?");
	else
		snprintf(buf, size, "the guest read " AGENT_PORT " and sent nothing");
}

void agent_close(struct agent **at)
{
	struct agent *agent = *at;

	if (!agent)
		return;
	pump_remove(agent->pump, agent->fd);
	fd_close(&agent->fd);
	free(agent);
	*at = NULL;
}
