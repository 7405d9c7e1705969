/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Whether anything was left of late for the other end of a connection to find: most connections of a host are none of Shunt's, and shall not pay for a look into large
 * tables, whose lines are in no cache. A server looks by its own port. A client does not know that, for a rule of netfilter may lead it to another than it asked for: it
 * looks whether anything was left anywhere. Places are shared, so this says only where it is in vain to look.
 */
#ifndef SHUNT_LEFT_H
#define SHUNT_LEFT_H

#include "clock.h"
#include "maps.h"

#define SHUNT_LEFT_NS (1ull << 42) /* over an hour: no handshake takes that long */
#define SHUNT_LEFT_FRESH_NS 1000000000ull
#define SHUNT_ANYWHERE SHUNT_PORTS

static __always_inline __u32 shunt_place_of(__u16 port)
{
	return port & (SHUNT_PORTS - 1);
}

static __always_inline struct shunt_left *shunt_left_at(__u32 place)
{
	return bpf_map_lookup_elem(&shunt_left, &place);
}

static __always_inline bool shunt_is_of_late(__u64 when, __u64 now, __u64 ns)
{
	return when && !shunt_is_over(now, when, ns);
}

/* Called before what is left itself, for the other end looks here first. Written seldom, so that the line stays in the caches of all CPUs. */
static __always_inline void shunt_tell_pair(__u16 port, __u64 now)
{
	struct shunt_left *here = shunt_left_at(shunt_place_of(port)), *anywhere = shunt_left_at(SHUNT_ANYWHERE);

	if (!here || !anywhere || shunt_is_of_late(here->paired_ns, now, SHUNT_LEFT_FRESH_NS))
		return;
	anywhere->paired_ns = now;
	here->paired_ns = now;
}

static __always_inline void shunt_tell_passing(__u16 port, __u64 listener, __u64 now)
{
	struct shunt_left *here = shunt_left_at(shunt_place_of(port)), *anywhere = shunt_left_at(SHUNT_ANYWHERE);

	if (!here || !anywhere || shunt_is_of_late(here->passed_ns, now, SHUNT_LEFT_FRESH_NS))
		return;
	here->passed_by = listener;
	anywhere->passed_ns = now;
	here->passed_ns = now;
}

/* By a client, of its own pair or slot. */
static __always_inline void shunt_tell_waiting(__u64 now)
{
	struct shunt_left *anywhere = shunt_left_at(SHUNT_ANYWHERE);

	if (anywhere && !shunt_is_of_late(anywhere->waited_ns, now, SHUNT_LEFT_FRESH_NS))
		anywhere->waited_ns = now;
}

#endif
