/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * A program that blocks is hardly ever seen awake: it reads, answers, and sleeps in recv until the next request. So it enters the sockhash asleep, and gives the proof
 * that it may be redirected to itself, when it reads on (docs/decisions/0013).
 *
 * Whoever sleeps in tcp_recvmsg() when its socket enters knows nothing of redirected data. The next TCP data ends that call; later ones are tcp_bpf_recvmsg()'s, which waits for both
 * queues and enters tcp_recvmsg() for data that is there, never to wait. So when a call that waits for no more than one byte has read the last byte, and nobody else sleeps on the socket or waits for its lock,
 * nobody sleeps in tcp_recvmsg() any more until its peer sends by TCP again.
 */
#ifndef SHUNT_PROOF_H
#define SHUNT_PROOF_H

#include "bond.h"
#include "fitness.h"

enum shunt_call {
	SHUNT_CALL_OTHER,          /* io_uring, recvmmsg, a kernel thread, another ABI: how much it waits for is not known */
	SHUNT_CALL_SPLICE,
	SHUNT_CALL_READ,           /* ends as soon as it has read something, if the low-water mark is one byte */
	SHUNT_CALL_WAITS_FOR_ALL,
	SHUNT_CALL_UNUSUAL,        /* works on TCP's queue only: discards, receives pages (TCP_ZEROCOPY_RECEIVE), asks for no byte at all to see whether there are any */
};

/* How the running program reads. */
static __always_inline enum shunt_call shunt_reading_call(void)
{
	struct pt_regs *regs = bpf_rdonly_cast((void *)bpf_task_pt_regs(bpf_get_current_task_btf()), bpf_core_type_id_kernel(struct pt_regs));
	unsigned long flags = 0;

	switch (SHUNT_SYSCALL_OF(regs)) {
	case SHUNT_NR_SPLICE:
		return SHUNT_CALL_SPLICE;
	case SHUNT_NR_GETSOCKOPT:
		return SHUNT_CALL_UNUSUAL;
	case SHUNT_NR_READ:
	case SHUNT_NR_READV:
		break;
	case SHUNT_NR_RECVFROM:
		if (!SHUNT_ARG3_OF(regs))
			return SHUNT_CALL_UNUSUAL;
		flags = SHUNT_ARG4_OF(regs);
		break;
	case SHUNT_NR_RECVMSG:
		flags = SHUNT_ARG3_OF(regs);
		break;
	default:
		return SHUNT_CALL_OTHER;
	}
	if (flags & MSG_TRUNC)
		return SHUNT_CALL_UNUSUAL;
	return flags & MSG_WAITALL ? SHUNT_CALL_WAITS_FOR_ALL : SHUNT_CALL_READ;
}

/* The running call has just read from an enrolled socket, by TCP, under its lock. */
static __always_inline void shunt_prove_read(struct shunt_conn *c, struct tcp_sock *tp)
{
	struct sock *sk = (struct sock *)tp;
	struct shunt_end *me, *peer;

	if (tp->copied_seq != tp->rcv_nxt || sk->sk_rcvlowat > 1 || !shunt_nobody_waits(sk, shunt_sleepers(sk)))
		return;
	c->flags &= ~SHUNT_CONN_ASLEEP;
	if (!shunt_ends_of(c, &me, &peer))
		return;
	me->read_seq = tp->copied_seq;
	__sync_fetch_and_or(&me->flags, SHUNT_END_READ);
}

/* Whether the reader at the other end has given the proof for all that this end ever sent by TCP. */
static __always_inline bool shunt_has_proven(const struct shunt_conn *c, __u32 write_seq)
{
	struct shunt_end *me, *peer;

	return shunt_ends_of(c, &me, &peer) && peer->cookie == c->peer_cookie && (peer->flags & SHUNT_END_READ) && peer->read_seq == write_seq;
}

#endif
