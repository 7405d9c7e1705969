/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * How many bytes a direction may have unread before TCP takes over and blocks the sender (docs/decisions/0018). The least of
 *
 * - what its policy allows. A sender that shares a CPU with its reader fills the queue for a whole time slice before the reader runs, some 16 to 24 MiB of 64 KiB writes. A limit below
 *   that makes each slice end in TCP, and once TCP's buffers are full they hardly ever run empty: the sender is woken when a third of its buffer is free, and fills it again.
 * - what its reader deserves: 16 MiB at first, half as much whenever it took long to read a full queue, twice as much when it was soon read.
 * - an eighth of what the node's budget has left. So a few streams get all they can use, many get less, and readers that have stopped never take the last of it.
 * - what TCP may hold for the reader: its SO_RCVBUF, or else the greatest that TCP gives by itself, if it has memory enough to give. Where more is queued than that, TCP drops what it is sent while its window was still open, and the
 *   sender waits 200 ms and longer for its timer (tcp_try_rmem_schedule()).
 */
#ifndef SHUNT_ROOM_H
#define SHUNT_ROOM_H

#include "maps.h"
#include "account.h"
#include "charge.h"
#include "lap.h"
#include "window.h"

#define SHUNT_FIRST_ROOM (16ull << 20)
#define SHUNT_LEAST_ROOM (2ull << 20)
#define SHUNT_READ_SOON_NS 400000000ull
#define SHUNT_READ_LATE_NS 1000000000ull
#define SHUNT_SHARE_OF_BUDGET 8
#define SHUNT_LITTLE (64u << 10)         /* needs no look at limits that are never as low */

/* Bytes that may be queued for this reader. */
static __always_inline __u64 shunt_receive_room(struct tcp_sock *reader)
{
	struct sock *sk = (struct sock *)reader;
	bool fixed = shunt_rcvbuf_is_locked(reader) || !shunt_tcp_has_memory(sk) || !shunt_cgroup_has_memory(sk);
	__u64 most = fixed ? sk->sk_rcvbuf : shunt_greatest_rcvbuf(reader), reserved = shunt_window_takes(reader);

	return most > reserved ? most - reserved : 0;
}

static __always_inline __u64 shunt_deserved_room(const struct shunt_conn *c)
{
	__u64 room = c->room ? c->room : SHUNT_FIRST_ROOM;

	return room < c->backlog_bytes ? room : c->backlog_bytes;
}

/* Whether this direction may hold so much of the node's budget. */
static __always_inline bool shunt_fits_budget(const struct shunt_conn *c, const struct shunt_config *config, __s64 node, __u64 held)
{
	__s64 left = (__s64)config->node_budget_bytes - node;
	__u64 share = left > 0 ? (__u64)left / SHUNT_SHARE_OF_BUDGET : 0;

	return held <= (c->direction == SHUNT_NODE_BUDGET ? share / 2 : share);
}

/* What keeps one more message from being queued at the reader, or 0. backlog: bytes in all of its receive queues (bpf_tcp_ingress() charges sk_rmem_alloc). */
static __always_inline __u32 shunt_full(struct shunt_conn *c, struct tcp_sock *reader, int backlog, __u32 size)
{
	__u64 held = backlog > 0 ? (__u64)backlog + (__u64)c->messages * SHUNT_MESSAGE_COST : 0;
	__s64 node = shunt_note_backlog(c, held);
	__u64 after = (backlog > 0 ? backlog : 0) + (__u64)size;
	struct shunt_config *config;
	__u32 zero = 0;

	/* After TCP took over it goes on until half of the room is free: changing the way costs more than either. */
	if (held) {
		if ((__u64)backlog > (c->direction == SHUNT_BACKLOG_BYTES ? shunt_deserved_room(c) / 2 : shunt_deserved_room(c)))
			return SHUNT_BACKLOG_BYTES;
		if (c->messages >= c->backlog_messages && !shunt_laps(c, backlog))
			return SHUNT_BACKLOG_MESSAGES; /* a message costs slab that no limit of the kernel sees, however small it is (sk_msg_alloc()) */
	}
	if (!shunt_is_charged((struct sock *)reader, size))
		return SHUNT_BACKLOG_BYTES;
	if (after <= SHUNT_LITTLE)
		return 0;
	if (after > shunt_receive_room(reader)) {
		shunt_ask_for_narrow_window(reader);
		return SHUNT_BACKLOG_BYTES;
	}
	if (held < SHUNT_BACKLOG_STEP)
		return 0;
	config = bpf_map_lookup_elem(&shunt_config, &zero);
	if (!config || !config->node_budget_bytes || shunt_fits_budget(c, config, node, held))
		return 0;
	return shunt_audit(config->node_budget_bytes) && shunt_fits_budget(c, config, shunt_note_backlog(c, held), held) ? 0 : SHUNT_NODE_BUDGET;
}

static __always_inline void shunt_room_filled(struct shunt_conn *c, __u64 now)
{
	c->filled_ns = now;
}

/* Half of it at least was read after the room had been filled. */
static __always_inline void shunt_room_drained(struct shunt_conn *c, __u64 now)
{
	__u64 room = shunt_deserved_room(c), took = now - c->filled_ns;

	if (took <= SHUNT_READ_SOON_NS)
		c->room = 2 * room;
	else if (took >= SHUNT_READ_LATE_NS && room > SHUNT_LEAST_ROOM)
		c->room = room / 2;
}

#endif
