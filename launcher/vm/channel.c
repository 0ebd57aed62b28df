/* SPDX-License-Identifier: GPL-2.0-or-later */
/* channel.c - one conversation with one qload, always drained.  Knows no QEMU. */
#include "channel.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "pump.h"
#include "text.h"
#include "wire.h"

#define HEARD_MAX 16 /* a trial has five messages; a guest that sends more is only counted */

struct heard {
	char kind[16];
	uint64_t id;
	char *rest;
	int64_t at_ns;
};

struct channel {
	int fd;
	struct pump *pump;
	struct wire_reader reader;
	int nr;
	struct heard heard[HEARD_MAX];
	uint64_t surplus;
	bool closed;
	int64_t taken_ns; /* when the last message that was taken had arrived */
	/* what channel_wait() is looking for */
	const char *want_kind;
	uint64_t want_id;
};

/* "id=7 the rest" -> 7, "the rest"; hello has no id. */
static const char *split_id(const char *rest, uint64_t *ret_id)
{
	char digits[24] = "";
	size_t n;

	*ret_id = 0;
	if (strncmp(rest, "id=", 3))
		return rest;
	n = strcspn(rest + 3, " ");
	if (n == 0 || n >= sizeof(digits))
		return rest;
	memcpy(digits, rest + 3, n);
	if (text_parse_u64(digits, 1, UINT64_MAX, ret_id, NULL))
		return rest;
	rest += 3 + n;
	return *rest == ' ' ? rest + 1 : rest;
}

static void hear(struct channel *channel, const struct wire_message *message)
{
	struct heard *heard = &channel->heard[channel->nr];
	const char *rest;

	if (channel->nr == HEARD_MAX || strlen(message->kind) >= sizeof(heard->kind)) {
		channel->surplus++;
		return;
	}
	rest = split_id(message->rest, &heard->id);
	heard->rest = strdup(rest);
	if (!heard->rest) {
		channel->surplus++;
		return;
	}
	text_copy(heard->kind, sizeof(heard->kind), message->kind);
	heard->at_ns = clock_now_ns();
	channel->nr++;
}

static int drain(void *arg, short revents, struct err *err)
{
	struct channel *channel = arg;
	struct wire_message message;
	char chunk[65536];
	ssize_t n = read(channel->fd, chunk, sizeof(chunk));

	(void)revents;
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n <= 0) {
		channel->closed = true;
		pump_remove(channel->pump, channel->fd);
		return 0;
	}
	if (wire_feed(&channel->reader, chunk, (size_t)n))
		return err_set(err, ENOMEM, "qload's channel: out of memory");
	while (wire_next(&channel->reader, &message) == 1)
		hear(channel, &message);
	return 0;
}

int channel_open(struct pump *pump, int fd, const char *nonce, struct channel **ret,
                 struct err *err)
{
	CLEANUP(channel_close) struct channel *channel = calloc(1, sizeof(*channel));
	int rc;

	if (!channel) {
		close(fd);
		return err_set(err, ENOMEM, "out of memory");
	}
	channel->fd = fd;
	channel->pump = pump;
	if (wire_reader_init(&channel->reader, nonce))
		return err_set(err, ENOMEM, "out of memory");
	fcntl(fd, F_SETFL, O_NONBLOCK);
	rc = pump_add(pump, &(struct pump_source){ fd, POLLIN, drain, channel }, err);
	if (rc)
		return rc;
	*ret = STEAL(&channel);
	return 0;
}

int channel_say(struct channel *channel, const char *line, int64_t deadline_ns, struct err *err)
{
	CLEANUP(str_free) char *text = NULL;
	size_t len = strlen(line) + 1, sent = 0;

	text = malloc(len + 1);
	if (!text)
		return err_set(err, ENOMEM, "out of memory");
	memcpy(text, line, len);
	text[len - 1] = '\n';
	while (sent < len) {
		ssize_t n = send(channel->fd, text + sent, len - sent, MSG_NOSIGNAL);
		int rc;

		if (n > 0) {
			sent += (size_t)n;
			continue;
		}
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return err_sys(err, "qload's channel");
		rc = pump_wait_fd(channel->pump, channel->fd, POLLOUT, deadline_ns, err);
		if (rc)
			return rc;
	}
	return 0;
}

/* Takes the first message that is wanted, or a failure of the wanted trial; forgets what stood before it. */
static int take(struct channel *channel, struct heard *ret)
{
	for (int i = 0; i < channel->nr; i++) {
		struct heard *heard = &channel->heard[i];

		if (heard->id != channel->want_id ||
		    (strcmp(heard->kind, channel->want_kind) && strcmp(heard->kind, "fail")))
			continue;
		*ret = *heard;
		for (int gone = 0; gone < i; gone++)
			free(channel->heard[gone].rest);
		channel->nr -= i + 1;
		memmove(channel->heard, heard + 1, (size_t)channel->nr * sizeof(*heard));
		return 1;
	}
	return 0;
}

bool channel_has(const struct channel *channel, const char *kind, uint64_t id)
{
	for (int i = 0; i < channel->nr; i++) {
		const struct heard *heard = &channel->heard[i];

		if (heard->id == id && (!strcmp(heard->kind, kind) || !strcmp(heard->kind, "fail")))
			return true;
	}
	return channel->closed;
}

static bool has_wanted(const void *arg)
{
	const struct channel *channel = arg;

	return channel_has(channel, channel->want_kind, channel->want_id);
}

int64_t channel_heard_ns(const struct channel *channel)
{
	return channel->taken_ns;
}

int channel_wait(struct channel *channel, const char *kind, uint64_t id, int64_t deadline_ns,
                 char **ret, struct err *err)
{
	struct heard heard;
	int rc;

	channel->want_kind = kind;
	channel->want_id = id;
	rc = pump_until(channel->pump, has_wanted, channel, deadline_ns, err);
	if (rc == -ETIMEDOUT)
		return err_set(err, ETIMEDOUT, "qload did not say '%s' in time", kind);
	if (rc)
		return rc;
	if (!take(channel, &heard))
		return err_set(err, ECONNRESET, "qload's channel closed while waiting for '%s'",
		               kind);
	channel->taken_ns = heard.at_ns;
	if (!strcmp(heard.kind, "fail")) {
		char sentence[400];

		text_escape(heard.rest, strlen(heard.rest), sentence, sizeof(sentence));
		free(heard.rest);
		return err_set(err, EPROTO, "qload: %s", sentence);
	}
	if (ret)
		*ret = heard.rest;
	else
		free(heard.rest);
	return 0;
}

uint64_t channel_dropped_lines(const struct channel *channel)
{
	return channel->reader.dropped_lines + channel->surplus;
}

void channel_close(struct channel **at)
{
	struct channel *channel = *at;

	if (!channel)
		return;
	pump_remove(channel->pump, channel->fd);
	fd_close(&channel->fd);
	for (int i = 0; i < channel->nr; i++)
		free(channel->heard[i].rest);
	wire_reader_done(&channel->reader);
	free(channel);
	*at = NULL;
}
