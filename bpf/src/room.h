/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * How many bytes a direction may have unread before TCP takes over and blocks the sender: as many as its reader has shown to read at once, never more than
 * its policy allows.
 *
 * A sender that shares a CPU with its reader fills the queue for a whole time slice before the reader runs; a limit below that makes each slice end in TCP, which costs more
 * than redirecting gains. Some 16 MiB are one slice of 64 KiB writes. But a reader that has stopped must not hold so much. So a direction begins with little, gets twice as
 * much whenever a full queue was read within a few slices, and half of it when that took long.
 */
#ifndef SHUNT_ROOM_H
#define SHUNT_ROOM_H

#include "conn.h"

#define SHUNT_FIRST_ROOM (2ull << 20)
#define SHUNT_READ_SOON_NS 50000000ull
#define SHUNT_READ_LATE_NS 1000000000ull

static __always_inline __u64 shunt_room(const struct shunt_conn *c)
{
	__u64 room = c->room ? c->room : SHUNT_FIRST_ROOM;

	return room < c->backlog_bytes ? room : c->backlog_bytes;
}

static __always_inline void shunt_room_filled(struct shunt_conn *c, __u64 now)
{
	c->filled_ns = now;
}

/* Everything was read after the room had been filled. */
static __always_inline void shunt_room_drained(struct shunt_conn *c, __u64 now)
{
	__u64 room = shunt_room(c), took = now - c->filled_ns;

	if (took <= SHUNT_READ_SOON_NS)
		c->room = 2 * room;
	else if (took >= SHUNT_READ_LATE_NS && room > SHUNT_FIRST_ROOM)
		c->room = room / 2;
	if (c->room > c->backlog_bytes)
		c->room = c->backlog_bytes;
}

#endif
