/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Listeners whose connections are over before redirecting could bring anything: connect, ask once, close. Watching such a connection costs more than redirecting its two
 * messages saves (docs/decisions/0010), so it is left alone, under slower_than_tcp if nothing else keeps it from being redirected, while its listener is like that.
 *
 * A listener is hasty while connections come to it fast and the last ones that were watched were all short, to a policy that wants them and from clients that do. One in
 * SHUNT_HASTY_SAMPLE, if they are not too many for that, is watched all the same: the first that lasts, or for which redirecting was worth it, ends it, and so do a pause
 * in which none comes (with Handshake, until several bursts in a row were short) or none of the watched ones closes, and a second of fewer arrivals.
 *
 * The server's request decides, and leaves a slot for both ends to find (passing.h).
 *
 * A connection with another host can never be redirected, and costs as much to watch. If it is short it speaks for haste, and if it lasts against nothing. For its server it is one of the listener's;
 * its client, which finds that nothing on this host knows of it, goes by how its policy's connections to that port of others have been, and keeps the slot itself.
 *
 * Who lasts among those that are left alone, or when the last of them came, shows to nobody. So while some are, a walk is wanted now and then.
 */
#ifndef SHUNT_HASTY_H
#define SHUNT_HASTY_H

#include "maps.h"
#include "account.h"
#include "clock.h"

#define SHUNT_HASTY_ARRIVALS 256u        /* requests within SHUNT_HASTY_NS that make watching dear */
#define SHUNT_HASTY_NS 1000000000ull
#define SHUNT_HASTY_PAUSE_NS 20000000ull
#define SHUNT_HASTY_SHORT 256u           /* short connections in a row */
#define SHUNT_HASTY_AGAIN 32u            /* of both, after a pause of one that was hasty less than SHUNT_HASTY_KNOWN_NS ago */
#define SHUNT_HASTY_KNOWN_NS 60000000000ull
#define SHUNT_HASTY_BURSTS 8u            /* in a row, all of them short, after which the next one is thought to be: with Handshake */
#define SHUNT_HASTY_SAMPLE 32u
#define SHUNT_HASTY_AT_ONCE 65535u
#define SHUNT_HASTY_REMINDER_SHIFT 30    /* of ns: about a second */
#define SHUNT_SHORT_NS 200000000ull
#define SHUNT_SHORT_MESSAGES 4u          /* redirected by one end, and one more for each 16 KiB, a proxy's buffer */
#define SHUNT_SHORT_MESSAGE_SHIFT 14
#define SHUNT_SHORT_BYTES 131072u

enum shunt_fast {
	SHUNT_NOT_FAST = 0,
	SHUNT_FAST = 1,            /* the last arrivals came fast */
	SHUNT_FAST_BEFORE = 2,     /* they did before a pause */
};

enum shunt_haste_kind { SHUNT_NOT_HASTY = 0, SHUNT_HASTY = 1, SHUNT_HASTY_AFTER_PAUSE = 2 };

#define SHUNT_ELSEWHERE (1ull << 63)     /* in the key of a port of other hosts */

/* A policy's connections to one port of one network namespace; 0 is nobody's. */
static __always_inline __u64 shunt_listener_key(__u64 netns_cookie, __u16 port, __u32 row)
{
	return (netns_cookie << 32 & ~SHUNT_ELSEWHERE) | (__u64)(row & 0xffff) << 16 | port;
}

/* Those of a policy's clients in one network namespace to that port of whom this host does not know. */
static __always_inline __u64 shunt_elsewhere_key(__u64 netns_cookie, __u16 port, __u32 row)
{
	return shunt_listener_key(netns_cookie, port, row) | SHUNT_ELSEWHERE;
}

static __always_inline __u32 shunt_row_of(__u64 listener)
{
	return listener >> 16 & 0xffff;
}

static __always_inline __u64 shunt_with_row(__u64 listener, __u32 row)
{
	return (listener & ~(0xffffull << 16)) | (__u64)(row & 0xffff) << 16;
}

static __always_inline struct shunt_tempo *shunt_tempo_of(__u64 listener)
{
	__u32 i = (listener * 0x9e3779b97f4a7c15ull) >> 52;

	return bpf_map_lookup_elem(&shunt_tempos, &i);
}

/* It was thought hasty, and is not: what was left alone meanwhile may last as well, and the conductor shall look. */
static __always_inline void shunt_haste_ends(struct shunt_tempo *t, __u64 sk)
{
	bool was = t->short_ones >= SHUNT_HASTY_SHORT;

	t->short_ones = t->bursts = 0;
	if (was)
		shunt_call_conductor(sk);
}

/*
 * What comes after a pause may be of another kind: the first of a pool of connections, for instance.
 *
 * With Handshake, which redirects from the first byte on, a few suffice to show that it is what came before. With Settled nothing is enrolled before its settle time is over, so little
 * is lost until then: the haste goes on at once, for as long as none of those that are watched, the first of them included, can have shown that it lasts, and for about as many as came before one
 * closed when they were short. If they last, a walk finds them and those that were left alone beside them. A burst must be as fast as the one before it, or the next begins as a listener's first.
 * So it is with Handshake where several bursts in a row were short and nothing else came between them.
 */
static __always_inline void shunt_haste_pauses(struct shunt_tempo *t, __u64 now, bool settled)
{
	bool known = t->short_ones >= SHUNT_HASTY_SHORT - SHUNT_HASTY_AGAIN && !shunt_is_over(now, t->last_ns, SHUNT_HASTY_KNOWN_NS);
	bool goes_on = known && t->fast == SHUNT_FAST && t->short_ones >= SHUNT_HASTY_SHORT;

	t->bursts = !goes_on ? 0 : t->bursts < SHUNT_HASTY_BURSTS ? t->bursts + 1 : t->bursts;
	goes_on = goes_on && (settled || t->bursts >= SHUNT_HASTY_BURSTS);
	t->arrivals = known ? SHUNT_HASTY_ARRIVALS - SHUNT_HASTY_AGAIN : 0;
	t->since_ns = now - (known ? SHUNT_HASTY_NS - SHUNT_HASTY_NS / SHUNT_HASTY_ARRIVALS * SHUNT_HASTY_AGAIN : 0);
	t->fast = SHUNT_NOT_FAST;
	t->before = !known ? 0 : t->at_once > t->before ? t->at_once : t->before; /* a burst has pauses of its own */
	t->at_once = t->unanswered = 0;
	if (goes_on) {
		t->fast = SHUNT_FAST_BEFORE;
		t->arrivals--; /* the first one is watched */
		t->short_ns = now + SHUNT_SHORT_NS;
	} else {
		t->short_ones = known ? SHUNT_HASTY_SHORT - SHUNT_HASTY_AGAIN : 0;
	}
}

/* After a pause, before any that was watched since can have closed or lasted. */
static __always_inline bool shunt_is_after_pause(const struct shunt_tempo *t, __u64 now)
{
	return shunt_is_over(t->short_ns, now, 0);
}

/* Where watched ones stopped closing they may have begun to last; where more come before one closed than ever did while they were short, they may be of another kind. */
static __always_inline bool shunt_is_likely_short(const struct shunt_tempo *t, __u64 now)
{
	__u32 most = t->at_once > t->before ? t->at_once : t->before;

	return !shunt_is_over(now, t->short_ns, SHUNT_HASTY_PAUSE_NS) && t->unanswered <= most + most / 4 + SHUNT_HASTY_SAMPLE;
}

/* One of so many arrivals is watched, but no more than show in time that the others are like it. */
static __always_inline bool shunt_is_sample(struct shunt_tempo *t, __u64 now)
{
	if (t->arrivals % SHUNT_HASTY_SAMPLE || !shunt_is_over(now, t->sampled_ns, SHUNT_HASTY_PAUSE_NS / 4))
		return false;
	t->sampled_ns = now;
	return true;
}

/* Once in so long while some are left alone. The walk, some seconds later, is followed by one more, which meets those that come after the last reminder before it (WalkSchedule). */
static __always_inline void shunt_remind_of_haste(struct shunt_tempo *t, __u64 now, __u64 sk)
{
	__u32 turn = now >> SHUNT_HASTY_REMINDER_SHIFT;

	if (t->reminded == turn)
		return;
	t->reminded = turn;
	shunt_remind_conductor(sk);
}

/* Asked for every request that a consenting policy matches, and for every client that is alone; settled: that says enrolment: Settled, or it could not be redirected anyway. */
static __always_inline enum shunt_haste_kind shunt_is_hasty(__u64 listener, __u64 now, __u64 sk, bool settled)
{
	struct shunt_tempo *t = shunt_tempo_of(listener);

	if (!t)
		return SHUNT_NOT_HASTY;
	if (t->listener != listener) {
		t->listener = listener;
		t->since_ns = t->last_ns = now;
		t->arrivals = t->short_ones = t->bursts = 0;
		t->fast = SHUNT_NOT_FAST;
		t->unanswered = t->at_once = t->before = 0;
		return SHUNT_NOT_HASTY;
	}
	if (shunt_is_over(now, t->last_ns, SHUNT_HASTY_PAUSE_NS))
		shunt_haste_pauses(t, now, settled);
	t->last_ns = now;
	if (t->unanswered < SHUNT_HASTY_AT_ONCE)
		t->unanswered++;
	if (++t->arrivals >= SHUNT_HASTY_ARRIVALS || shunt_is_over(now, t->since_ns, SHUNT_HASTY_NS)) {
		t->fast = shunt_is_over(now, t->since_ns, SHUNT_HASTY_NS) ? SHUNT_NOT_FAST : SHUNT_FAST;
		t->since_ns = now;
		t->arrivals = 0;
	}
	if (!t->fast || t->short_ones < SHUNT_HASTY_SHORT || !shunt_is_likely_short(t, now) || shunt_is_sample(t, now))
		return SHUNT_NOT_HASTY;
	shunt_remind_of_haste(t, now, sk);
	return settled && shunt_is_after_pause(t, now) ? SHUNT_HASTY_AFTER_PAUSE : SHUNT_HASTY; /* with Handshake nobody asks for its program */
}

/* Has the CPU fetch what shunt_is_hasty() will look at, while it classifies: a load whose value nobody waits for. */
static __always_inline void shunt_foresee(const struct shunt_left *here)
{
	struct shunt_tempo *t = shunt_tempo_of(here->passed_by);

	if (t)
		(void)*(volatile __u64 *)&t->listener;
}

/* Whether new connections to it are left alone at present, so that the conductor is still to be called for them. */
static __always_inline bool shunt_still_hasty(__u64 listener, __u64 now)
{
	struct shunt_tempo *t = shunt_tempo_of(listener);

	return t && t->listener == listener && t->fast && t->short_ones >= SHUNT_HASTY_SHORT && !shunt_is_over(now, t->last_ns, SHUNT_HASTY_PAUSE_NS);
}

static __always_inline void shunt_not_hasty(__u64 listener, __u64 sk)
{
	struct shunt_tempo *t = listener ? shunt_tempo_of(listener) : NULL;

	if (t && t->listener == listener)
		shunt_haste_ends(t, sk);
}

/* Whether the length of this end's connection says something of its listener: a client's only of who is elsewhere. */
static __always_inline bool shunt_speaks_for_haste(const struct shunt_conn *c)
{
	return !(c->flags & SHUNT_CONN_CLIENT) || (c->listener & SHUNT_ELSEWHERE);
}

/* A connection with another host never does: it could not be redirected either way. */
static __always_inline bool shunt_speaks_against_haste(const struct shunt_conn *c)
{
	return !(c->listener & SHUNT_ELSEWHERE) && c->verdict != SHUNT_REMOTE_PEER;
}

/* A watched connection has settled. It says so once. */
static __always_inline void shunt_note_lasting(struct shunt_conn *c, __u64 now, __u64 sk)
{
	if (!c->listener || !shunt_is_over(now, c->born_ns, SHUNT_SHORT_NS))
		return;
	if (shunt_speaks_against_haste(c))
		shunt_not_hasty(c->listener, sk);
	c->listener = 0;
}

/* Whether redirecting saved what entering and leaving the sockhash cost. */
static __always_inline bool shunt_was_worth_it(const struct shunt_conn *c)
{
	return c->redirected_bytes > SHUNT_SHORT_BYTES || c->redirected_messages > SHUNT_SHORT_MESSAGES + (c->redirected_bytes >> SHUNT_SHORT_MESSAGE_SHIFT);
}

/* A watched connection closes. */
static __always_inline void shunt_note_length(const struct shunt_conn *c, __u64 now, __u64 sk)
{
	bool enrolled_later = c->enrolled_ns && !(c->flags & SHUNT_CONN_HANDSHAKE);
	struct shunt_tempo *t;

	if (!c->listener)
		return;
	if (enrolled_later || shunt_is_over(now, c->born_ns, SHUNT_SHORT_NS) || shunt_was_worth_it(c)) {
		if (shunt_speaks_against_haste(c))
			shunt_not_hasty(c->listener, sk);
		return;
	}
	t = shunt_tempo_of(c->listener);
	if (!t || t->listener != c->listener || !shunt_speaks_for_haste(c))
		return;
	t->short_ns = now;
	if (t->at_once < t->unanswered)
		t->at_once = t->unanswered;
	t->unanswered = 0;
	if (t->short_ones < SHUNT_HASTY_SHORT)
		t->short_ones++;
}

#endif
