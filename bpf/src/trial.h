/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Streams that no rule knows, and that TCP may carry faster all the same: on some machines what limits a stream between two CPUs is what its sender does, and to make an sk_msg of each write and wake its reader takes
 * longer than TCP (16 KiB from a blocking sender: 0.75 of TCP's speed on one machine, 1.0 on another). Nothing but measuring tells. So once a stream has gone one way for a while, and its sender is what limits it, it
 * leaves for a trial, and comes back unless TCP is clearly faster (pace.h).
 *
 * A sender that has a CPU nearly all the time does not share it with its reader. There a trial would be dear: a stream that is never quiet returns late.
 */
#ifndef SHUNT_TRIAL_H
#define SHUNT_TRIAL_H

#include "maps.h"
#include "pace.h"
#include "slow.h"

#define SHUNT_TRIAL_AFTER_NS 250000000ull /* of streaming */
#define SHUNT_TRIALS_NS 1000000000ull     /* between two on a node */

/* Its pace was just looked at. */
static __always_inline void shunt_try_tcp(struct shunt_conn *c, __u64 sk)
{
	__u64 now = c->pace_ns, before;
	struct shunt_strain *node;
	__u32 zero = 0;

	if (c->pace_took_ns < SHUNT_PACE_NS / 2 || c->pace_ran_ns < c->pace_took_ns / 8 * 7 || now - c->pace_since_ns < SHUNT_TRIAL_AFTER_NS ||
	    now - c->answered_ns < SHUNT_TRIAL_AFTER_NS || now < c->spared_until_ns || (c->flags & SHUNT_CONN_SLOW))
		return;
	node = bpf_map_lookup_elem(&shunt_strain, &zero);
	if (!node)
		return;
	before = node->tried_ns;
	if (now - before < SHUNT_TRIALS_NS || __sync_val_compare_and_swap(&node->tried_ns, before, now) != before)
		return;
	shunt_is_slow(c, sk);
	c->flags |= SHUNT_CONN_TRIES;
}

#endif
