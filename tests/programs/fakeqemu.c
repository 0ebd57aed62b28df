/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fakeqemu.c - argv, threads and the QMP loop of a QEMU without a guest.  The script is described in fakeqemu.h. */
#include "fakeqemu.h"

#include <json-c/json.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"

#define LIFE_MAX_S 120

static struct fake_script script;
static struct fake_vm vm = { .fd = -1, .console_fd = -1, .status = "running" };
static sem_t thread_is_there;

void vm_send(struct fake_vm *to, const char *text, size_t len)
{
	while (len && to->fd >= 0) {
		ssize_t n = send(to->fd, text, len, MSG_NOSIGNAL);

		if (n < 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

void vm_event(struct fake_vm *to, const char *name, const char *data)
{
	CLEANUP(str_free) char *line = NULL;
	struct timespec now;
	int len;

	clock_gettime(CLOCK_REALTIME, &now);
	len = asprintf(&line,
	               "{\"timestamp\": {\"seconds\": %ld, \"microseconds\": %ld}, \"event\": "
	               "\"%s\"%s%s}\r\n",
	               now.tv_sec, now.tv_nsec / 1000, name, data ? ", \"data\": " : "",
	               data ? data : "");
	if (len > 0)
		vm_send(to, line, (size_t)len);
}

static _Noreturn void shut_down(const char *reason)
{
	char data[96];

	snprintf(data, sizeof(data), "{\"guest\": false, \"reason\": \"%s\"}", reason);
	vm_event(&vm, "SHUTDOWN", data);
	_exit(0);
}

/* "id=io0,poll-max-ns=5" or {"id": "io0"}: the value of one key. */
static bool option(const char *text, const char *key, char *ret, size_t size)
{
	size_t len = strlen(key);

	if (text[0] == '{') {
		struct json_object *o = json_tokener_parse(text), *value = NULL;

		if (json_object_object_get_ex(o, key, &value))
			snprintf(ret, size, "%s", json_object_get_string(value));
		json_object_put(o);
		return value;
	}
	for (const char *at = text; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (!strncmp(at, key, len) && at[len] == '=') {
			snprintf(ret, size, "%.*s", (int)strcspn(at + len + 1, ","), at + len + 1);
			return true;
		}
	}
	return false;
}

/* Is the first word of text, or the value of key, this? */
static bool is_type(const char *text, const char *key, const char *type)
{
	char value[64] = "";

	if (!option(text, key, value, sizeof(value)))
		snprintf(value, sizeof(value), "%.*s", (int)strcspn(text, ","), text);
	return !strcmp(value, type);
}

static void take_object(const char *text)
{
	struct fake_thread *thread = &vm.iothread[vm.nr_iothreads];
	char value[32] = "32768";

	if (!is_type(text, "qom-type", "iothread") || vm.nr_iothreads == 64)
		return;
	option(text, "poll-max-ns", value, sizeof(value));
	thread->poll_max_ns = strtol(value, NULL, 10);
	vm.nr_iothreads += option(text, "id", thread->id, sizeof(thread->id));
}

static void take_device(const char *text)
{
	if (is_type(text, "driver", "virtio-blk-pci") && vm.nr_disks < 32)
		vm.nr_disks += option(text, "id", vm.disk[vm.nr_disks], sizeof(vm.disk[0]));
}

static void take_smp(const char *text)
{
	char value[16] = "";

	if (!option(text, "cpus", value, sizeof(value)))
		snprintf(value, sizeof(value), "%s", text);
	vm.nr_vcpus = (int)strtol(value, NULL, 10);
}

static void take_machine(const char *text)
{
	char accel[16] = "";

	vm.has_machine = strcmp(text, "none");
	if (option(text, "accel", accel, sizeof(accel)))
		vm.kvm = !strcmp(accel, "kvm");
}

/* The fd of a socket chardev; -mon and -serial name it by id, and either may come first. */
static void find_fd(char **argv, const char *id, int *ret)
{
	for (char **word = argv; word[0] && word[1]; word++) {
		char have[64] = "", fd[16] = "";

		if (!strcmp(*word, "-chardev") && is_type(word[1], "backend", "socket") &&
		    option(word[1], "id", have, sizeof(have)) && !strcmp(have, id) &&
		    option(word[1], "fd", fd, sizeof(fd)))
			*ret = (int)strtol(fd, NULL, 10);
	}
}

static void answer_help(char **argv)
{
	const char *what = argv[1] && argv[1][0] != '-' ? argv[1] : "";

	if (!strcmp(argv[0], "-version") || !strcmp(argv[0], "--version"))
		puts("QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)\n"
		     "Copyright (c) 2003-2022 Fabrice Bellard and the QEMU Project developers");
	else if (strcmp(what, "help"))
		return;
	else if (!strcmp(argv[0], "-accel"))
		puts("Accelerators supported in QEMU binary:\ntcg\nkvm");
	else if (!strcmp(argv[0], "-device"))
		puts("Storage devices:\nname \"virtio-blk-pci\", bus PCI, alias \"virtio-blk\"");
	else if (!strcmp(argv[0], "-M") || !strcmp(argv[0], "-machine"))
		puts("Supported machines are:\nnone                 empty machine\n"
		     "q35                  Standard PC (Q35 + ICH9, 2009) (alias of pc-q35-7.2)");
	else if (!strcmp(argv[0], "-cpu"))
		puts("Available CPUs:\nx86 host\nx86 max\nx86 qemu64");
	exit(0);
}

static void read_argv(char **argv)
{
	vm.has_machine = true;
	vm.nr_vcpus = 1;
	for (char **word = argv + 1; *word; word++) {
		const char *value = word[1] ? word[1] : "";
		char id[64] = "";

		answer_help(word);
		if (!strcmp(*word, "-S"))
			vm.status = "prelaunch";
		else if (!strcmp(*word, "-no-shutdown"))
			vm.no_shutdown = true;
		else if (!strcmp(*word, "-smp"))
			take_smp(value);
		else if (!strcmp(*word, "-M") || !strcmp(*word, "-machine"))
			take_machine(value);
		else if (!strcmp(*word, "-accel"))
			vm.kvm = is_type(value, "accel", "kvm");
		else if (!strcmp(*word, "-object"))
			take_object(value);
		else if (!strcmp(*word, "-device"))
			take_device(value);
		else if (!strcmp(*word, "-mon") && option(value, "chardev", id, sizeof(id)))
			find_fd(argv + 1, id, &vm.fd);
		else if (!strcmp(*word, "-serial") && !strncmp(value, "chardev:", 8))
			find_fd(argv + 1, value + 8, &vm.console_fd);
	}
	vm.nr_vcpus = vm.has_machine ? vm.nr_vcpus : 0;
	if (script.vcpus >= 0)
		vm.nr_vcpus = script.vcpus;
	while (vm.nr_iothreads < script.iothreads) {
		snprintf(vm.iothread[vm.nr_iothreads].id, 64, "extra%d", vm.nr_iothreads);
		vm.nr_iothreads++;
	}
	if (script.iothreads >= 0)
		vm.nr_iothreads = script.iothreads;
}

static _Noreturn void *live(void *arg)
{
	struct fake_thread *thread = arg;

	thread->tid = gettid();
	sem_post(&thread_is_there);
	for (;;)
		pause();
}

/* QEMU's own way to go: an event, and rc 0. */
static _Noreturn void *watch_term(void *arg)
{
	sigset_t *term = arg;
	int signal;

	sem_post(&thread_is_there);
	sigwait(term, &signal);
	shut_down("host-signal");
}

static void start_thread(void *(*run)(void *), void *arg, const char *name)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run, arg))
		_exit(1);
	pthread_setname_np(thread, name);
	while (sem_wait(&thread_is_there))
		;
}

static void start_threads(sigset_t *term)
{
	char name[16];

	sem_init(&thread_is_there, 0, 0);
	start_thread(watch_term, term, "call_rcu");
	for (int i = 0; i < vm.nr_iothreads; i++) {
		snprintf(name, sizeof(name), "IO %.12s", vm.iothread[i].id);
		start_thread(live, &vm.iothread[i], name);
	}
	for (int i = 0; i < vm.nr_vcpus && i < FAKE_THREADS_MAX; i++) {
		snprintf(name, sizeof(name), "CPU %d/%s", i, vm.kvm ? "KVM" : "TCG");
		start_thread(live, &vm.vcpu[i], name);
	}
}

static void after_reply(const char *command)
{
	if (!strcmp(command, "quit"))
		shut_down("host-qmp-quit");
	if (strcmp(command, "system_powerdown") || vm.presses <= script.ignore_powerdown ||
	    strcmp(vm.status, "running"))
		return;
	vm_event(&vm, "POWERDOWN", NULL);
	vm_event(&vm, "SHUTDOWN", "{\"guest\": true, \"reason\": \"guest-shutdown\"}");
	if (!vm.no_shutdown)
		_exit(0);
	vm.status = "shutdown";
	vm_event(&vm, "STOP", NULL);
}

static void reply_to(const char *command, const char *arguments, const char *id)
{
	CLEANUP(str_free) char *line = NULL;
	const char *error = NULL;
	enum fake_reply how = script_step(&script, &vm, command, "", &error);
	size_t len = 0;
	FILE *out;

	if (how == REPLY_NONE)
		return;
	out = open_memstream(&line, &len);
	fputc('{', out);
	if (how == REPLY_ERROR)
		fprintf(out, "\"error\": {\"class\": \"GenericError\", \"desc\": \"%s\"}", error);
	else
		answer_command(&script, &vm, command, arguments, out);
	fprintf(out, "%s%s}\r\n", id ? ", \"id\": " : "", id ? id : "");
	fclose(out);
	vm_send(&vm, line, how == REPLY_HALF ? len / 2 : len);
	if (how == REPLY_HALF)
		shutdown(vm.fd, SHUT_RDWR);
	script_step(&script, &vm, command, "+", &error);
	after_reply(command);
}

static void serve(void)
{
	CLEANUP(file_close) FILE *in = fdopen(dup(vm.fd), "r");
	CLEANUP(str_free) char *line = NULL;
	size_t size = 0;

	while (in && getline(&line, &size, in) > 0) {
		struct json_object *o = json_tokener_parse(line), *command = NULL, *id = NULL;
		struct json_object *arguments = NULL;

		json_object_object_get_ex(o, "execute", &command);
		json_object_object_get_ex(o, "arguments", &arguments);
		if (command)
			reply_to(json_object_get_string(command),
			         arguments ? json_object_to_json_string(arguments) : "{}",
			         json_object_object_get_ex(o, "id", &id)
			                 ? json_object_to_json_string(id)
			                 : NULL);
		json_object_put(o);
	}
}

int main(int argc, char **argv)
{
	char greeting[256];
	const char *error;
	sigset_t term;

	alarm(LIFE_MAX_S);
	script_read(&script);
	if (argc > 1)
		read_argv(argv);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &term, NULL);
	if (script.ignore_term)
		sigemptyset(&term);
	start_threads(&term);
	script_step(&script, &vm, "start", "", &error);
	snprintf(
	        greeting, sizeof(greeting),
	        "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 22, \"minor\": 2, \"major\": %d}, "
	        "\"package\": \"Debian 1:7.2+dfsg-7+deb12u18+b3\"}, \"capabilities\": [\"oob\"]}}\r\n",
	        script.major);
	if (vm.fd >= 0) {
		script_step(&script, &vm, "greeting", "", &error);
		vm_send(&vm, greeting, strlen(greeting));
		serve();
	}
	for (;;) /* a QEMU without its monitor lives on */
		pause();
}
