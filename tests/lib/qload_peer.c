/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qload_peer.c - starts qload in a child and talks to it.  Checks with cmocka's asserts. */
#include "qload_peer.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "rng.h"
#include "serve.h"

#define DEADLINE_MS 600000 /* only a hang takes so long */

static const char *build_folder(void)
{
	const char *build = getenv("BUILD");

	return build ? build : "build";
}

static void make_scratch(struct peer *peer)
{
	static unsigned char data[PEER_SCRATCH];
	char path[64];
	struct rng rng;

	rng_seed(&rng, 5);
	rng_fill(&rng, data, sizeof(data));
	peer->scratch_fd = open(build_folder(), O_TMPFILE | O_RDWR, 0600);
	assert_true(peer->scratch_fd >= 0);
	assert_int_equal(write(peer->scratch_fd, data, sizeof(data)), sizeof(data));
	assert_int_equal(fsync(peer->scratch_fd), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", peer->scratch_fd);
	peer->direct_fd = open(path, O_RDWR | O_DIRECT);
}

static void exec_binary(const struct peer *peer, int channel)
{
	char path[4096], fd[32], nonce[64], direct[48], buffered[48];

	snprintf(path, sizeof(path), "%s/qload", build_folder());
	snprintf(fd, sizeof(fd), "--fd=%d", channel);
	snprintf(nonce, sizeof(nonce), "--nonce=%s", PEER_NONCE);
	snprintf(buffered, sizeof(buffered), "--scratch-buffered-fd=%d", peer->scratch_fd);
	snprintf(direct, sizeof(direct), "--scratch-fd=%d",
	         peer->direct_fd >= 0 ? peer->direct_fd : peer->scratch_fd);
	execl(path, "qload", "serve", fd, nonce, direct, buffered, NULL);
	_exit(127);
}

static int serve_here(const struct peer *peer, int channel)
{
	struct serve serve = { .channel = channel, .nonce = PEER_NONCE };
	int direct = peer->direct_fd >= 0 ? peer->direct_fd : peer->scratch_fd;
	struct err err;

	if (store_inspect(direct, &serve.direct, &err) < 0 ||
	    store_inspect(peer->scratch_fd, &serve.buffered, &err) < 0 ||
	    serve_run(&serve, &err) < 0)
		return 1;
	return 0;
}

void peer_start(struct peer *peer, bool real_binary, void (*prepare)(void))
{
	pid_t parent = getpid();
	int pair[2];

	memset(peer, 0, sizeof(*peer));
	make_scratch(peer);
	assert_int_equal(wire_reader_init(&peer->reader, PEER_NONCE), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	peer->pid = fork();
	assert_true(peer->pid >= 0);
	if (!peer->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		signal(SIGPIPE, SIG_IGN);
		close(pair[0]);
		if (prepare)
			prepare();
		if (real_binary)
			exec_binary(peer, pair[1]);
		_exit(serve_here(peer, pair[1]));
	}
	close(pair[1]);
	peer->fd = pair[0];
}

void peer_say(struct peer *peer, const char *fmt, ...)
{
	char line[4096];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	assert_int_equal(send(peer->fd, line, (size_t)len, MSG_NOSIGNAL), len);
	assert_int_equal(send(peer->fd, "\n", 1, MSG_NOSIGNAL), 1);
}

void peer_prepare(struct peer *peer, uint64_t id, const char *workload, bool direct,
                  const char *extra)
{
	peer_say(peer,
	         "prepare id=%lu workload=%s threads=2 duration_ns=200000000 warmup_ns=20000000 "
	         "bs=4096 iodepth=8 rwmix=70 direct=%d seed=3 %s",
	         id, workload, direct, extra);
}

/* The kind; peer->rest holds the rest. */
static const char *next_message(struct peer *peer, struct wire_message *message)
{
	struct pollfd fd = { .fd = peer->fd, .events = POLLIN };
	char bytes[65536];
	ssize_t n;

	while (!wire_next(&peer->reader, message)) {
		assert_int_equal(poll(&fd, 1, DEADLINE_MS), 1);
		n = read(peer->fd, bytes, sizeof(bytes));
		assert_true(n > 0);
		assert_int_equal(wire_feed(&peer->reader, bytes, (size_t)n), 0);
	}
	assert_int_equal(peer->reader.dropped_lines, 0);
	free(peer->rest);
	peer->rest = strdup(message->rest);
	assert_non_null(peer->rest);
	return message->kind;
}

const char *peer_expect(struct peer *peer, const char *kind, uint64_t id)
{
	struct wire_message message;
	const char *after;
	uint64_t got;

	if (strcmp(next_message(peer, &message), kind) != 0)
		fail_msg("expected %s, got %s %.200s", kind, message.kind, message.rest);
	if (!strcmp(kind, "hello"))
		return peer->rest;
	assert_int_equal(wire_id(peer->rest, &got, &after), 0);
	assert_int_equal(got, id);
	return after;
}

static struct json_object *run_prepared(struct peer *peer, uint64_t id)
{
	struct json_object *json;

	peer_expect(peer, "parked", id);
	peer_say(peer, "warm id=%lu", id);
	peer_expect(peer, "ready", id);
	peer_say(peer, "go id=%lu", id);
	peer_expect(peer, "done", id);
	json = json_tokener_parse(peer_expect(peer, "result", id));
	assert_non_null(json);
	return json;
}

struct json_object *peer_trial(struct peer *peer, uint64_t id, const char *workload, bool direct,
                               const char *extra)
{
	peer_prepare(peer, id, workload, direct, extra);
	return run_prepared(peer, id);
}

struct json_object *peer_alone(struct peer *peer, uint64_t id, const char *workload,
                               const char *extra)
{
	peer_say(peer,
	         "prepare id=%lu workload=%s threads=1 duration_ns=50000000 warmup_ns=0 bs=4096 "
	         "iodepth=8 rwmix=70 direct=0 seed=3 %s",
	         id, workload, extra);
	return run_prepared(peer, id);
}

static int reap(struct peer *peer)
{
	int pidfd = (int)syscall(SYS_pidfd_open, peer->pid, 0), status;
	struct pollfd fd = { .fd = pidfd, .events = POLLIN };
	bool in_time = pidfd >= 0 && poll(&fd, 1, 5000) == 1;

	if (!in_time)
		kill(peer->pid, SIGKILL);
	assert_int_equal(waitpid(peer->pid, &status, 0), peer->pid);
	close(pidfd);
	close(peer->scratch_fd);
	if (peer->direct_fd >= 0)
		close(peer->direct_fd);
	wire_reader_done(&peer->reader);
	free(peer->rest);
	return in_time && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int peer_hang_up(struct peer *peer)
{
	close(peer->fd);
	return reap(peer);
}

int peer_bye(struct peer *peer)
{
	int rc;

	peer_say(peer, "bye");
	rc = reap(peer);
	close(peer->fd);
	return rc;
}

struct json_object *member(struct json_object *o, const char *key)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(o, key, &value))
		fail_msg("no %s in %.200s", key, json_object_to_json_string(o));
	return value;
}

int64_t number(struct json_object *o, const char *key)
{
	struct json_object *value = member(o, key);

	assert_true(json_object_is_type(value, json_type_int));
	return json_object_get_int64(value);
}

int64_t samples(struct json_object *result, const char *histogram)
{
	struct json_object *pairs = member(member(result, "histograms"), histogram);
	int64_t sum = 0, last = -1;

	for (size_t i = 0; i < json_object_array_length(pairs); i++) {
		struct json_object *pair = json_object_array_get_idx(pairs, i);
		int64_t low = json_object_get_int64(json_object_array_get_idx(pair, 0));

		assert_true(low > last);
		last = low;
		sum += json_object_get_int64(json_object_array_get_idx(pair, 1));
	}
	return sum;
}
