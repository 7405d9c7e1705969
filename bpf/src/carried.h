/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What TCP carries from within the sockhash, which is slower than redirecting and slower than TCP outside.
 *
 * A full queue makes TCP the valve, and redirecting resumes when all is read; but where a sender fills TCP's buffers faster than
 * its reader empties them (large writes on one CPU, a reader that is slower, a node whose budget is spent), or nothing proves that a reader is not asleep in tcp_recvmsg(), that
 * moment does not come. So what TCP carries counts against what is redirected, and a connection that it carries nearly all the time leaves (docs/decisions/0015).
 */
#ifndef SHUNT_CARRIED_H
#define SHUNT_CARRIED_H

#include "slow.h"

#define SHUNT_CARRIED_MESSAGE 4096       /* what a message costs beside its bytes, as bytes */
#define SHUNT_CARRIED_TOO_MUCH (256 << 20) /* by TCP, beyond what redirecting made up for, before the connection leaves: many times what fills TCP's own buffers */
#define SHUNT_CARRIED_MUCH (2 << 20)     /* before it leaves because TCP carries too much for all connections of the node together */
#define SHUNT_STRAIN_STEP 18             /* of a connection's account, in bits: as often it is added to the node's */
#define SHUNT_STRAIN_NS 10000000000ull   /* after so long the node's account begins anew */
#define SHUNT_SPARED_AT_MOST (64 << 20)  /* made up for in advance */
#define SHUNT_MAKES_UP_FOR 1             /* bytes by TCP that one redirected byte makes up for: with less than half redirected, TCP alone is as fast or faster */

/*
 * Many connections that share a CPU, or the node's budget, lose together what one would lose in a moment: each of 500 would have to carry 256 MiB before it leaves. So the node has an account as well, of the connections
 * that are in debt. While it is overdrawn, whoever carries on leaves, and pays for the next ones with its leaving: they go one by one, and as soon as those that stay get along, nobody else does.
 */
static __always_inline bool shunt_is_strained(struct shunt_conn *c, __u64 bytes)
{
	__u64 now = bpf_ktime_get_coarse_ns();
	struct shunt_strain *node;
	__u32 zero = 0;

	node = bpf_map_lookup_elem(&shunt_strain, &zero);
	if (!node)
		return false;
	if (now - node->since_ns > SHUNT_STRAIN_NS) {
		node->since_ns = now;
		node->carried = 0;
	}
	__sync_fetch_and_add(&node->carried, bytes);
	if (node->carried < SHUNT_CARRIED_TOO_MUCH || c->carried < SHUNT_CARRIED_MUCH)
		return false;
	__sync_fetch_and_add(&node->carried, -(__s64)SHUNT_CARRIED_MUCH);
	return true;
}

/* A message of an enrolled socket goes by TCP. */
static __always_inline void shunt_carries(struct shunt_conn *c, __u32 size, __u64 sk)
{
	__s64 before = c->carried, steps;

	if (c->flags & SHUNT_CONN_SLOW)
		return;
	shunt_pace_by_tcp(c, size);
	c->carried += size + SHUNT_CARRIED_MESSAGE;
	if (c->carried <= 0)
		return;
	steps = (c->carried >> SHUNT_STRAIN_STEP) - (before > 0 ? before >> SHUNT_STRAIN_STEP : 0);
	if (c->carried >= SHUNT_CARRIED_TOO_MUCH || (steps && shunt_is_strained(c, steps << SHUNT_STRAIN_STEP)))
		shunt_is_slow(c, sk);
}

/* A message was redirected. */
static __always_inline void shunt_spares(struct shunt_conn *c, __u32 size)
{
	if (c->carried > -SHUNT_SPARED_AT_MOST)
		c->carried -= SHUNT_MAKES_UP_FOR * (size + SHUNT_CARRIED_MESSAGE);
}

#endif
