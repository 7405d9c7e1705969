/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * shunt_seen_send, shunt_seen_recv (tp_btf/sock_send_length, sock_recv_length; from 6.3): one event for every call, with its length or error and its flags.
 * They run in the caller's context outside the socket's lock. The node plugin attaches them only while a policy with `mode: Observe` is live, since they see every
 * socket of the host; one that no policy matches costs a look at its storage.
 *
 * A splice from a socket does not pass here but tcp_rcv_space_adjust, where shunt_reader sees it.
 */
#include "observe.h"
#include "row.h"
#include <bpf/bpf_tracing.h>

#define MSG_PEEK 0x2
#define MSG_DONTWAIT 0x40
#define EINTR 4
#define ERESTARTSYS 512            /* include/linux/errno.h: what EINTR is before the signal's handler decides about a restart */

static __always_inline __u32 shunt_size_class(__u32 bytes)
{
	return bytes <= 256 ? 0 : bytes <= 2048 ? 1 : bytes <= 8192 ? 2 : bytes <= 32768 ? 3 : bytes <= 131072 ? 4 : 5;
}

/* The observation of a socket that is observed, after a look at how its program uses it. */
static __always_inline struct shunt_observation *shunt_observe_call(struct sock *sk, int flags)
{
	struct shunt_conn *c = bpf_sk_storage_get(&shunt_conns, sk, NULL, 0);
	struct shunt_observation *o;
	struct tcp_sock *tp;
	__u32 seen;

	if (!c || !shunt_is_observed(c))
		return NULL;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp)
		return NULL;
	o = shunt_observation_of(c, (__u64)sk);
	if (!o)
		return NULL;
	shunt_look_for_peer(c, o);
	shunt_observe_fitness(o, c, sk, tp);
	seen = shunt_is_nonblocking(sk) || (flags & MSG_DONTWAIT) ? SHUNT_SEEN_NONBLOCKING : SHUNT_SEEN_BLOCKING;
	if (!(o->seen & seen))
		__sync_fetch_and_or(&o->seen, seen);
	return o;
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(shunt_seen_send, struct sock *sk, int result, int flags)
{
	struct shunt_observation *o = shunt_observe_call(sk, flags);
	__u32 class;

	if (!o || result <= 0)
		return 0;
	class = shunt_size_class(result);
	if (class >= SHUNT_SIZES)
		return 0;
	if (o->seen & SHUNT_SEEN_RECEIVED_LAST) {
		__sync_fetch_and_and(&o->seen, ~SHUNT_SEEN_RECEIVED_LAST);
		__sync_fetch_and_add(&o->traffic.replies[class], 1);
	} else if (!o->traffic.receives && !o->traffic.sent_bytes) {
		__sync_fetch_and_add(&o->traffic.replies[class], 1); /* the first request */
	} else {
		__sync_fetch_and_add(&o->traffic.streamed[class], 1);
	}
	__sync_fetch_and_add(&o->traffic.sent_bytes, (__u64)(__u32)result);
	return 0;
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(shunt_seen_recv, struct sock *sk, int result, int flags)
{
	struct shunt_observation *o = shunt_observe_call(sk, flags);

	if (!o || (flags & MSG_PEEK))
		return 0;
	if (flags & MSG_WAITALL)
		__sync_fetch_and_or(&o->seen, SHUNT_SEEN_WAIT_ALL);
	if (result == -ERESTARTSYS || result == -EINTR)
		__sync_fetch_and_or(&o->seen, SHUNT_SEEN_SIGNAL);
	if (result <= 0)
		return 0;
	if (!(o->seen & SHUNT_SEEN_RECEIVED_LAST))
		__sync_fetch_and_or(&o->seen, SHUNT_SEEN_RECEIVED_LAST);
	__sync_fetch_and_add(&o->traffic.receives, 1);
	__sync_fetch_and_add(&o->traffic.received_bytes, (__u64)(__u32)result);
	/* tcp_v4_rcv() notes the CPU; on loopback and veth the sender's own CPU runs it, unless RPS sends it elsewhere */
	if ((__u32)BPF_CORE_READ(sk, __sk_common.skc_incoming_cpu) == bpf_get_smp_processor_id())
		__sync_fetch_and_add(&o->traffic.same_cpu, 1);
	return 0;
}

/*
 * shunt_flows (iter/tcp): every established socket of a network namespace as policies see it, also those that none matches: what a draft of a policy
 * would meet. Reads only.
 */
SEC("iter/tcp")
int shunt_flows(struct bpf_iter__tcp *ctx)
{
	struct sock_common *skc = ctx->sk_common;
	struct shunt_flow row = {};
	struct shunt_conn *c;
	struct tcp_sock *tp;
	struct sock *sk;
	bool client;

	if (!skc)
		return 0;
	tp = bpf_skc_to_tcp_sock(skc);
	if (!tp)
		return 0;
	if (skc->skc_state == TCP_LISTEN)
		shunt_note_listener(skc);
	if (skc->skc_state != TCP_ESTABLISHED)
		return 0;
	sk = (struct sock *)tp;
	c = bpf_sk_storage_get(&shunt_conns, tp, NULL, 0);
	client = c ? c->flags & SHUNT_CONN_CLIENT : !shunt_is_server(skc, tp);
	shunt_tell_place(&row, sk, client);
	row.cookie = (__u64)skc->skc_cookie.counter;
	row.obstacles = shunt_obstacles(sk, tp);
	row.flags = client ? SHUNT_FLOW_CLIENT : 0;
	if (c) {
		struct shunt_end *mine, *other;

		if (!(c->flags & SHUNT_CONN_STRAY) && shunt_ends_of(c, &mine, &other))
			row.peer_cookie = other->cookie;
		if (shunt_splices(sk, c))
			row.obstacles |= 1u << SHUNT_SPLICE_USER;
		row.age_ns = bpf_ktime_get_ns() - c->born_ns;
		row.verdict = c->verdict;
		row.flags |= SHUNT_FLOW_MATCHED | (c->flags & SHUNT_CONN_OWNER ? SHUNT_FLOW_OWNER : 0) |
			     (shunt_is_observed(c) ? SHUNT_FLOW_OBSERVED : 0);
	}
	bpf_seq_write(ctx->meta->seq, &row, sizeof(row));
	return 0;
}
