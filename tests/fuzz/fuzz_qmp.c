/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_qmp.c - everything QEMU may say, from the greeting to the typed answers, over a real socket.
 *
 * The first byte chooses: a..h asks a question after a good greeting, A..H reads the greeting from the input too.
 */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "json.h"
#include "qmp.h"
#include "qmp_query.h"
#include "qmp_stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool right)
{
	if (!right)
		abort();
}

/* All is said that will ever be said. */
static int never(void *arg, int fd, short events, int64_t deadline_ns, struct err *err)
{
	(void)arg, (void)fd, (void)events, (void)deadline_ns, (void)err;
	return -ETIMEDOUT;
}

static void must_be_printable(const char *text, size_t size)
{
	must(strnlen(text, size) < size);
	for (; *text; text++)
		must((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static void must_be_tid(pid_t tid)
{
	must(tid >= 2 && tid <= 4194304 && tid != getpid());
}

static void must_explain(int rc, const struct err *err)
{
	if (rc >= 0)
		return;
	must(err->code == -rc && err->text[0]);
	must_be_printable(err->text, sizeof(err->text));
}

static int ask_cpus(struct qmp *qmp, struct err *err)
{
	struct qmp_vcpu vcpu[QMP_VCPUS_MAX];
	int nr = qmp_query_cpus(qmp, vcpu, QMP_VCPUS_MAX, err);

	for (int i = 0; i < nr; i++) {
		must_be_tid(vcpu[i].tid);
		must_be_printable(vcpu[i].path, sizeof(vcpu[i].path));
		must(!i || (vcpu[i].index > vcpu[i - 1].index && vcpu[i].tid != vcpu[i - 1].tid));
	}
	return nr;
}

static int ask_iothreads(struct qmp *qmp, struct err *err)
{
	struct qmp_iothread io[QMP_IOTHREADS_MAX];
	int nr = qmp_query_iothreads(qmp, io, QMP_IOTHREADS_MAX, err);

	for (int i = 0; i < nr; i++) {
		must_be_tid(io[i].tid);
		must_be_printable(io[i].id, sizeof(io[i].id));
		must(io[i].poll_max_ns >= 0);
	}
	return nr;
}

static int ask_stats(struct qmp *qmp, struct err *err)
{
	struct qmp_stat *list = NULL;
	int nr = qmp_query_stats(qmp, &list, err);

	for (int i = 0; i < nr; i++) {
		must_be_printable(list[i].name, sizeof(list[i].name));
		must_be_printable(list[i].type, sizeof(list[i].type));
		must_be_printable(list[i].unit, sizeof(list[i].unit));
		must(list[i].vcpu >= 0);
	}
	must(nr > 0 || !list);
	free(list);
	return nr;
}

static int ask_blocks(struct qmp *qmp, struct err *err)
{
	struct qmp_block block[4];
	int nr = qmp_query_blocks(qmp, block, 4, err);

	for (int i = 0; i < nr; i++)
		must_be_printable(block[i].qdev, sizeof(block[i].qdev));
	return nr;
}

static int ask_small(struct qmp *qmp, struct err *err)
{
	char status[32];
	bool kvm;
	int rc = qmp_query_status(qmp, status, sizeof(status), err);

	if (rc)
		return rc;
	must_be_printable(status, sizeof(status));
	return qmp_query_kvm(qmp, &kvm, err);
}

static int ask_event(struct qmp *qmp, struct err *err)
{
	struct qmp_event event;
	int rc = qmp_wait_event(qmp, "SHUTDOWN", INT64_MAX, &event, err);

	if (rc)
		return rc;
	must(!strcmp(event.name, "SHUTDOWN"));
	qmp_event_done(&event);
	return 0;
}

static int ask_end(struct qmp *qmp, struct err *err)
{
	int rc = qmp_set_poll_max(qmp, "io0", 5, err);

	if (!rc)
		rc = qmp_cont(qmp, err);
	if (!rc)
		rc = qmp_powerdown(qmp, err);
	return rc ? rc : qmp_quit(qmp, err);
}

static int ask_nothing(struct qmp *qmp, struct err *err)
{
	return qmp_drain(qmp, err);
}

static void take_events(struct qmp *qmp)
{
	struct qmp_event event;
	int nr = 0;

	for (; qmp_take_event(qmp, &event); nr++) {
		must_be_printable(event.name, sizeof(event.name));
		must(!event.data || json_object_is_type(event.data, json_type_object));
		qmp_event_done(&event);
	}
	must(nr <= QMP_EVENTS_MAX);
}

/* The bytes again, without a socket and in small pieces: the same messages must come out. */
static void feed(const uint8_t *data, size_t size)
{
	static struct qmp_stream stream;
	struct err err = { 0 };
	int rc = 0;

	qmp_stream_init(&stream, -1);
	for (size_t at = 0; at < size && rc >= 0;) {
		size_t piece = 1 + at % 13, left = size - at;
		struct json_object *message = NULL;
		size_t cost;

		at += qmp_stream_feed(&stream, data + at, piece < left ? piece : left);
		while ((rc = qmp_stream_next(&stream, &message, &cost, &err)) > 0) {
			must(json_object_is_type(message, json_type_object));
			must(cost <= QMP_COST_MAX);
			json_done(&message);
		}
	}
	must_explain(rc, &err);
	qmp_stream_done(&stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int (*const asks[])(struct qmp *, struct err *) = {
		ask_cpus,  ask_iothreads, ask_stats, ask_blocks,
		ask_small, ask_event,     ask_end,   ask_nothing,
	};
	static const char hello[] =
	        "{\"QMP\":{\"version\":{\"qemu\":{\"micro\":22,\"minor\":2,\"major\":7}"
	        ",\"package\":\"\"}}}\n{\"return\":{},\"id\":1}\n";
	static const struct qmp_waiter waiter = { never, NULL };
	struct qmp *qmp = NULL;
	struct err err = { 0 };
	int pair[2], rc;

	if (size < 1)
		return 0;
	feed(data + 1, size - 1);
	must(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	if (islower(data[0]))
		must(send(pair[1], hello, sizeof(hello) - 1, 0) == sizeof(hello) - 1);
	if (size > 1)
		must(send(pair[1], data + 1, size - 1, MSG_DONTWAIT) > 0);
	rc = qmp_open(pair[0], &waiter, INT32_MAX, &qmp, &err);
	must_explain(rc, &err);
	must(!rc == !!qmp);
	if (qmp) {
		rc = asks[(data[0] - 1) % 8](qmp, &err);
		must_explain(rc, &err);
		take_events(qmp);
	}
	qmp_close(&qmp);
	close(pair[1]);
	return 0;
}
