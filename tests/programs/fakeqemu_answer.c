/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fakeqemu_answer.c - what QEMU 7.2.22 answers, field by field and in its order. */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "fakeqemu.h"

struct ask {
	const struct fake_script *script;
	struct fake_vm *vm;
	const char *arguments; /* JSON text */
	FILE *out;
};

static void put_error(FILE *out, const char *class, const char *desc)
{
	fprintf(out, "\"error\": {\"class\": \"%s\", \"desc\": \"%s\"}", class, desc);
}

static void put_version(struct ask *ask)
{
	fputs("\"return\": {\"qemu\": {\"micro\": 22, \"minor\": 2, \"major\": 7}, \"package\": "
	      "\"Debian 1:7.2+dfsg-7+deb12u18+b3\"}",
	      ask->out);
}

static void put_target(struct ask *ask)
{
	fputs("\"return\": {\"arch\": \"x86_64\"}", ask->out);
}

static void put_status(struct ask *ask)
{
	fprintf(ask->out,
	        "\"return\": {\"status\": \"%s\", \"singlestep\": false, \"running\": %s}",
	        ask->vm->status, strcmp(ask->vm->status, "running") ? "false" : "true");
}

static void put_cpus(struct ask *ask)
{
	fputs("\"return\": [", ask->out);
	for (int i = 0; i < ask->vm->nr_vcpus; i++) {
		fputs(i ? ", {" : "{", ask->out);
		script_put_tid(ask->script, ask->vm, "vcpu", i, ask->out);
		fprintf(ask->out,
		        "\"props\": {\"core-id\": %d, \"thread-id\": 0, \"socket-id\": 0}, "
		        "\"qom-path\": \"/machine/unattached/device[%d]\", \"cpu-index\": %d, "
		        "\"target\": \"x86_64\"}",
		        i, 2 * i, i);
	}
	fputs("]", ask->out);
}

/* QEMU lists them in another order than they were asked for. */
static void put_iothreads(struct ask *ask)
{
	fputs("\"return\": [", ask->out);
	for (int i = ask->vm->nr_iothreads - 1; i >= 0; i--) {
		fputs("{\"poll-shrink\": 0, ", ask->out);
		script_put_tid(ask->script, ask->vm, "iothread", i, ask->out);
		fprintf(ask->out,
		        "\"aio-max-batch\": 0, \"poll-grow\": 0, \"poll-max-ns\": %ld, \"id\": "
		        "\"%s\"}%s",
		        ask->vm->iothread[i].poll_max_ns, ask->vm->iothread[i].id, i ? ", " : "");
	}
	fputs("]", ask->out);
}

static void put_kvm(struct ask *ask)
{
	fprintf(ask->out, "\"return\": {\"enabled\": %s, \"present\": true}",
	        ask->vm->kvm ? "true" : "false");
}

/* One counter of each kind; the vCPUs in reverse. */
static void put_stats(struct ask *ask)
{
	int asked = ask->vm->stats_asked++;

	fputs("\"return\": [", ask->out);
	for (int i = ask->vm->kvm ? ask->vm->nr_vcpus - 1 : -1; i >= 0; i--)
		fprintf(ask->out,
		        "{\"provider\": \"kvm\", \"stats\": [{\"name\": \"guest_mode\", \"value\": "
		        "false}, {\"name\": \"io_exits\", \"value\": %d}, {\"name\": \"exits\", "
		        "\"value\": %d}, {\"name\": \"halt_exits\", \"value\": 0}, {\"name\": "
		        "\"halt_wait_hist\", \"value\": [0, 1, 2]}, {\"name\": \"halt_wait_ns\", "
		        "\"value\": %d}, {\"name\": \"halt_poll_fail_ns\", \"value\": 0}, {\"name\": "
		        "\"halt_poll_success_ns\", \"value\": 0}], \"qom-path\": "
		        "\"/machine/unattached/device[%d]\"}%s",
		        asked * ask->script->exits / 2, asked * ask->script->exits, asked * 1000000,
		        2 * i, i ? ", " : "");
	fputs("]", ask->out);
}

static void put_schemas(struct ask *ask)
{
	static const char seconds[] = "\"unit\": \"seconds\", \"base\": 10, \"exponent\": -9";

	if (!ask->vm->kvm) {
		fputs("\"return\": []", ask->out);
		return;
	}
	fputs("\"return\": [{\"provider\": \"kvm\", \"stats\": [{\"name\": \"guest_mode\", \"unit\": "
	      "\"boolean\", \"exponent\": 0, \"type\": \"instant\"}, {\"name\": \"io_exits\", "
	      "\"exponent\": 0, \"type\": \"cumulative\"}, {\"name\": \"exits\", \"exponent\": 0, "
	      "\"type\": \"cumulative\"}, {\"name\": \"halt_exits\", \"exponent\": 0, \"type\": "
	      "\"cumulative\"}",
	      ask->out);
	fprintf(ask->out, ", {\"name\": \"halt_wait_hist\", %s, \"type\": \"log2-histogram\"}",
	        seconds);
	fprintf(ask->out, ", {\"name\": \"halt_wait_ns\", %s, \"type\": \"cumulative\"}", seconds);
	fprintf(ask->out, ", {\"name\": \"halt_poll_fail_ns\", %s, \"type\": \"cumulative\"}",
	        seconds);
	fprintf(ask->out, ", {\"name\": \"halt_poll_success_ns\", %s, \"type\": \"cumulative\"}",
	        seconds);
	fputs("], \"target\": \"vcpu\"}]", ask->out);
}

static void put_blocks(struct ask *ask)
{
	fputs("\"return\": [", ask->out);
	for (int i = 0; i < ask->vm->nr_disks; i++)
		fprintf(ask->out,
		        "%s{\"device\": \"\", \"stats\": {\"flush_operations\": 0, \"wr_bytes\": 0, "
		        "\"timed_stats\": [], \"wr_operations\": 0, \"account_failed\": true, "
		        "\"rd_bytes\": 0, \"rd_operations\": 0}, \"node-name\": \"%s\", \"qdev\": "
		        "\"/machine/peripheral/%s/virtio-backend\"}",
		        i ? ", " : "", ask->vm->disk[i], ask->vm->disk[i]);
	fputs("]", ask->out);
}

static void put_schema(struct ask *ask)
{
	fputs("\"return\": [{\"name\": \"245\", \"meta-type\": \"enum\", \"members\": [{\"name\": "
	      "\"threads\"}, {\"name\": \"native\"}, {\"name\": \"io_uring\"}], \"values\": "
	      "[\"threads\", \"native\", \"io_uring\"]}]",
	      ask->out);
}

static void do_nothing(struct ask *ask)
{
	fputs("\"return\": {}", ask->out);
}

static void do_cont(struct ask *ask)
{
	ask->vm->status = "running";
	vm_event(ask->vm, "RESUME", NULL);
	do_nothing(ask);
}

static void do_stop(struct ask *ask)
{
	ask->vm->status = "paused";
	vm_event(ask->vm, "STOP", NULL);
	do_nothing(ask);
}

static void do_powerdown(struct ask *ask)
{
	ask->vm->presses++;
	do_nothing(ask);
}

/* {"path": "/objects/ID", "property": "poll-max-ns", "value": N} */
static void do_qom_set(struct ask *ask)
{
	struct json_object *o = json_tokener_parse(ask->arguments);
	const char *path = json_object_get_string(json_object_object_get(o, "path"));
	struct fake_thread *found = NULL;

	for (int i = 0; i < ask->vm->nr_iothreads; i++) {
		if (path && !strncmp(path, "/objects/", 9) &&
		    !strcmp(path + 9, ask->vm->iothread[i].id))
			found = &ask->vm->iothread[i];
	}
	if (found) {
		found->poll_max_ns = json_object_get_int64(json_object_object_get(o, "value"));
		do_nothing(ask);
	} else {
		put_error(ask->out, "DeviceNotFound", "Device not found");
	}
	json_object_put(o);
}

static void put_commands(struct ask *ask);

static const struct {
	const char *name;
	void (*put)(struct ask *ask);
} commands[] = {
	{ "query-version", put_version },
	{ "query-target", put_target },
	{ "query-status", put_status },
	{ "query-cpus-fast", put_cpus },
	{ "query-iothreads", put_iothreads },
	{ "query-kvm", put_kvm },
	{ "query-stats", put_stats },
	{ "query-stats-schemas", put_schemas },
	{ "query-blockstats", put_blocks },
	{ "query-commands", put_commands },
	{ "query-qmp-schema", put_schema },
	{ "cont", do_cont },
	{ "stop", do_stop },
	{ "system_powerdown", do_powerdown },
	{ "qom-set", do_qom_set },
	{ "set-action", do_nothing },
	{ "quit", do_nothing },
};

static void put_commands(struct ask *ask)
{
	fputs("\"return\": [{\"name\": \"qmp_capabilities\"}", ask->out);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(ask->out, ", {\"name\": \"%s\"}", commands[i].name);
	fputs("]", ask->out);
}

static void negotiate(struct ask *ask)
{
	if (ask->vm->negotiated)
		put_error(ask->out, "CommandNotFound",
		          "Capabilities negotiation is already complete, command ignored");
	else
		do_nothing(ask);
	ask->vm->negotiated = true;
}

bool answer_command(const struct fake_script *script, struct fake_vm *vm, const char *command,
                    const char *arguments, FILE *out)
{
	struct ask ask = { script, vm, arguments, out };

	if (!strcmp(command, "qmp_capabilities")) {
		negotiate(&ask);
		return true;
	}
	for (size_t i = 0; vm->negotiated && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(command, commands[i].name))
			continue;
		commands[i].put(&ask);
		return true;
	}
	put_error(out, "CommandNotFound",
	          vm->negotiated ? "The command has not been found"
	                         : "Expecting capabilities negotiation with 'qmp_capabilities'");
	return false;
}
