/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * How a queue of small writes shows that TCP is faster.
 *
 * A redirected message costs one sk_msg and one wake-up, however small it is. TCP may gather small writes into one segment. On two CPUs the reader's share is done beside
 * the sender, and redirecting wins all the same. On one CPU a stream of small writes runs at half the speed of TCP that gathers (docs/decisions/0005), and TCP from within the sockhash is
 * slower still: such a connection must leave it. Where TCP does not gather, which is what most hosts do, redirecting is more than twice as fast (docs/decisions/0019).
 *
 * What tells one CPU from two is how a queue ends that the sender found empty again. Beside a reader on another CPU it is short, or was read while the sender ran. On one CPU it is
 * as long as the sender's time slice, and it ends because the sender was preempted: nothing else stops a sender that is redirected. On any
 * CPUs, a long queue of tiny messages, or a full one of small ones, tells the same: the reader is what is slow, and reading is what TCP's gathering makes cheap.
 */
#ifndef SHUNT_BURSTS_H
#define SHUNT_BURSTS_H

#include "nagle.h"
#include "slow.h"

#define SHUNT_SMALL_MESSAGE 8192u        /* bytes on average, below which TCP wins on one CPU */
#define SHUNT_TINY_MESSAGE 512u          /* below which it wins as well whenever the reader falls behind */
#define SHUNT_BURST_STARTS 16u           /* message of a queue at which the sender's preemptions are noted: shorter queues cost nothing */
#define SHUNT_LONG_BURST 64u             /* messages; a pipeline of requests is shorter */
#define SHUNT_SLOW_AT 8192u              /* more messages in such queues than in others, before the connection leaves: some 30 ms of streaming */

/*
 * Whether TCP would gather this socket's small writes into large segments when it shares a CPU with its reader: something must hold a segment back, an acknowledgement that is to come or the
 * socket's pacing (bbr, SO_MAX_PACING_RATE: tcp_pacing_check()). With TCP_NODELAY and no pacing, as cubic and reno have none, each write is a segment.
 */
static __always_inline bool shunt_tcp_gathers(struct tcp_sock *tp)
{
	return ((struct sock *)tp)->sk_pacing_status || shunt_nagle_gathers(tp);
}

/* The queue of this direction grew to SHUNT_BURST_STARTS messages. */
static __always_inline void shunt_burst_starts(struct shunt_conn *c, struct task_struct *sender)
{
	c->burst_bytes = c->redirected_bytes;
	c->burst_preempted = sender->nivcsw;
	c->burst_sender = (__u64)sender;
}

/* The queue is empty again, or full, after c->messages messages. */
static __always_inline void shunt_burst_ends(struct shunt_conn *c, struct task_struct *sender, bool full, struct tcp_sock *tp)
{
	__u32 messages = c->messages, average;
	bool slow;

	if (!c->burst_sender)
		return; /* counted already, when the queue was full */
	average = (c->redirected_bytes - c->burst_bytes) / messages;
	slow = messages >= SHUNT_LONG_BURST && average < SHUNT_SMALL_MESSAGE && shunt_tcp_gathers(tp) &&
	       (full || average < SHUNT_TINY_MESSAGE || (c->burst_sender == (__u64)sender && c->burst_preempted != (__u32)sender->nivcsw));
	c->burst_sender = 0;
	if (!slow) {
		c->slowness = c->slowness > messages ? c->slowness - messages : 0;
		return;
	}
	c->slowness += messages;
	if (c->slowness >= SHUNT_SLOW_AT)
		shunt_is_slow(c, (__u64)tp);
}

#endif
