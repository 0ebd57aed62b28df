/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exits.bpf.c - why the target's vCPUs left the guest and how long until they were back, summed up in the kernel.
 *
 * From kvm_exit to kvm_entry of the same thread, as `perf kvm stat` counts it.  The tracepoint itself does not carry
 * the reason since Linux 5.17: it is where the hardware left it, in the vendor module's part of the vCPU.
 */
#include "maps.bpf.h"

#define ISA_VMX 1
#define ISA_SVM 2

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, DEEP_EXITS);
	__type(key, struct deep_exit_key);
	__type(value, struct deep_exit);
} exits SEC(".maps");

static const struct deep_exit new_exit;

/* Only the types that this kernel has survive libbpf's relocation; the rest is dead code to the verifier. */
static __always_inline unsigned int read_reason(void *vcpu, unsigned int isa)
{
	struct vcpu_vmx___shared *shared = vcpu;
	struct vcpu_svm *svm = vcpu;
	struct vcpu_vmx *vmx = vcpu;

	if (isa == ISA_SVM && bpf_core_field_exists(svm->vmcb))
		return BPF_CORE_READ(svm, vmcb, control.exit_code);
	if (isa == ISA_VMX && bpf_core_field_exists(vmx->exit_reason))
		return BPF_CORE_READ(vmx, exit_reason.full) & 0xffff; /* above: flags */
	if (isa == ISA_VMX && bpf_core_field_exists(shared->vt))
		return BPF_CORE_READ(shared, vt.exit_reason.full) & 0xffff;
	return ~0u;
}

static __always_inline struct deep_control *get_control_of_target(unsigned long long task)
{
	struct deep_control *c = get_control();

	return c && task >> 32 == c->tgid ? c : 0;
}

SEC("tp_btf/kvm_exit")
int BPF_PROG(on_exit, void *vcpu, unsigned int isa)
{
	unsigned long long task = bpf_get_current_pid_tgid();
	struct deep_control *c = get_control_of_target(task);
	struct deep_thread *thread;

	if (!c)
		return 0;
	thread = find_thread(c, task);
	if (!thread)
		return 0;
	thread->exit_isa = isa;
	thread->exit_reason = read_reason(vcpu, isa);
	thread->exit_ns = bpf_ktime_get_ns();
	thread->asleep_ns = 0;
	return 0;
}

static __always_inline struct deep_exit *find_exit(const struct deep_exit_key *key)
{
	struct deep_exit *found = bpf_map_lookup_elem(&exits, key);

	if (found)
		return found;
	bpf_map_update_elem(&exits, key, &new_exit, BPF_NOEXIST);
	return bpf_map_lookup_elem(&exits, key);
}

SEC("tp_btf/kvm_entry")
int on_entry(void *ctx)
{
	unsigned long long task = bpf_get_current_pid_tgid(), began, ns;
	struct deep_control *c = get_control_of_target(task);
	unsigned int tid = task;
	struct deep_thread *thread = c ? known_thread(tid) : 0;
	struct deep_exit_key key = { .tid = tid };
	struct deep_exit *found;

	if (!thread || !thread->exit_ns)
		return 0;
	began = thread->exit_ns < c->start_ns ? c->start_ns : thread->exit_ns;
	ns = bpf_ktime_get_ns() - began;
	key.isa = thread->exit_isa;
	key.reason = thread->exit_reason;
	thread->exit_ns = 0;
	found = find_exit(&key);
	if (!found) {
		__sync_fetch_and_add(&c->lost_exits, 1);
		return 0;
	}
	found->count++;
	found->ns += ns;
	if (ns > found->max_ns)
		found->max_ns = ns;
	hist_count(&found->time, bucket_of(ns));
	return 0;
}

/*
 * A halt is over: what the vCPU slept since it left the guest, it slept in here.  block_ns holds the polling before the
 * sleep too, and is the most that it can be.  It does not say when the sleep began: it was taken a moment before now.
 */
SEC("tp_btf/kvm_vcpu_wakeup")
int BPF_PROG(on_halt_end, unsigned long long block_ns)
{
	unsigned long long task = bpf_get_current_pid_tgid(), asleep;
	struct deep_control *c = get_control_of_target(task);
	struct deep_thread *thread = c ? find_thread(c, task) : 0;

	if (!thread)
		return 0;
	asleep = thread->asleep_ns < block_ns ? thread->asleep_ns : block_ns;
	if (asleep > thread->sums.off_ns[DEEP_OTHER])
		asleep = thread->sums.off_ns[DEEP_OTHER];
	thread->sums.off_ns[DEEP_OTHER] -= asleep;
	thread->sums.off_ns[DEEP_HALTED] += asleep;
	thread->asleep_ns = 0;
	return 0;
}
