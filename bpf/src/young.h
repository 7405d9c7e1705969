/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Who waits for the conductor only because it is young. Most of those that are young never settle, where connections are short, and a walk through the sockets of the whole
 * machine for somebody who is gone by then is the dearest thing that Shunt can do to such a host. So they do not call: they are counted by the time of their birth, the count is
 * taken back when they close, and the node plugin walks when somebody is left of those whose settle time is over.
 */
#ifndef SHUNT_YOUNG_H
#define SHUNT_YOUNG_H

#include "account.h"

#define SHUNT_YOUNG_TRIES 8        /* of a compare-and-swap that other CPUs compete for */

static __always_inline __u64 shunt_epoch_of(const struct shunt_conn *c)
{
	return c->born_ns >> SHUNT_YOUNG_SHIFT;
}

static __always_inline __u64 shunt_how_many(__u64 alive)
{
	return alive & ((1u << SHUNT_YOUNG_COUNT) - 1);
}

/* Who outlived the slot, if no walk came since they settled: their slot is needed for others, so they call. */
static __always_inline void shunt_grown_up(__u32 netns, __u64 alive)
{
	__u64 ended = ((alive >> SHUNT_YOUNG_COUNT) + 1) << SHUNT_YOUNG_SHIFT;
	struct shunt_work *work = bpf_map_lookup_elem(&shunt_work, &netns), more = { .candidates = 1 };
	__u32 zero = 0;
	struct shunt_config *config = bpf_map_lookup_elem(&shunt_config, &zero);

	if (!shunt_how_many(alive) || !config || (work && work->walked_ns >= ended + config->settle_ns))
		return;
	shunt_add_work(netns, &more);
}

/* A namespace's count, made when it is first needed. */
static __always_inline struct shunt_young *shunt_young_of(__u32 netns)
{
	struct shunt_young *young = bpf_map_lookup_elem(&shunt_young, &netns), *nobody;
	__u32 zero = 0;

	if (young)
		return young;
	nobody = bpf_map_lookup_elem(&shunt_no_young, &zero);
	if (nobody)
		bpf_map_update_elem(&shunt_young, &netns, nobody, BPF_NOEXIST);
	return bpf_map_lookup_elem(&shunt_young, &netns);
}

/* A connection is established that the conductor may enrol when it has settled. */
static __always_inline void shunt_will_settle(struct shunt_conn *c, __u64 sk)
{
	__u64 epoch = shunt_epoch_of(c), *alive, before, after;
	__u32 netns = shunt_namespace_of(sk), i;
	struct shunt_young *young = shunt_young_of(netns);

	for (i = 0; young && i < SHUNT_YOUNG_TRIES; i++) {
		alive = &young->alive[epoch & (SHUNT_YOUNG_SLOTS - 1)];
		before = *(volatile __u64 *)alive;
		after = before >> SHUNT_YOUNG_COUNT == epoch ? before + 1 : epoch << SHUNT_YOUNG_COUNT | 1;
		if (__sync_val_compare_and_swap(alive, before, after) != before)
			continue;
		c->flags |= SHUNT_CONN_YOUNG;
		if (before >> SHUNT_YOUNG_COUNT != epoch)
			shunt_grown_up(netns, before);
		return;
	}
	shunt_call_conductor(sk);
}

/* A walk will come for it once it has settled, whatever happens until then. */
static __always_inline bool shunt_is_expected(const struct shunt_conn *c, __u64 now, __u64 settle_ns)
{
	return (c->flags & SHUNT_CONN_YOUNG) && now - c->born_ns < settle_ns;
}

/* It closes. Who is not taken back costs a walk that finds nothing. */
static __always_inline void shunt_is_gone(struct shunt_conn *c, __u64 sk)
{
	__u64 epoch = shunt_epoch_of(c), *alive, before;
	struct shunt_young *young;
	__u32 netns, i;

	if (!(c->flags & SHUNT_CONN_YOUNG))
		return;
	c->flags &= ~SHUNT_CONN_YOUNG;
	netns = shunt_namespace_of(sk);
	young = bpf_map_lookup_elem(&shunt_young, &netns);
	for (i = 0; young && i < SHUNT_YOUNG_TRIES; i++) {
		alive = &young->alive[epoch & (SHUNT_YOUNG_SLOTS - 1)];
		before = *(volatile __u64 *)alive;
		if (before >> SHUNT_YOUNG_COUNT != epoch || __sync_val_compare_and_swap(alive, before, before - 1) == before)
			return;
	}
}

#endif
