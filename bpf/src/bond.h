/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* A bond, seen from one of its ends. */
#ifndef SHUNT_BOND_H
#define SHUNT_BOND_H

#include "maps.h"

/* Both ends of a socket's connection. False if nothing bonds them yet, or if the bond is another connection's, which had the same handshake. */
static __always_inline bool shunt_ends_of(const struct shunt_conn *c, struct shunt_end **me, struct shunt_end **peer)
{
	struct shunt_pair_key key = { .client_isn = c->client_isn, .server_isn = c->server_isn };
	struct shunt_bond *bond = bpf_map_lookup_elem(&shunt_bonds, &key);
	bool client = c->flags & SHUNT_CONN_CLIENT;

	if (!bond)
		return false;
	*me = &bond->ends[client ? SHUNT_CLIENT : SHUNT_SERVER];
	*peer = &bond->ends[client ? SHUNT_SERVER : SHUNT_CLIENT];
	return (*me)->cookie == c->cookie;
}

#endif
