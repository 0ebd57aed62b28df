/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fakeqemu.h - a QEMU without a guest, which behaves like 7.2.22 or, by a script, misbehaves.
 *
 * The script is the file named by $FAKEQEMU_SCRIPT, else PROGRAM.script or fakeqemu.script beside the program (its
 * folder as /proc/self/exe gives it: copy the program, a symbolic link will not do).  No script: honest.  Lines:
 *
 *   at STEP ACTION [ARGUMENT]   STEP: start (threads exist), greeting (before it), COMMAND (before its reply) or
 *                               COMMAND+ (after it).  Actions of one step are done in the order of their lines:
 *       stderr TEXT   delay MS   stop (SIGSTOP)   exit N   signal N (kills itself)   hangup (and lives on)
 *       console TEXT (a line of the guest's)
 *       flood N (events)   raw TEXT (a line)   silent (no reply)   half (of the reply, then hangup)   error TEXT
 *   tid WHO VALUE               WHO: vcpu/N, iothread/N.  VALUE: missing, main, parent (who started us), vcpu/N,
 *                               iothread/N, or any JSON text: 0, null, "x", 1.5, 1099511627776, a foreign pid
 *   vcpus N, iothreads N        lists so many, whatever was asked for (all are real threads)
 *   ignore term                 SIGTERM does nothing
 *   ignore powerdown N          the first N presses do nothing
 *   major N                     the version is N.2.22
 *   exits N                     KVM exits that each further query-stats adds to a vCPU (1000)
 *
 * "#" starts a comment.  A line that is none of these ends it with 125.  It never lives longer than two minutes.
 */
#ifndef TESTS_FAKEQEMU_H
#define TESTS_FAKEQEMU_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#define FAKE_THREADS_MAX 300
#define FAKE_RULES_MAX   64

struct fake_thread {
	pid_t tid;
	char id[64]; /* of an iothread, as asked for */
	long poll_max_ns;
};

struct fake_vm {
	int fd, console_fd; /* QMP, serial port; -1: none */
	bool kvm, no_shutdown, has_machine;
	const char *status;
	int nr_vcpus, nr_iothreads, nr_disks;
	struct fake_thread vcpu[FAKE_THREADS_MAX], iothread[FAKE_THREADS_MAX];
	char disk[32][64];
	bool negotiated;
	int presses, stats_asked;
};

struct fake_rule {
	char step[48], action[16], argument[256];
};

struct fake_script {
	struct fake_rule rule[FAKE_RULES_MAX],
	        tid[FAKE_RULES_MAX]; /* tid: step is WHO, argument VALUE */
	int nr_rules, nr_tids;
	int vcpus, iothreads; /* -1: honest */
	bool ignore_term;
	int ignore_powerdown, exits, major;
};

/* What the script makes of the reply to one command. */
enum fake_reply { REPLY_WHOLE, REPLY_NONE, REPLY_HALF, REPLY_ERROR };

/* fakeqemu_script.c */
void script_read(struct fake_script *script);
enum fake_reply script_step(const struct fake_script *script, struct fake_vm *vm, const char *step,
                            const char *suffix, const char **ret_error);
/* Writes `"thread-id": ..., ` as the script wants it. */
void script_put_tid(const struct fake_script *script, const struct fake_vm *vm, const char *kind,
                    int i, FILE *out);

/* fakeqemu_answer.c: writes the members of the reply ("return": ...); false: no such command */
bool answer_command(const struct fake_script *script, struct fake_vm *vm, const char *command,
                    const char *arguments, FILE *out);

/* fakeqemu.c */
void vm_send(struct fake_vm *vm, const char *text, size_t len);
void vm_event(struct fake_vm *vm, const char *name, const char *data);

#endif
