/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * shunt_reader (tp_btf/tcp_rcv_space_adjust): how does a program read its socket? The tracepoint fires in tcp_recvmsg_locked() and in tcp_splice_read(), under
 * the socket's lock, whenever TCP data was taken; the system call tells which. Fentry on tcp_splice_read() would be more direct but needs a trampoline,
 * which not every kernel grants. The node plugin attaches it only while a policy with `enrolment: Settled` is live.
 *
 * A splice reader of redirected data would wait for ever, so a connection is redirected to only after its reader was seen to use recv, and never if anybody
 * in its cgroup was seen to splice: HAProxy with splice-auto and Go's io.Copy read headers with recv and bodies with splice.
 */
#include "maps.h"
#include "account.h"
#include "pace.h"
#include "observe.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

SEC("tp_btf/tcp_rcv_space_adjust")
int BPF_PROG(shunt_reader, struct sock *sk)
{
	struct shunt_pair_key key = {};
	struct shunt_bond *bond;
	struct shunt_conn *c;
	struct pt_regs *regs;

	/* Every read of the machine comes by here; a socket that no program remembers anything of costs one load. */
	if (!sk->sk_bpf_storage)
		return 0;
	c = bpf_sk_storage_get(&shunt_conns, sk, NULL, 0);
	if (!c || (c->flags & SHUNT_CONN_SPLICED))
		return 0;
	regs = bpf_rdonly_cast((void *)bpf_task_pt_regs(bpf_get_current_task_btf()), bpf_core_type_id_kernel(struct pt_regs));
	if (SHUNT_SYSCALL_OF(regs) == SHUNT_NR_SPLICE) {
		__u64 cgroup = BPF_CORE_READ(sk, sk_cgrp_data.cgroup, kn, id), now = bpf_ktime_get_ns();

		c->flags |= SHUNT_CONN_SPLICED;
		shunt_note_obstacle(c, (__u64)sk, SHUNT_SPLICE_USER);
		bpf_map_update_elem(&shunt_splicers, &cgroup, &now, BPF_ANY);
		shunt_call_conductor((__u64)sk); /* whoever of that cgroup is enrolled already shall leave */
		return 0;
	}
	if ((c->flags & SHUNT_CONN_SLOW) && c->state == SHUNT_STATE_WATCHED) {
		struct tcp_sock *tp = bpf_rdonly_cast(sk, bpf_core_type_id_kernel(struct tcp_sock));

		if (shunt_slow_reads(c, tp->write_seq))
			shunt_call_conductor((__u64)sk);
	}
	if (c->flags & SHUNT_CONN_READS)
		return 0;
	key.client_isn = c->client_isn;
	key.server_isn = c->server_isn;
	bond = bpf_map_lookup_elem(&shunt_bonds, &key);
	if (!bond || (c->flags & SHUNT_CONN_STRAY))
		return 0;
	c->flags |= SHUNT_CONN_READS;
	bond->ends[c->flags & SHUNT_CONN_CLIENT ? SHUNT_CLIENT : SHUNT_SERVER].flags |= SHUNT_END_READS;
	return 0;
}
