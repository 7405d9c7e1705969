/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Streams that no rule knows, and that TCP may carry faster all the same: between two CPUs a stream is as fast as its sender, and on some machines making an sk_msg of each write and waking its reader takes
 * that longer than TCP (16 KiB: 0.75 of TCP's speed on one machine, 1.2 on another). Nothing but measuring tells. So a stream that has gone one way for a while leaves for a trial, and comes back unless TCP is clearly
 * faster (pace.h).
 *
 * Where the two share a CPU there is none: it would be dear, for a stream that is never quiet returns late. A reader that was read while its sender never lost its CPU has another.
 */
#ifndef SHUNT_TRIAL_H
#define SHUNT_TRIAL_H

#include "clock.h"
#include "hasty.h"
#include "lap.h"
#include "maps.h"
#include "pace.h"
#include "slow.h"

#define SHUNT_TRIAL_AFTER_NS 500000000ull /* of streaming */
#define SHUNT_TRIALS_NS 1000000000ull     /* between two on a node */
#define SHUNT_TRIAL_AGAIN 16              /* part of the time that one is spared for, after which it is tried again if it became slower than TCP was */

/* Whether no trial is due: TCP was measured of late, and if it is faster than this by now, it was just so. */
static __always_inline bool shunt_was_tried(const struct shunt_conn *c, __u64 now)
{
	__u64 pace = shunt_pace(c), span = SHUNT_SPARED_NS << ((c->returns ? c->returns - 1u : 0) & SHUNT_SPARED_DOUBLINGS), returned = c->spared_until_ns - span;

	return now < c->spared_until_ns && (!pace || !shunt_is_slower_than(pace, c->tcp_pace) || now < returned + span / SHUNT_TRIAL_AGAIN);
}

/* Some messages were redirected since this was last asked. */
static __always_inline void shunt_note_place(struct shunt_conn *c, struct task_struct *sender, int backlog)
{
	/* Each thread counts from another number, for one that is started later may have the same address. */
	__u32 lost = (__u32)sender->start_boottime + (__u32)(sender->nvcsw + sender->nivcsw), read = shunt_read_so_far(c, backlog);

	if (c->sender_lost == lost && (__s32)(read - c->sender_read) > 0 && !(c->flags & SHUNT_CONN_MANY_SENDERS))
		c->beside_ns = c->pace_ns;
	c->sender_lost = lost;
	c->sender_read = read;
}

/* Its pace was just looked at. */
static __always_inline void shunt_try_tcp(struct shunt_conn *c, struct task_struct *sender, int backlog, __u64 sk)
{
	__u64 now = c->pace_ns, before;
	struct shunt_strain *node;
	__u32 zero = 0;

	shunt_note_place(c, sender, backlog);
	if (c->pace_took_ns < SHUNT_PACE_NS / 2 || !shunt_is_over(now, c->pace_since_ns, SHUNT_TRIAL_AFTER_NS) || !shunt_is_over(now, c->answered_ns, SHUNT_TRIAL_AFTER_NS) || shunt_is_over(now, c->beside_ns, SHUNT_PACE_NS) ||
	    shunt_was_tried(c, now) || (c->flags & SHUNT_CONN_SLOW))
		return;
	node = bpf_map_lookup_elem(&shunt_strain, &zero);
	if (!node)
		return;
	before = node->tried_ns;
	if (!shunt_is_over(now, before, SHUNT_TRIALS_NS) || __sync_val_compare_and_swap(&node->tried_ns, before, now) != before)
		return;
	shunt_is_slow(c, sk);
	c->flags |= SHUNT_CONN_TRIES;
}

#endif
