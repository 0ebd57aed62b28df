/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fakeqemu_script.c - reads the script (see fakeqemu.h) and does what it says. */
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "fakeqemu.h"

#define BAD_SCRIPT 125

static void add_rule(struct fake_rule *rule, int *nr, const char *step, const char *action,
                     const char *argument)
{
	if (*nr == FAKE_RULES_MAX)
		_exit(BAD_SCRIPT);
	snprintf(rule[*nr].step, sizeof(rule->step), "%s", step);
	snprintf(rule[*nr].action, sizeof(rule->action), "%s", action);
	snprintf(rule[*nr].argument, sizeof(rule->argument), "%s", argument);
	(*nr)++;
}

static void read_line(struct fake_script *script, char *line)
{
	char first[48] = "", second[48] = "";
	int at = 0, rest = 0, n;

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, " %47s %n%47s %n", first, &at, second, &rest) < 1 || first[0] == '#')
		return;
	n = (int)strtol(second, NULL, 10);
	if (!strcmp(first, "at") && rest) {
		char action[16] = "";
		int used = 0;

		sscanf(line + rest, "%15s %n", action, &used);
		add_rule(script->rule, &script->nr_rules, second, action, line + rest + used);
	} else if (!strcmp(first, "tid") && rest) {
		add_rule(script->tid, &script->nr_tids, second, "", line + rest);
	} else if (!strcmp(first, "vcpus") && rest && n < FAKE_THREADS_MAX) {
		script->vcpus = n;
	} else if (!strcmp(first, "iothreads") && rest && n < FAKE_THREADS_MAX) {
		script->iothreads = n;
	} else if (!strcmp(first, "major") && rest) {
		script->major = n;
	} else if (!strcmp(first, "exits") && rest) {
		script->exits = n;
	} else if (!strcmp(line + at, "term")) {
		script->ignore_term = true;
	} else if (!strcmp(first, "ignore") && !strcmp(second, "powerdown")) {
		script->ignore_powerdown = (int)strtol(line + rest, NULL, 10);
	} else {
		fprintf(stderr, "fakeqemu: script: '%s' is not understood\n", line);
		_exit(BAD_SCRIPT);
	}
}

static FILE *open_script(void)
{
	const char *named = getenv("FAKEQEMU_SCRIPT");
	char exe[PATH_MAX], path[PATH_MAX + 32];
	ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	FILE *file;

	if (named)
		return fopen(named, "re");
	if (len < 0)
		return NULL;
	exe[len] = '\0';
	snprintf(path, sizeof(path), "%s.script", exe);
	file = fopen(path, "re");
	if (file)
		return file;
	*strrchr(exe, '/') = '\0';
	snprintf(path, sizeof(path), "%s/fakeqemu.script", exe);
	return fopen(path, "re");
}

void script_read(struct fake_script *script)
{
	CLEANUP(file_close) FILE *file = open_script();
	char line[512];

	*script = (struct fake_script){ .vcpus = -1, .iothreads = -1, .exits = 1000, .major = 7 };
	while (file && fgets(line, sizeof(line), file))
		read_line(script, line);
}

static void hang_up(struct fake_vm *vm)
{
	if (vm->fd >= 0)
		shutdown(vm->fd, SHUT_RDWR);
}

static enum fake_reply act(struct fake_vm *vm, const struct fake_rule *rule, const char **ret_error)
{
	int n = (int)strtol(rule->argument, NULL, 10);

	if (!strcmp(rule->action, "stderr")) {
		fprintf(stderr, "%s\n", rule->argument);
	} else if (!strcmp(rule->action, "console")) {
		dprintf(vm->console_fd, "%s\r\n", rule->argument);
	} else if (!strcmp(rule->action, "delay")) {
		poll(NULL, 0, n);
	} else if (!strcmp(rule->action, "stop")) {
		raise(SIGSTOP);
	} else if (!strcmp(rule->action, "exit")) {
		_exit(n);
	} else if (!strcmp(rule->action, "signal")) {
		signal(n, SIG_DFL);
		kill(getpid(), n);
		pause();
	} else if (!strcmp(rule->action, "hangup")) {
		hang_up(vm);
	} else if (!strcmp(rule->action, "flood")) {
		while (n-- > 0)
			vm_event(vm, "RTC_CHANGE", "{\"offset\": 1}");
	} else if (!strcmp(rule->action, "raw")) {
		vm_send(vm, rule->argument, strlen(rule->argument));
		vm_send(vm, "\r\n", 2);
	} else if (!strcmp(rule->action, "silent")) {
		return REPLY_NONE;
	} else if (!strcmp(rule->action, "half")) {
		return REPLY_HALF;
	} else if (!strcmp(rule->action, "error")) {
		*ret_error = rule->argument;
		return REPLY_ERROR;
	} else {
		fprintf(stderr, "fakeqemu: script: no action '%s'\n", rule->action);
		_exit(BAD_SCRIPT);
	}
	return REPLY_WHOLE;
}

enum fake_reply script_step(const struct fake_script *script, struct fake_vm *vm, const char *step,
                            const char *suffix, const char **ret_error)
{
	enum fake_reply reply = REPLY_WHOLE;
	char name[64];

	snprintf(name, sizeof(name), "%.50s%s", step, suffix);
	for (int i = 0; i < script->nr_rules; i++) {
		enum fake_reply one;

		if (strcmp(script->rule[i].step, name))
			continue;
		one = act(vm, &script->rule[i], ret_error);
		reply = one == REPLY_WHOLE ? reply : one;
	}
	return reply;
}

static pid_t real_tid(const struct fake_vm *vm, const char *who)
{
	int i;

	if (sscanf(who, "vcpu/%d", &i) == 1 && i >= 0 && i < vm->nr_vcpus)
		return vm->vcpu[i].tid;
	if (sscanf(who, "iothread/%d", &i) == 1 && i >= 0 && i < vm->nr_iothreads)
		return vm->iothread[i].tid;
	if (!strcmp(who, "main"))
		return getpid();
	return strcmp(who, "parent") ? 0 : getppid();
}

void script_put_tid(const struct fake_script *script, const struct fake_vm *vm, const char *kind,
                    int i, FILE *out)
{
	char who[32];
	const char *value;

	snprintf(who, sizeof(who), "%s/%d", kind, i);
	value = who;
	for (int k = 0; k < script->nr_tids; k++) {
		if (!strcmp(script->tid[k].step, who))
			value = script->tid[k].argument;
	}
	if (real_tid(vm, value))
		fprintf(out, "\"thread-id\": %d, ", (int)real_tid(vm, value));
	else if (strcmp(value, "missing"))
		fprintf(out, "\"thread-id\": %s, ", value);
}
