/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Where redirecting loses against TCP, and how that shows while messages are sent.
 *
 * A redirected message costs one sk_msg and one wake-up, however small it is. TCP may gather small writes into one segment. On two CPUs the reader's share is done beside
 * the sender, and redirecting wins all the same. On one CPU a stream of small writes runs at half the speed of TCP that gathers (docs/decisions/0005), and TCP from within the sockhash is
 * slower still: such a connection must leave it. Where TCP does not gather, which is what most hosts do, redirecting is more than twice as fast (docs/decisions/0019).
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
#include <bpf/bpf_core_read.h>

#define SHUNT_SMALL_MESSAGE 8192u        /* bytes on average, below which TCP wins on one CPU */
#define SHUNT_TINY_MESSAGE 512u          /* below which it wins as well whenever the reader falls behind */
#define SHUNT_BURST_STARTS 16u           /* message of a queue at which the sender's preemptions are noted: shorter queues cost nothing */
#define SHUNT_LONG_BURST 64u             /* messages; a pipeline of requests is shorter */
#define SHUNT_SLOW_AT 8192u              /* more messages in such queues than in others, before the connection leaves: some 30 ms of streaming */
#define SHUNT_CARRIED_MESSAGE 4096       /* what a message costs beside its bytes, as bytes */
#define SHUNT_CARRIED_TOO_MUCH (256 << 20) /* by TCP, beyond what redirecting made up for, before the connection leaves: many times what fills TCP's own buffers */
#define SHUNT_CARRIED_MUCH (2 << 20)     /* before it leaves because TCP carries too much for all connections of the node together */
#define SHUNT_STRAIN_STEP 18             /* of a connection's account, in bits: as often it is added to the node's */
#define SHUNT_STRAIN_NS 10000000000ull   /* after so long the node's account begins anew */
#define SHUNT_SPARED_AT_MOST (64 << 20)  /* made up for in advance */
#define SHUNT_MAKES_UP_FOR 1             /* bytes by TCP that one redirected byte makes up for: with less than half redirected, TCP alone is as fast or faster */
#define SHUNT_TURNS 64u                  /* answers after short requests that make a connection one that redirecting suits */
#define SHUNT_TURN_BYTES 16384u          /* longest request that counts */
#define SHUNT_BACK_BY_TURNS_NS 1000000000ull    /* soonest return of one that answers now; doubled at each leave */
#define SHUNT_BACK_BY_TRIAL_NS 30000000000ull   /* soonest return of one that nothing is known of; doubled at each leave */
#define SHUNT_BACK_SPREAD 31ull          /* and as long again for the last one of 32 */
#define SHUNT_BACK_DOUBLINGS 7u

/* TCP is faster for what this end sends: the conductor takes the pair out. */
static __always_inline void shunt_is_slow(struct shunt_conn *c, __u64 sk)
{
	if (c->flags & SHUNT_CONN_SLOW)
		return;
	c->flags |= SHUNT_CONN_SLOW;
	shunt_hurry_conductor(sk);
}

/*
 * Many connections that share a CPU, or the node's budget, lose together what one would lose in a moment: each of 500 would have to carry 256 MiB before it leaves. So the node has an account as well, of the connections
 * that are in debt. While it is overdrawn, whoever carries on leaves, and pays for the next ones with its leaving: they go one by one, and as soon as those that stay get along, nobody else does.
 */
static __always_inline bool shunt_is_strained(struct shunt_conn *c, __u64 bytes)
{
	__u64 now = bpf_ktime_get_coarse_ns();
	struct shunt_strain *node;
	__u32 zero = 0;

	node = bpf_map_lookup_elem(&shunt_strain, &zero);
	if (!node)
		return false;
	if (now - node->since_ns > SHUNT_STRAIN_NS) {
		node->since_ns = now;
		node->carried = 0;
	}
	__sync_fetch_and_add(&node->carried, bytes);
	if (node->carried < SHUNT_CARRIED_TOO_MUCH || c->carried < SHUNT_CARRIED_MUCH)
		return false;
	__sync_fetch_and_add(&node->carried, -(__s64)SHUNT_CARRIED_MUCH);
	return true;
}

/* A message of an enrolled socket goes by TCP. */
static __always_inline void shunt_carries(struct shunt_conn *c, __u32 size, __u64 sk)
{
	__s64 before = c->carried, steps;

	if (c->flags & SHUNT_CONN_SLOW)
		return;
	c->carried += size + SHUNT_CARRIED_MESSAGE;
	if (c->carried <= 0)
		return;
	steps = (c->carried >> SHUNT_STRAIN_STEP) - (before > 0 ? before >> SHUNT_STRAIN_STEP : 0);
	if (c->carried >= SHUNT_CARRIED_TOO_MUCH || (steps && shunt_is_strained(c, steps << SHUNT_STRAIN_STEP)))
		shunt_is_slow(c, sk);
}

/* A message was redirected. */
static __always_inline void shunt_spares(struct shunt_conn *c, __u32 size)
{
	if (c->carried > -SHUNT_SPARED_AT_MOST)
		c->carried -= SHUNT_MAKES_UP_FOR * (size + SHUNT_CARRIED_MESSAGE);
}

/* Without TCP_NODELAY, or with TCP_CORK, a small segment waits for the acknowledgement of the one before (tcp_nagle_check()), and what is written meanwhile joins it. */
static __always_inline bool shunt_nagle_gathers(struct tcp_sock *tp)
{
	__u32 nonagle = BPF_CORE_READ_BITFIELD(tp, nonagle);

	return !(nonagle & TCP_NAGLE_OFF) || (nonagle & TCP_NAGLE_CORK);
}

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

/* Whether more than half of what the node may hold unread is taken. */
static __always_inline bool shunt_node_is_full(void)
{
	__u32 zero = 0;
	__s64 *held = bpf_map_lookup_elem(&shunt_backlog, &zero);
	struct shunt_config *config = bpf_map_lookup_elem(&shunt_config, &zero);

	return held && config && config->node_budget_bytes && *held > (__s64)(config->node_budget_bytes / 2);
}

/* Whether a slow connection may be redirected again: it asks and answers now, or it was left alone for long enough, and the node has room. Those that left together do not return together. */
static __always_inline bool shunt_slow_returns(const struct shunt_conn *c, __u64 now)
{
	__u32 doublings = c->slow_times > SHUNT_BACK_DOUBLINGS ? SHUNT_BACK_DOUBLINGS : c->slow_times ? c->slow_times - 1u : 0;
	__u64 wait = c->turns >= SHUNT_TURNS ? SHUNT_BACK_BY_TURNS_NS : SHUNT_BACK_BY_TRIAL_NS + (c->cookie & SHUNT_BACK_SPREAD) * (SHUNT_BACK_BY_TRIAL_NS / (SHUNT_BACK_SPREAD + 1));

	return now - c->slow_ns >= wait << doublings && (c->turns >= SHUNT_TURNS || !shunt_node_is_full());
}

#endif
