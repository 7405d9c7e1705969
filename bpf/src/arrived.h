/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * In shunt_pollers TCP's data is moved behind what was redirected, into the one queue that its program reads (one_queue.bpf.c). So there a direction need not wait until all that went by TCP
 * is read: it is enough that all of it stands in that queue, and what is redirected next comes behind it (docs/decisions/0018).
 */
#ifndef SHUNT_ARRIVED_H
#define SHUNT_ARRIVED_H

#include "conn.h"
#include "fitness.h"

/* A lock that no softirq can hold unseen; kernels with PREEMPT_RT have another kind. */
#define SHUNT_HAS_PLAIN_LOCKS(sk) bpf_core_field_exists((sk)->sk_lock.slock.rlock.raw_lock.val)

/* All loads before it are done before all that follow. Only an atomic instruction whose result is taken orders them on every architecture (Documentation/bpf/standardization: BPF_FETCH). */
static __always_inline void shunt_order_loads(struct shunt_conn *c)
{
	__u32 flags = __sync_fetch_and_or(&c->flags, 0);

	asm volatile("" : : "r"(flags));
}

/*
 * Whether every byte that a sender ever sent by TCP stands in the queue of its peer, which is in shunt_pollers. Asked under the sender's lock, not the peer's.
 *
 * rcv_nxt moves before a segment is queued, and both happen under the peer's lock, as does the move to the other queue: in a softirq that holds the spin lock, or in whoever owns the socket (backlog, or a recv that
 * finds something left). Who sees rcv_nxt, and after it a lock that nobody has, sees the move done; or what is not moved, because nobody has accepted the socket yet, in TCP's queue. Only where memory was short it went into ingress_skb instead, from where a work queue takes it on. Nothing
 * else can come: the sender is locked. Older kernels have a packet in neither queue while the work queue moves it (sk_psock_work_state.skb): they wait until all is read, as without this.
 */
static __always_inline bool shunt_all_arrived(struct shunt_conn *c, struct tcp_sock *peer, __u32 write_seq)
{
	struct sock *sk = (struct sock *)peer;
	struct sk_psock *psock;

	if (!SHUNT_HAS_PLAIN_LOCKS(sk) || bpf_core_field_exists(struct sk_psock_work_state, skb))
		return false;
	if (peer->rcv_nxt != write_seq)
		return false;
	shunt_order_loads(c);
	if (sk->sk_lock.slock.rlock.raw_lock.val.counter || sk->sk_lock.owned)
		return false;
	shunt_order_loads(c);
	psock = shunt_psock(sk);
	return psock && !sk->sk_receive_queue.qlen && !BPF_CORE_READ(psock, ingress_skb.qlen);
}

#endif
