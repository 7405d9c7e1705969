/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * shunt_reader (tp_btf/tcp_rcv_space_adjust) and shunt_sender (tp_btf/tcp_sendmsg_locked, from 6.16): which program uses a socket? Both tracepoints fire in the program's
 * context, under the socket's lock, for what goes by TCP; the first also for each recv in shunt_pollers (tcp_bpf_recvmsg_parser()). The node plugin attaches them only while a
 * policy with `enrolment: Settled` is live. Without shunt_sender an end that only ever sends stays unknown, and its connection by TCP.
 *
 * tcp_rcv_space_adjust fires in tcp_splice_read() as well: a second look at programs that were thought never to splice.
 */
#include "maps.h"
#include "account.h"
#include "calm.h"
#include "hasty.h"
#include "observe.h"
#include "passing.h"
#include "program.h"
#include "proof.h"
#include "slow.h"
#include "young.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

/* Is its program what the conductor waits for? Not of a connection with a remote peer, nor one that it will come to anyway, nor where the policy's owner vouches for the program. */
static __always_inline bool shunt_is_awaited(const struct shunt_conn *c)
{
	struct shunt_pair_key key = { .client_isn = c->client_isn, .server_isn = c->server_isn };
	__u32 zero = 0;
	struct shunt_config *config = bpf_map_lookup_elem(&shunt_config, &zero);

	if (!config || (c->flags & (SHUNT_CONN_STRAY | SHUNT_CONN_WANTS_HANDSHAKE)) || shunt_is_expected(c, bpf_ktime_get_ns(), config->settle_ns))
		return false;
	return bpf_map_lookup_elem(&shunt_bonds, &key);
}

/* What it sends is lent instead of copied (io_uring), or comes with control messages: tcp_bpf_sendmsg() looks at neither. */
static __always_inline bool shunt_is_sent_unusually(const struct msghdr *m)
{
	return m->msg_controllen || (bpf_core_field_exists(m->msg_ubuf) && m->msg_ubuf);
}

/* sent: NULL of a program that reads */
static __always_inline int shunt_see(const struct sock *sk, const struct msghdr *sent)
{
	enum shunt_call call = SHUNT_CALL_OTHER;
	bool reading = !sent;
	struct shunt_conn *c;
	struct tcp_sock *tp;

	/* Every read and write of the machine comes by here; a socket that no program remembers anything of costs two loads. */
	tp = bpf_rdonly_cast(sk, bpf_core_type_id_kernel(struct tcp_sock));
	if (!sk->sk_bpf_storage) {
		if (shunt_wants_program(tp))
			shunt_note_passing_program(tp, reading ? shunt_reading_call() == SHUNT_CALL_READ : !shunt_is_sent_unusually(sent));
		return 0;
	}
	if (!reading && shunt_is_program_known(tp) && !shunt_is_sent_unusually(sent))
		return 0;
	c = bpf_sk_storage_get(&shunt_conns, (void *)sk, NULL, 0);
	if (!c || (c->flags & SHUNT_CONN_SPLICED))
		return 0;
	if (reading)
		call = shunt_reading_call();
	if (call == SHUNT_CALL_SPLICE) {
		__u64 cgroup = BPF_CORE_READ(sk, sk_cgrp_data.cgroup, kn, id), now = bpf_ktime_get_ns();

		c->flags |= SHUNT_CONN_SPLICED;
		shunt_note_obstacle(c, (__u64)sk, SHUNT_SPLICE_USER);
		bpf_map_update_elem(&shunt_splicers, &cgroup, &now, BPF_ANY);
		shunt_alarm();
		shunt_call_conductor((__u64)sk); /* whoever of that cgroup is enrolled already shall leave */
		return 0;
	}
	if ((reading ? call == SHUNT_CALL_UNUSUAL : shunt_is_sent_unusually(sent)) && !(c->flags & SHUNT_CONN_UNUSUAL)) {
		c->flags |= SHUNT_CONN_UNUSUAL;
		shunt_note_obstacle(c, (__u64)sk, SHUNT_SOCKET_OPTION);
		if (c->state == SHUNT_STATE_ENROLLED) {
			shunt_alarm();
			shunt_hurry_conductor((__u64)sk);
		}
	}
	if (call == SHUNT_CALL_WAITS_FOR_ALL)
		c->flags |= SHUNT_CONN_WAITS_FOR_ALL;
	if (call == SHUNT_CALL_READ && c->state != SHUNT_STATE_WATCHED && !(c->flags & SHUNT_CONN_POLLER))
		shunt_prove_read(c, tp);
	if (reading && (c->flags & SHUNT_CONN_SLOW) && c->state == SHUNT_STATE_WATCHED && shunt_slow_reads(c, tp->write_seq))
		shunt_call_conductor((__u64)sk);
	if (!c->program.id) {
		shunt_note_program(&c->program);
		if (shunt_is_awaited(c))
			shunt_call_conductor((__u64)sk);
	}
	return 0;
}

SEC("tp_btf/tcp_rcv_space_adjust")
int BPF_PROG(shunt_reader, struct sock *sk)
{
	return shunt_see(sk, NULL);
}

SEC("tp_btf/tcp_sendmsg_locked")
int BPF_PROG(shunt_sender, const struct sock *sk, const struct msghdr *sent)
{
	return shunt_see(sk, sent);
}
