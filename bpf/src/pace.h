/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Whether TCP is faster, measured. The rules that tell (bursts.h, carried.h, floods.h, nagle.h, turns.h) were found on some machines, and what they weigh, copying against system calls and wake-ups, differs
 * between machines by several times (docs/decisions/0027). So each of them only proposes: the connection leaves, and what TCP does with it outside is compared with what it did inside. If TCP is not faster there, the
 * connection comes back, and is spared for a while, as long as it is no slower than TCP was.
 *
 * Inside, an end's pace is what it sent in the last tenths of a second in which it was busy; a gap of SHUNT_PACE_GAP_NS in between does not count. Outside it is what was acknowledged in the time in which
 * the kernel saw something under way (tcp_chrono_start(), kept for tcp_info), of two that take turns in twice that of both. So who pauses now and then stays out, as it would without being measured; of one that is
 * only tried it is the time between two looks at which it was sending, for where each write is acknowledged at once there is never much under way.
 */
#ifndef SHUNT_PACE_H
#define SHUNT_PACE_H

#include "clock.h"
#include "conn.h"
#include <bpf/bpf_core_read.h>

#define SHUNT_PACE_STEP (256u << 10)     /* bytes by TCP from within the sockhash, between two looks at the clock */
#define SHUNT_PACE_GAP_NS 20000000ull
#define SHUNT_PACE_NS 256000000ull       /* half of what is remembered is forgotten after that */
#define SHUNT_PACE_LEAST_NS 96000000ull  /* less tells nothing */
#define SHUNT_PACE_KNOWN_NS 300000000ull /* after that, a connection whose pace is not known is one that pauses all the time, and need not be waited for */
#define SHUNT_PACE_ANEW_NS 1000000000ull /* a gap after which it begins to send as if for the first time */
#define SHUNT_OUTSIDE_NS 150000000ull    /* of being busy, before TCP is judged */
#define SHUNT_OUTSIDE_DONE 1ull          /* of outside_ns */
#define SHUNT_FASTER_BY 10               /* of a hundred: as much faster it must have been inside to come back */
#define SHUNT_TRIED_NS 3000000000ull     /* longest trial: one that hardly sends meanwhile belongs where it was */
#define SHUNT_TRIED_BUSY_NS 250000000ull /* of sending, before TCP is judged in a trial */
#define SHUNT_TRIED_LOOK_NS 1000000000ull /* between two looks at one that is tried; more tells nothing of what was in between */
#define SHUNT_TRIED_BY 10                /* as much faster TCP must be to keep one that was only tried: of many that share a thread, each one's pace is as the others let it */
#define SHUNT_SPARED_NS 10000000000ull   /* doubled with each return that follows another */
#define SHUNT_SPARED_DOUBLINGS 7

#define TCP_CHRONO_UNSPEC 0              /* include/linux/tcp.h: enum tcp_chrono */

/* Bytes in a millisecond; 0 = not known. */
static __always_inline __u64 shunt_pace(const struct shunt_conn *c)
{
	return c->pace_took_ns < SHUNT_PACE_LEAST_NS ? 0 : c->pace_bytes / (c->pace_took_ns / 1000000);
}

/* Some messages were sent since this was last asked, by either way. */
static __always_inline void shunt_note_pace(struct shunt_conn *c)
{
	__u64 now = bpf_ktime_get_coarse_ns(), sent = c->redirected_bytes + c->by_tcp, took = now - c->pace_ns;

	if (took < SHUNT_PACE_GAP_NS) {
		c->pace_bytes += sent - c->pace_at;
		c->pace_took_ns += took;
		if (c->pace_took_ns > SHUNT_PACE_NS) {
			c->pace_bytes /= 2;
			c->pace_took_ns /= 2;
		}
	}
	if (took >= SHUNT_PACE_ANEW_NS)
		c->pace_since_ns = now;
	c->pace_at = sent;
	c->pace_ns = now;
}

static __always_inline void shunt_pace_by_tcp(struct shunt_conn *c, __u32 size)
{
	c->by_tcp += size;
	if (c->redirected_bytes + c->by_tcp - c->pace_at >= SHUNT_PACE_STEP)
		shunt_note_pace(c);
}

/* It enters. */
static __always_inline void shunt_new_pace(struct shunt_conn *c)
{
	c->pace_at = c->redirected_bytes + c->by_tcp;
	c->pace_ns = 0;
	c->pace_bytes = c->pace_took_ns = 0;
	c->outside_ns = 0;
}

/* Whether a rule's proposal does not count: nothing is known yet that TCP could be compared with, or TCP was measured of late and is no faster than this. */
static __always_inline bool shunt_is_spared(const struct shunt_conn *c)
{
	__u64 pace = shunt_pace(c), now = bpf_ktime_get_coarse_ns();

	if (!pace && now - c->pace_since_ns < SHUNT_PACE_KNOWN_NS)
		return true;
	return now < c->spared_until_ns && (!pace || pace >= c->tcp_pace);
}

/* Whether TCP is so much faster that one that is tried stays out. */
static __always_inline bool shunt_is_slower_than(__u64 pace, __u64 tcp)
{
	return tcp * 100 > pace * (100 + SHUNT_TRIED_BY);
}

/* How many jiffies this socket had something under way (tcp_get_info_chrono_stats()). */
static __always_inline __u32 shunt_busy_jiffies(struct tcp_sock *tp, __u32 now)
{
	__u32 busy = tp->chrono_stat[0] + tp->chrono_stat[1] + tp->chrono_stat[2];

	return BPF_CORE_READ_BITFIELD(tp, chrono_type) == TCP_CHRONO_UNSPEC ? busy : busy + now - tp->chrono_start;
}

/* Both ends of a connection are out because TCP is said to be faster for what this end sends. peer: its other end's socket, or NULL. */
static __always_inline void shunt_begins_outside(struct shunt_conn *c, struct tcp_sock *tp, struct tcp_sock *peer, __u64 now)
{
	__u32 jiffies = bpf_jiffies64();

	c->outside_ns = now;
	c->outside_bytes = tp->bytes_acked;
	c->outside_jiffies = jiffies;
	if (c->flags & SHUNT_CONN_TRIES) {
		c->flags &= ~SHUNT_CONN_TRIED_BUSY;
		c->tried_kib = c->tried_us = 0;
		return;
	}
	c->outside_busy = shunt_busy_jiffies(tp, jiffies);
	c->outside_peer_busy = peer ? shunt_busy_jiffies(peer, jiffies) : 0;
}

/* How fast TCP is outside, in bytes in a millisecond; 0 = it is too soon to tell. */
static __always_inline __u64 shunt_pace_outside(const struct shunt_conn *c, struct tcp_sock *tp, struct tcp_sock *peer, __u64 now)
{
	__u32 jiffies = bpf_jiffies64(), passed = jiffies - c->outside_jiffies;
	__u64 took = now - c->outside_ns;
	__u32 busy = shunt_busy_jiffies(tp, jiffies) - c->outside_busy, other = peer ? shunt_busy_jiffies(peer, jiffies) - c->outside_peer_busy : 0;

	if (!passed)
		return 0;
	if (other * 4 >= busy)
		busy = 2 * (busy + other); /* they take turns, and what is acknowledged at once is not all that takes time */
	if (busy < passed)
		took = took / passed * busy;
	return took < SHUNT_OUTSIDE_NS ? 0 : (tp->bytes_acked - c->outside_bytes) / (took / 1000000);
}

/* The same of a trial: only the time between two looks counts at which this end was sending. */
static __always_inline __u64 shunt_pace_tried(struct shunt_conn *c, struct tcp_sock *tp, __u64 now)
{
	__u32 jiffies = bpf_jiffies64(), passed = jiffies - c->outside_jiffies;
	__u64 took = now - c->outside_ns;
	bool busy;

	if (!passed)
		return 0;
	busy = took / passed * (jiffies - tp->lsndtime) < SHUNT_PACE_GAP_NS;
	if (busy && (c->flags & SHUNT_CONN_TRIED_BUSY) && took < SHUNT_TRIED_LOOK_NS) {
		c->tried_kib += (tp->bytes_acked - c->outside_bytes) >> 10;
		c->tried_us += took / 1000;
	}
	if (busy)
		c->flags |= SHUNT_CONN_TRIED_BUSY;
	else
		c->flags &= ~SHUNT_CONN_TRIED_BUSY;
	c->outside_ns = now;
	c->outside_bytes = tp->bytes_acked;
	c->outside_jiffies = jiffies;
	return c->tried_us < SHUNT_TRIED_BUSY_NS / 1000 ? 0 : ((__u64)c->tried_kib << 10) / (c->tried_us / 1000) + 1;
}

/* Whether it is being tried, and was just looked at. */
static __always_inline bool shunt_is_tried(const struct shunt_conn *c, __u64 now)
{
	return (c->flags & SHUNT_CONN_TRIES) && c->outside_ns == now;
}

/* Whether it comes back because TCP was measured, and is not faster. peer: as above. */
static __always_inline bool shunt_is_faster_inside(struct shunt_conn *c, struct tcp_sock *tp, struct tcp_sock *peer, __u64 now)
{
	__u64 inside = shunt_pace(c), outside;

	if (!inside || c->outside_ns == SHUNT_OUTSIDE_DONE)
		return false;
	if (!c->outside_ns) {
		shunt_begins_outside(c, tp, peer, now);
		return false;
	}
	outside = c->flags & SHUNT_CONN_TRIES ? shunt_pace_tried(c, tp, now) : shunt_pace_outside(c, tp, peer, now);
	if (!outside && !(c->flags & SHUNT_CONN_TRIES && shunt_is_over(now, c->slow_ns, SHUNT_TRIED_NS)))
		return false;
	c->outside_ns = SHUNT_OUTSIDE_DONE;
	/* What a rule sent out must have been faster inside, and what was only tried, slower. */
	if (c->flags & SHUNT_CONN_TRIES ? shunt_is_slower_than(inside, outside) : inside * 100 <= outside * (100 + SHUNT_FASTER_BY)) {
		c->returns = 0;
		return false;
	}
	c->tcp_pace = outside;
	c->spared_until_ns = now + (SHUNT_SPARED_NS << c->returns);
	if (c->returns < SHUNT_SPARED_DOUBLINGS)
		c->returns++;
	return true;
}

#endif
