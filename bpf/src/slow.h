/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * A connection for which TCP is faster leaves the sockhash, and may return: when it asks and answers, which redirecting suits, or by trial after a while. How it shows that TCP is faster,
 * bursts.h, carried.h, floods.h, nagle.h and turns.h tell; whether it really is, is measured then (pace.h).
 */
#ifndef SHUNT_SLOW_H
#define SHUNT_SLOW_H

#include "maps.h"
#include "account.h"
#include "pace.h"

#define SHUNT_TURNS 64u                  /* answers after short requests that make a connection one that redirecting suits */
#define SHUNT_TURN_BYTES 16384u          /* longest request that counts */
#define SHUNT_BACK_BY_TURNS_NS 1000000000ull    /* soonest return of one that answers now; doubled at each leave */
#define SHUNT_BACK_BY_TRIAL_NS 30000000000ull   /* soonest return of one that nothing is known of; doubled at each leave */
#define SHUNT_BACK_SPREAD 31ull          /* and as long again for the last one of 32 */
#define SHUNT_BACK_DOUBLINGS 7u

/* What speaks against redirecting counts from here on anew. */
static __always_inline void shunt_nothing_is_slow(struct shunt_conn *c)
{
	c->slowness = 0;
	c->carried = 0;
	c->floods = 0;
	c->large_turns = 0;
	c->one_way = 0;
}

/* TCP may be faster for what this end sends: the conductor takes the pair out. */
static __always_inline void shunt_is_slow(struct shunt_conn *c, __u64 sk)
{
	if (c->flags & SHUNT_CONN_SLOW)
		return;
	if (shunt_is_spared(c)) {
		shunt_nothing_is_slow(c);
		return;
	}
	c->flags |= SHUNT_CONN_SLOW;
	c->flags &= ~SHUNT_CONN_TRIES;
	shunt_hurry_conductor(sk);
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
	struct shunt_backlog *node = bpf_map_lookup_elem(&shunt_backlog, &zero);
	struct shunt_config *config = bpf_map_lookup_elem(&shunt_config, &zero);
	__s64 half = config ? config->node_budget_bytes / 2 : 0;

	return node && half && node->held > half && !(shunt_audit(config->node_budget_bytes) && node->held <= half);
}

/*
 * Whether a slow connection may be redirected again: TCP was measured and is not faster, or it asks and answers now, or it was left alone for long enough, and the node has room. Those that left together do not return
 * together. peer: its other end's socket, or NULL.
 */
static __always_inline bool shunt_slow_returns(struct shunt_conn *c, struct tcp_sock *tp, struct tcp_sock *peer, __u64 now)
{
	__u32 doublings = c->slow_times > SHUNT_BACK_DOUBLINGS ? SHUNT_BACK_DOUBLINGS : c->slow_times ? c->slow_times - 1u : 0;
	__u64 wait = c->turns >= SHUNT_TURNS ? SHUNT_BACK_BY_TURNS_NS : SHUNT_BACK_BY_TRIAL_NS + (c->cookie & SHUNT_BACK_SPREAD) * (SHUNT_BACK_BY_TRIAL_NS / (SHUNT_BACK_SPREAD + 1));

	if (shunt_is_faster_inside(c, tp, peer, now)) {
		c->slow_times--; /* it need not have left */
		return true;
	}
	return now - c->slow_ns >= wait << doublings && (c->turns >= SHUNT_TURNS || !shunt_node_is_full());
}

#endif
