/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Where redirecting loses against TCP, and how that shows while messages are sent.
 *
 * A redirected message costs one sk_msg and one wake-up, however small it is; TCP gathers small writes into one segment. On two CPUs the reader's share is done beside
 * the sender, and redirecting wins all the same. On one CPU a stream of small writes runs at half the speed of TCP (docs/decisions/0005), and TCP from within the sockhash is
 * slower still: such a connection must leave it.
 *
 * Slower than both is TCP from within the sockhash. A full queue makes TCP the valve, and redirecting resumes when all is read; but where a sender fills TCP's buffers faster than
 * its reader empties them (large writes on one CPU, a reader that is slower, a node whose budget is spent), or nothing proves that a reader is not asleep in tcp_recvmsg(), that
 * moment does not come. So what TCP carries counts against what is redirected, and a connection that it carries nearly all the time leaves.
 *
 * What tells one CPU from two is how a queue ends that the sender found empty again. Beside a reader on another CPU it is short, or was read while the sender ran. On one CPU it is
 * as long as the sender's time slice, and it ends because the sender was preempted: nothing else stops a sender that is redirected. On any
 * CPUs, a long queue of tiny messages, or a full one of small ones, tells the same: the reader is what is slow, and reading is what TCP's gathering makes cheap.
 */
#ifndef SHUNT_PACE_H
#define SHUNT_PACE_H

#include "maps.h"
#include "account.h"

#define SHUNT_SMALL_MESSAGE 8192u        /* bytes on average, below which TCP wins on one CPU */
#define SHUNT_TINY_MESSAGE 512u          /* below which it wins as well whenever the reader falls behind */
#define SHUNT_BURST_STARTS 16u           /* message of a queue at which the sender's preemptions are noted: shorter queues cost nothing */
#define SHUNT_LONG_BURST 64u             /* messages; a pipeline of requests is shorter */
#define SHUNT_SLOW_AT 8192u              /* more messages in such queues than in others, before the connection leaves: some 30 ms of streaming */
#define SHUNT_CARRIED_MESSAGE 4096       /* what a message costs beside its bytes, as bytes */
#define SHUNT_CARRIED_TOO_MUCH (256 << 20) /* by TCP, beyond what redirecting made up for, before the connection leaves: many times what fills TCP's own buffers */
#define SHUNT_SPARED_AT_MOST (64 << 20)  /* made up for in advance */
#define SHUNT_MAKES_UP_FOR 3             /* bytes by TCP that one redirected byte makes up for: below a quarter redirected, TCP alone is faster */
#define SHUNT_TURNS 64u                  /* answers after short requests that make a connection one that redirecting suits */
#define SHUNT_TURN_BYTES 16384u          /* longest request that counts */
#define SHUNT_BACK_BY_TURNS_NS 1000000000ull    /* soonest return of one that answers now; doubled at each leave */
#define SHUNT_BACK_BY_TRIAL_NS 30000000000ull   /* soonest return of one that nothing is known of; doubled at each leave */
#define SHUNT_BACK_DOUBLINGS 7u

/* TCP is faster for what this end sends: the conductor takes the pair out. */
static __always_inline void shunt_is_slow(struct shunt_conn *c, __u64 sk)
{
	if (c->flags & SHUNT_CONN_SLOW)
		return;
	c->flags |= SHUNT_CONN_SLOW;
	shunt_hurry_conductor(sk);
}

/* A message of an enrolled socket goes by TCP. */
static __always_inline void shunt_carries(struct shunt_conn *c, __u32 size, __u64 sk)
{
	c->carried += size + SHUNT_CARRIED_MESSAGE;
	if (c->carried >= SHUNT_CARRIED_TOO_MUCH)
		shunt_is_slow(c, sk);
}

/* A message was redirected. */
static __always_inline void shunt_spares(struct shunt_conn *c, __u32 size)
{
	if (c->carried > -SHUNT_SPARED_AT_MOST)
		c->carried -= SHUNT_MAKES_UP_FOR * (size + SHUNT_CARRIED_MESSAGE);
}

/* The queue of this direction grew to SHUNT_BURST_STARTS messages. */
static __always_inline void shunt_burst_starts(struct shunt_conn *c, struct task_struct *sender)
{
	c->burst_bytes = c->redirected_bytes;
	c->burst_preempted = sender->nivcsw;
	c->burst_sender = (__u64)sender;
}

/* The queue is empty again, or full, after c->messages messages. */
static __always_inline void shunt_burst_ends(struct shunt_conn *c, struct task_struct *sender, bool full, __u64 sk)
{
	__u32 messages = c->messages, average;
	bool slow;

	if (!c->burst_sender)
		return; /* counted already, when the queue was full */
	average = (c->redirected_bytes - c->burst_bytes) / messages;
	slow = messages >= SHUNT_LONG_BURST && average < SHUNT_SMALL_MESSAGE &&
	       (full || average < SHUNT_TINY_MESSAGE || (c->burst_sender == (__u64)sender && c->burst_preempted != (__u32)sender->nivcsw));
	c->burst_sender = 0;
	if (!slow) {
		c->slowness = c->slowness > messages ? c->slowness - messages : 0;
		return;
	}
	c->slowness += messages;
	if (c->slowness >= SHUNT_SLOW_AT)
		shunt_is_slow(c, sk);
}

/* Leaves the sockhash because TCP is faster. */
static __always_inline void shunt_slow_leaves(struct shunt_conn *c, __u32 write_seq, __u64 now)
{
	c->slow_ns = now;
	c->slow_times++;
	c->turns = 0;
	c->turn_seq = write_seq;
}

/* A slow connection's program read from it. True when that made it one to try again. */
static __always_inline bool shunt_slow_reads(struct shunt_conn *c, __u32 write_seq)
{
	__u32 sent = write_seq - c->turn_seq;

	c->turn_seq = write_seq;
	if (!sent)
		return false;
	if (sent > SHUNT_TURN_BYTES) {
		c->turns = 0;
		return false;
	}
	return c->turns < SHUNT_TURNS && ++c->turns == SHUNT_TURNS;
}

/* Whether a slow connection may be redirected again: it asks and answers now, or it was left alone for long enough. */
static __always_inline bool shunt_slow_returns(const struct shunt_conn *c, __u64 now)
{
	__u32 doublings = c->slow_times > SHUNT_BACK_DOUBLINGS ? SHUNT_BACK_DOUBLINGS : c->slow_times ? c->slow_times - 1u : 0;
	__u64 wait = c->turns >= SHUNT_TURNS ? SHUNT_BACK_BY_TURNS_NS : SHUNT_BACK_BY_TRIAL_NS;

	return now - c->slow_ns >= wait << doublings;
}

#endif
