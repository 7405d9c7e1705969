/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What was left of late for the other end of a connection to find, by the server's port: most connections of a host are none of Shunt's, and shall not pay for a look
 * into large tables, whose lines are in no cache. Ports share a place, so this says only where it is in vain to look.
 */
#ifndef SHUNT_PORTS_H
#define SHUNT_PORTS_H

#include "maps.h"

#define SHUNT_PORT_NS (1ull << 42) /* over an hour: no handshake takes that long */
#define SHUNT_PORT_FRESH_NS 1000000000ull

static __always_inline struct shunt_port *shunt_port_of(__u16 port)
{
	__u32 i = port & (SHUNT_PORTS - 1);

	return bpf_map_lookup_elem(&shunt_by_port, &i);
}

/* Written seldom, so that the line stays in the caches of all CPUs. Before what is left itself: the other end looks here first. */
static __always_inline void shunt_tell_port(__u64 *when, __u64 now)
{
	if (now - *when > SHUNT_PORT_FRESH_NS)
		*when = now;
}

/* Two CPUs' looks at the clock may cross: less than nothing is a moment ago. */
static __always_inline bool shunt_port_tells(__u64 when, __u64 now)
{
	return when && (__s64)(now - when) < (__s64)SHUNT_PORT_NS;
}

#endif
