/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Streams of small writes without TCP_NODELAY. While one segment is not acknowledged, TCP gathers the writes that follow into the next (Nagle's algorithm, tcp_nagle_check()), on any CPUs, and is up to
 * twice as fast as redirecting each (docs/decisions/0019). A request that is answered, or a write now and then, it does not hold back, and those gain by redirecting as all others do. So what counts is how many
 * messages an end redirects, in how short a time, before its peer redirects some. When that was, is noted for trial.h as well.
 */
#ifndef SHUNT_NAGLE_H
#define SHUNT_NAGLE_H

#include "bond.h"
#include "slow.h"
#include <bpf/bpf_core_read.h>

#define SHUNT_GATHERED_MESSAGE 32768u      /* bytes on average, below which gathering wins */
#define SHUNT_ONE_WAY 8192u                /* messages */
#define SHUNT_ONE_WAY_NS 250000000ull      /* in at most this time */

/* Without TCP_NODELAY, or with TCP_CORK, a small segment waits for the acknowledgement of the one before (tcp_nagle_check()), and what is written meanwhile joins it. */
static __always_inline bool shunt_nagle_gathers(struct tcp_sock *tp)
{
	__u32 nonagle = BPF_CORE_READ_BITFIELD(tp, nonagle);

	return !(nonagle & TCP_NAGLE_OFF) || (nonagle & TCP_NAGLE_CORK);
}

/* Messages were redirected since this was last asked, which is once for each 32 of them. */
static __always_inline void shunt_note_way(struct shunt_conn *c, struct tcp_sock *tp, __u32 messages, __u64 bytes)
{
	struct shunt_end *me, *peer;
	__u64 now;

	if (!shunt_ends_of(c, &me, &peer))
		return;
	me->sent++;
	if (peer->sent != c->peer_sent) {
		c->peer_sent = peer->sent;
		c->answered_ns = bpf_ktime_get_coarse_ns();
		c->one_way = 0;
		return;
	}
	if (!shunt_nagle_gathers(tp) || bytes >= (__u64)messages * SHUNT_GATHERED_MESSAGE) {
		c->one_way = 0;
		return;
	}
	now = bpf_ktime_get_ns();
	if (!c->one_way)
		c->one_way_ns = now;
	c->one_way += messages;
	if (c->one_way < SHUNT_ONE_WAY)
		return;
	c->one_way = 0;
	if (now - c->one_way_ns <= SHUNT_ONE_WAY_NS)
		shunt_is_slow(c, (__u64)tp);
}

#endif
