/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Is it provable that this socket's program will notice nothing? Asked under the socket's lock. */
#ifndef SHUNT_FITNESS_H
#define SHUNT_FITNESS_H

#include "maps.h"
#include <bpf/bpf_core_read.h>

#define SHUNT_WAITERS 16           /* longest wait queue that is searched; a longer one counts as a sleeper */
#define SHUNT_SK_USER_DATA_MASK 7  /* include/net/sock.h: SK_USER_DATA_NOCOPY, _BPF and _PSOCK are kept in the pointer's low bits */

extern const void woken_wake_function __ksym;

/*
 * Threads asleep in recv or send on this socket: sk_wait_data(), tcp_msg_wait_data() and sk_stream_wait_memory() all wait with
 * woken_wake_function, poll and epoll do not. The queue is read without its lock: a walk that does not come back to the head, because an entry left while it
 * stood there, answers -1 = unknown. last: one of them, the address of its task; NULL: of no interest.
 */
__noinline int shunt_sleepers_on(__u64 wait_queue, __u64 *last)
{
	struct socket_wq *wq = (struct socket_wq *)wait_queue;
	struct list_head *head, *at;
	int sleepers = 0, i;

	if (!wq)
		return 0;
	head = (struct list_head *)((__u64)wq + bpf_core_field_offset(struct socket_wq, wait) + bpf_core_field_offset(struct wait_queue_head, head));
	at = BPF_CORE_READ(head, next);
	for (i = 0; i < SHUNT_WAITERS; i++) {
		struct wait_queue_entry *entry;

		if (at == head)
			return sleepers;
		if (!at)
			return -1;
		entry = (struct wait_queue_entry *)((__u64)at - bpf_core_field_offset(struct wait_queue_entry, entry));
		if (BPF_CORE_READ(entry, func) == (void *)&woken_wake_function) {
			sleepers++;
			if (last)
				*last = (__u64)BPF_CORE_READ(entry, private);
		}
		at = BPF_CORE_READ(at, next);
	}
	return at == head ? sleepers : -1;
}

static __always_inline int shunt_sleepers(struct sock *sk)
{
	return shunt_sleepers_on((__u64)BPF_CORE_READ(sk, sk_wq), NULL);
}

/*
 * Nobody sleeps in recv, nor will in tcp_recvmsg() before more comes by TCP. tcp_bpf_recvmsg() looks for TCP data before it takes the lock: who waits for the lock may have found some, which
 * was read meanwhile, and goes on to sleep where redirected data does not wake it. Called by whoever holds the lock.
 */
static __always_inline bool shunt_nobody_waits(struct sock *sk, int sleepers)
{
	__u64 head = (__u64)sk + bpf_core_field_offset(struct sock, sk_lock.wq.head);

	return (__u64)BPF_CORE_READ(sk, sk_lock.wq.head.next) == head && !sleepers;
}

/* Splice sees only sk_receive_queue: redirected data would stay unread for ever. Programs that splice one connection splice others (HAProxy, Go). */
static __always_inline bool shunt_splices(struct sock *sk, const struct shunt_conn *c)
{
	__u64 cgroup = BPF_CORE_READ(sk, sk_cgrp_data.cgroup, kn, id);

	return (c->flags & SHUNT_CONN_SPLICED) || bpf_map_lookup_elem(&shunt_splicers, &cgroup);
}

static __always_inline struct sk_psock *shunt_psock(struct sock *sk)
{
	return (struct sk_psock *)((__u64)BPF_CORE_READ(sk, sk_user_data) & ~(__u64)SHUNT_SK_USER_DATA_MASK);
}

/* Nothing queued, redirected or (shunt_pollers) moved there from TCP, nor on its way through the work queue (sk_psock_backlog()). */
static __always_inline bool shunt_ingress_empty(struct sk_psock *psock)
{
	__u64 head = (__u64)psock + bpf_core_field_offset(struct sk_psock, ingress_msg);

	/* Older kernels keep the packet that the work queue is busy with here, newer ones leave it in ingress_skb. */
	if (bpf_core_field_exists(struct sk_psock_work_state, skb) && BPF_CORE_READ(psock, work_state.skb))
		return false;
	return (__u64)BPF_CORE_READ(psock, ingress_msg.next) == head && !BPF_CORE_READ(psock, ingress_skb.qlen);
}

/* Takes a socket out of the sockhash it is in; the caller has made sure that nothing is queued for it. */
static __always_inline void shunt_delete(__u64 cookie, bool poller)
{
	if (poller)
		bpf_map_delete_elem(&shunt_pollers, &cookie);
	else
		bpf_map_delete_elem(&shunt_sockets, &cookie);
}

static __always_inline bool shunt_is_nonblocking(struct sock *sk)
{
	struct file *file = BPF_CORE_READ(sk, sk_socket, file);

	return file && (BPF_CORE_READ(file, f_flags) & O_NONBLOCK);
}

/* Options that act on the TCP queues only; tcp is a BTF pointer, so these are plain loads. */
static __always_inline bool shunt_peculiar(struct tcp_sock *tcp)
{
	struct sock *sk = (struct sock *)tcp;
	unsigned long bits = 1ul << bpf_core_enum_value(enum sock_flags, SOCK_URGINLINE) | 1ul << bpf_core_enum_value(enum sock_flags, SOCK_RCVTSTAMP) | 1ul << bpf_core_enum_value(enum sock_flags, SOCK_ZEROCOPY);

	return (sk->__sk_common.skc_flags & bits) || sk->sk_tsflags || sk->sk_peek_off >= 0 || BPF_CORE_READ_BITFIELD(tcp, recvmsg_inq);
}

/* F_SETOWN: the program wants SIGURG, or SIGIO. An urgent byte has a place in TCP's sequence, and recv(MSG_OOB) looks for it in TCP's queue only. */
static __always_inline bool shunt_has_owner(struct sock *sk)
{
	struct file *file = BPF_CORE_READ(sk, sk_socket, file);

	if (!file)
		return false;
	if (bpf_core_field_exists(file->f_owner))
		return BPF_CORE_READ(file, f_owner, pid);
	return BPF_CORE_READ((struct file___with_owner *)file, f_owner.pid);
}

/* mmap() of the socket, for TCP_ZEROCOPY_RECEIVE, which maps the pages of TCP's queue only. */
static __always_inline bool shunt_is_mapped(struct sock *sk)
{
	return BPF_CORE_READ(sk, sk_socket, file, f_mapping, i_mmap.rb_root.rb_node);
}

/*
 * tcp_bpf_sendmsg() releases the sender's lock between the verdict and the peer's queue, but holds a reference on the sender's psock all the while; so
 * does a reader. References beyond the map's own and those of sleepers may be a redirect under way. Who slept here before the socket entered holds none.
 */
static __always_inline bool shunt_redirect_under_way(struct sk_psock *psock, const struct shunt_conn *c, int sleepers)
{
	if (c->flags & SHUNT_CONN_ASLEEP)
		sleepers = 0;
	return sleepers < 0 || BPF_CORE_READ(psock, refcnt.refs.counter) > 1 + sleepers;
}

static __always_inline bool shunt_nothing_unread(struct sock *sk, struct tcp_sock *tp)
{
	return tp->copied_seq == tp->rcv_nxt && !BPF_CORE_READ(sk, sk_receive_queue.qlen);
}

/* What its program did to the socket that speaks against redirecting, before or after it was enrolled; 0 = nothing. */
static __always_inline __u32 shunt_unfit(struct sock *sk, struct tcp_sock *tp, const struct shunt_conn *c)
{
	if (shunt_splices(sk, c))
		return SHUNT_SPLICE_USER;
	if (!(c->flags & (SHUNT_CONN_MAY_BLOCK | SHUNT_CONN_VOUCHED)) && !shunt_is_nonblocking(sk))
		return SHUNT_BLOCKING_SOCKET;
	if (BPF_CORE_READ(sk, sk_rcvlowat) > 1)
		return SHUNT_RECEIVE_LOW_WATER;
	if ((c->flags & SHUNT_CONN_UNUSUAL) || shunt_has_owner(sk) || shunt_is_mapped(sk))
		return SHUNT_SOCKET_OPTION;
	return shunt_peculiar(tp) ? SHUNT_SOCKET_OPTION : 0;
}

/* May it enter while somebody sleeps on it? Only if its program was never seen to wait for more than one byte: a call that does so goes on waiting where nobody wakes it. */
static __always_inline bool shunt_may_enter_asleep(struct sock *sk, const struct shunt_conn *c)
{
	return !shunt_is_nonblocking(sk) && c->program.id && !(c->flags & SHUNT_CONN_WAITS_FOR_ALL);
}

/*
 * SHUNT_ACCELERATED: fit now. SHUNT_UNDECIDED: not now, look again later. Else the lasting reason.
 */
static __always_inline __u32 shunt_fitness(struct sock *sk, struct tcp_sock *tp, const struct shunt_conn *c, __u64 now, __u64 settle_ns, int sleepers)
{
	struct file *file;
	__u32 reason;

	if (BPF_CORE_READ((struct inet_connection_sock *)sk, icsk_ulp_ops))
		return SHUNT_ULP; /* sk_psock_init() refuses it; a ULP set later finds the socket in the map (kTLS) */
	if (tp->is_mptcp)
		return SHUNT_MPTCP;
	file = BPF_CORE_READ(sk, sk_socket, file);
	if (!file || now - c->born_ns < settle_ns)
		return SHUNT_UNDECIDED; /* not accepted yet, or young: a short connection shall cost nothing more */
	reason = shunt_unfit(sk, tp, c);
	if (reason)
		return reason;
	/* A reader that went to sleep inside tcp_recvmsg() is not woken by redirected data: so it proves first that it left there, or is awake now. */
	if (sleepers && !shunt_may_enter_asleep(sk, c))
		return SHUNT_UNDECIDED;
	return shunt_nothing_unread(sk, tp) ? SHUNT_ACCELERATED : SHUNT_UNDECIDED;
}

#endif
