/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * How many messages are unread at most. A sender sees how many bytes its reader's queues hold, not how many messages, and it counts those since it last found nothing there. But a stream whose
 * reader keeps up may go on for long without its queue being empty at the very moment of a message: where TCP carries some of it, or the two share a CPU. So when the count is at its limit, it is looked at whether the
 * first half of them has been read; then what counts is the other half.
 */
#ifndef SHUNT_LAP_H
#define SHUNT_LAP_H

#include "maps.h"

/* What was redirected and is read, as far as the reader's queues show it. It wraps. What comes by TCP makes it less, and only when it is read more again. */
static __always_inline __u32 shunt_read_so_far(const struct shunt_conn *c, int backlog)
{
	return (__u32)c->redirected_bytes - (__u32)(backlog > 0 ? backlog : 0);
}

/* A message was redirected and is counted. */
static __always_inline void shunt_note_lap(struct shunt_conn *c)
{
	if (c->messages == c->backlog_messages / 2)
		c->lap_seq = c->redirected_bytes;
}

/* Its limit changed, and with it where half of it is: nothing is known to be read. */
static __always_inline void shunt_new_lap(struct shunt_conn *c)
{
	c->lap_seq = c->redirected_bytes;
}

/* The count is at its limit. False if it stays there. */
static __always_inline bool shunt_laps(struct shunt_conn *c, int backlog)
{
	__u32 half = c->backlog_messages / 2;

	if (!half || c->messages < half || (__s32)(shunt_read_so_far(c, backlog) - c->lap_seq) < 0)
		return false;
	c->messages -= half;
	c->burst_bytes = c->redirected_bytes - (__u32)((__u32)c->redirected_bytes - c->lap_seq);
	c->lap_seq = c->redirected_bytes;
	return c->messages < c->backlog_messages;
}

#endif
