/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * How a stream of large writes shows that TCP is faster.
 *
 * A sender that shares a CPU with its reader fills the queue within one time slice, and TCP carries the rest until its own buffers are full as well, from within the sockhash, where it is slower than outside. As long as
 * TCP outside is much slower than redirecting, that does not matter. But over loopback, with segments as long as loopback's MTU, redirecting all of a stream of large writes would break even, and what TCP carries is lost
 * (docs/decisions/0023).
 *
 * On one CPU nothing at all is read between a queue's first message and the one that finds it full. A reader on another CPU reads meanwhile, and of many connections that share a CPU none fills its queue.
 */
#ifndef SHUNT_FLOODS_H
#define SHUNT_FLOODS_H

#include "lap.h"
#include "slow.h"

#define SHUNT_FLOOD_MESSAGE (256u << 10)
#define SHUNT_FLOOD_MESSAGE_PACED (384u << 10) /* bbr is slower than others at 256 KiB; a write of 1 MiB comes as two of some 500 KiB, for an sk_msg holds no more */
#define SHUNT_FLOOD_SEGMENT 16384u       /* bytes; with an Ethernet's MTU, on a veth pair too, TCP is slower */
#define SHUNT_FLOODS 16u                 /* more than are made up for, before the connection leaves: some 150 to 250 ms of streaming */
#define SHUNT_NO_FLOOD 4u                /* what a queue that was read while it was filled makes up for */
#define SHUNT_FLOODS_NS 1000000000ull    /* between two that count: such a stream fills its queue every 10 to 15 ms */

/* Whether TCP is as fast as redirecting can be for messages of this size, on one CPU. */
static __always_inline bool shunt_tcp_copies_as_fast(struct tcp_sock *tp, __u32 size)
{
	return tp->mss_cache >= SHUNT_FLOOD_SEGMENT && size >= (((struct sock *)tp)->sk_pacing_status ? SHUNT_FLOOD_MESSAGE_PACED : SHUNT_FLOOD_MESSAGE);
}

/* A message was redirected, the first one into an empty queue, or after TCP carried some. */
static __always_inline void shunt_flood_begins(struct shunt_conn *c, int backlog)
{
	c->flood_read = shunt_read_so_far(c, backlog);
}

/* The queue is full; it was so last at c->filled_ns. */
static __always_inline void shunt_flood_ends(struct shunt_conn *c, struct tcp_sock *tp, int backlog, __u32 size, __u64 now)
{
	if (now - c->filled_ns > SHUNT_FLOODS_NS)
		return;
	if (!shunt_tcp_copies_as_fast(tp, size) || (__s32)(shunt_read_so_far(c, backlog) - c->flood_read) > 0) {
		c->floods = c->floods > SHUNT_NO_FLOOD ? c->floods - SHUNT_NO_FLOOD : 0;
		return;
	}
	if (++c->floods >= SHUNT_FLOODS)
		shunt_is_slow(c, (__u64)tp);
}

#endif
