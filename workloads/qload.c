/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qload.c - one static program: a tool, the host's load natively, PID 1 in the guest. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "catalog.h"
#include "cleanup.h"
#include "guard.h"
#include "guest.h"
#include "serve.h"
#include "text.h"
#include "tool.h"
#include "wire.h"

enum { EXIT_DONE, EXIT_FAILED, EXIT_USAGE };

static int report(const struct err *err, int code)
{
	fprintf(stderr, "qload: %s\n", err->text);
	return code;
}

/* "--fd=3": every descriptor is named, none is taken because it happens to be open. */
static int parse_fd(const char *arg, const char *option, int *ret, struct err *err)
{
	size_t len = strlen(option);
	uint64_t fd;

	if (strncmp(arg, option, len) != 0)
		return 0;
	if (text_parse_u64(arg + len, 3, 1 << 20, &fd, err) < 0)
		return err_in(err, "%.*s", (int)len - 1, option);
	*ret = (int)fd;
	return 1;
}

static int parse_serve_word(const char *arg, int *channel, int *direct, int *buffered,
                            const char **nonce, struct err *err)
{
	int rc = parse_fd(arg, "--fd=", channel, err);

	if (!rc)
		rc = parse_fd(arg, "--scratch-fd=", direct, err);
	if (!rc)
		rc = parse_fd(arg, "--scratch-buffered-fd=", buffered, err);
	if (!rc && !strncmp(arg, "--nonce=", 8)) {
		*nonce = arg + 8;
		rc = 1;
	}
	return rc ? rc : err_set(err, EINVAL, "unknown option '%.64s' of serve", arg);
}

static int parse_serve(int argc, char **argv, struct serve *ret, struct err *err)
{
	struct wire_reader probe;

	int direct = -1, buffered = -1;

	ret->channel = ret->direct.fd = ret->buffered.fd = -1;
	for (int i = 2; i < argc; i++) {
		if (parse_serve_word(argv[i], &ret->channel, &direct, &buffered, &ret->nonce, err) <
		    0)
			return -err->code;
	}
	if (ret->channel < 0)
		return err_set(err, EINVAL, "serve needs --fd=N");
	if (!ret->nonce || wire_reader_init(&probe, ret->nonce) < 0)
		return err_set(err, EINVAL, "serve needs --nonce= of %d hex digits",
		               WIRE_NONCE_CHARS);
	if (direct >= 0 && store_inspect(direct, &ret->direct, err) < 0)
		return -err->code;
	return buffered >= 0 ? store_inspect(buffered, &ret->buffered, err) : 0;
}

static int serve_main(int argc, char **argv)
{
	struct serve serve = { 0 };
	struct err err;

	if (parse_serve(argc, argv, &serve, &err) < 0)
		return report(&err, EXIT_USAGE);
	if (serve_run(&serve, &err) < 0)
		return report(&err, EXIT_FAILED);
	return EXIT_DONE;
}

static int help(void)
{
	const struct workload *workload;

	fputs(tool_help, stdout);
	for (int i = 0; (workload = workload_at(i)); i++)
		printf("  %-10s %s\n", workload->name, workload->does);
	return fflush(stdout) ? EXIT_FAILED : EXIT_DONE;
}

static int tool_work(const void *arg)
{
	CLEANUP(str_free) char *text = NULL;
	const struct tool *tool = arg;
	struct err err;

	if (tool_run(tool, &text, &err) < 0)
		return report(&err, EXIT_FAILED);
	fputs(text, stdout);
	if (tool->json)
		putchar('\n');
	if (fflush(stdout)) {
		err_sys(&err, "standard output");
		return report(&err, EXIT_FAILED);
	}
	return EXIT_DONE;
}

static int tool_main(int argc, char **argv)
{
	struct tool tool;
	struct err err;

	if (tool_parse(argc, argv, &tool, &err) < 0)
		return report(&err, EXIT_USAGE);
	return tool.job.workload->is_io ? guard_run(tool_work, &tool) : tool_work(&tool);
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (guest_is_here())
		guest_main();
	if (argc == 2 && !strcmp(argv[1], "--version")) {
		puts("qload " QLAUNCH_VERSION);
		return EXIT_DONE;
	}
	if (argc == 2 && !strcmp(argv[1], "--help"))
		return help();
	if (argc >= 2 && !strcmp(argv[1], "serve"))
		return serve_main(argc, argv);
	return tool_main(argc, argv);
}
