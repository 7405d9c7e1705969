/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Large requests and answers between two CPUs. A redirected message is copied in as a whole before its reader may copy it out; TCP's reader begins while the rest is still being
 * copied in. On one CPU that saves nothing, and with many connections at a time the CPUs have other messages to copy meanwhile. But where one end waits for the other, and they take turns on
 * two CPUs, TCP is up to twice as fast. So it is counted how often a large message answers one that was sent on another CPU, and looked at whether its sender was idle for a good part of that time.
 */
#ifndef SHUNT_TURNS_H
#define SHUNT_TURNS_H

#include "bond.h"
#include "slow.h"

#define SHUNT_LARGE_MESSAGE (128u << 10) /* at 64 KiB redirecting wins on two CPUs as well */
#define SHUNT_LARGE_TURNS 32u            /* after which the sender's time is looked at */
#define SHUNT_LARGE_TURNS_NS 100000000ull /* if it took no longer: else there was a pause, or other connections had their turn */

/* A large message was redirected to a peer that had read everything. */
static __always_inline void shunt_large_turn(struct shunt_conn *c, struct task_struct *sender, __u64 sk)
{
	struct shunt_end *me, *peer;
	__u64 now;

	if (!shunt_ends_of(c, &me, &peer))
		return;
	me->large_cpu = bpf_get_smp_processor_id();
	me->large_messages++;
	if (peer->large_messages == c->large_seen)
		return; /* nothing large came since: a stream */
	c->large_seen = peer->large_messages;
	if (peer->large_cpu == me->large_cpu) {
		c->large_turns = 0;
		return;
	}
	if (c->large_turns && c->large_sender == (__u64)sender && ++c->large_turns < SHUNT_LARGE_TURNS)
		return;
	now = bpf_ktime_get_ns();
	if (c->large_turns >= SHUNT_LARGE_TURNS && c->large_sender == (__u64)sender && now - c->large_since_ns < SHUNT_LARGE_TURNS_NS && sender->se.sum_exec_runtime - c->large_ran_ns < (now - c->large_since_ns) / 4 * 3)
		shunt_is_slow(c, sk);
	c->large_turns = 1;
	c->large_sender = (__u64)sender;
	c->large_since_ns = now;
	c->large_ran_ns = sender->se.sum_exec_runtime;
}

#endif
