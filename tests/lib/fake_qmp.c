/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fake_qmp.c - plays QEMU by a script.  Knows what QMP looks like and nothing of the code under test. */
#include "fake_qmp.h"

#include <errno.h>
#include <json-c/json.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"

static bool put(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

		if (n < 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

/* The next byte leaves only when the last one has been read: nothing else makes reads of one byte certain. */
static bool put_bytewise(int fd, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		int unread = 1;

		if (!put(fd, bytes + i, 1))
			return false;
		while (!ioctl(fd, SIOCOUTQ, &unread) && unread > 0)
			sched_yield();
	}
	return true;
}

/* In large pieces: one by one, each would cost a switch to the reader and back. */
static bool put_events(int fd, const char *name, int nr)
{
	CLEANUP(str_free) char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	for (int i = 0; i < nr; i++)
		fprintf(out,
		        "{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"event\": \"%s\", "
		        "\"data\": {\"n\": %d}}\r\n",
		        name, i);
	fclose(out);
	return put(fd, text, len);
}

/* Reads one command; its id as text, or "" where it is another command than expected. */
static bool expect(FILE *in, const char *command, char *ret_id, size_t size)
{
	CLEANUP(str_free) char *line = NULL;
	struct json_object *o, *name = NULL, *id = NULL;
	size_t room = 0;
	bool right;

	if (getline(&line, &room, in) <= 0)
		return false;
	o = json_tokener_parse(line);
	json_object_object_get_ex(o, "execute", &name);
	right = name && !strcmp(json_object_get_string(name), command) &&
	        json_object_object_get_ex(o, "id", &id);
	if (right)
		snprintf(ret_id, size, "%s", json_object_to_json_string(id));
	else
		fprintf(stderr, "# fake_qmp: expected %s, got %s", command, line);
	json_object_put(o);
	return right;
}

static bool answer(int fd, const struct exchange *x, const char *id)
{
	CLEANUP(str_free) char *line = NULL;
	size_t body = strlen(x->reply) - 1; /* without the closing brace */
	int len = asprintf(&line, "%.*s, \"id\": %s}\r\n", (int)body, x->reply, id);

	if (len < 0)
		return false;
	return (x->bytewise ? put_bytewise : put)(fd, line, (size_t)len);
}

static bool play(int fd, FILE *in, const struct exchange *x)
{
	char id[32] = "0";

	if (x->expect && !expect(in, x->expect, id, sizeof(id)))
		return false;
	if (x->delay_ms)
		poll(NULL, 0, x->delay_ms);
	if (x->event && !put_events(fd, x->event, x->nr_events ? x->nr_events : 1))
		return false;
	for (long i = 0; x->raw && i < (x->raw_times ? x->raw_times : 1); i++) {
		if (!put(fd, x->raw, x->raw_len ? x->raw_len : strlen(x->raw)))
			return false;
	}
	if (x->reply && !answer(fd, x, id))
		return false;
	while (x->silent && getc(in) != EOF)
		;
	return true;
}

static void child(int fd, const struct exchange *talk, int nr)
{
	FILE *in = fdopen(fd, "r");

	for (int i = 0; i < nr; i++) {
		if (!play(fd, in, &talk[i]))
			_exit(i + 1);
		if (talk[i].hangup)
			_exit(0);
	}
	while (getc(in) != EOF)
		;
	_exit(0);
}

int fake_qmp_start(struct fake_qmp *ret, const struct exchange *talk, int nr)
{
	pid_t parent = getpid();
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		abort();
	ret->pid = fork();
	if (ret->pid < 0)
		abort();
	if (ret->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(255);
		close(pair[0]);
		child(pair[1], talk, nr);
	}
	close(pair[1]);
	return pair[0];
}

int fake_qmp_end(struct fake_qmp *fake)
{
	int status = -1;

	while (waitpid(fake->pid, &status, 0) < 0 && errno == EINTR)
		;
	fake->pid = -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}
