/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Listeners whose connections are over before redirecting could bring anything: connect, ask once, close. Watching such a connection costs more than redirecting its two
 * messages saves (docs/decisions/0010), so it is left alone, under slower_than_tcp if nothing else keeps it from being redirected, while its listener is like that.
 *
 * A listener is hasty while connections come to it fast and the last ones that were watched were all short, to a policy that wants them and from clients that do. One in
 * SHUNT_HASTY_SAMPLE is watched all the same: the first that lasts, or that redirects more than a few messages, ends it, and so do a pause in which none comes or none of
 * the watched ones closes, and a second of fewer arrivals.
 *
 * The server's request decides, and leaves the fingerprint in shunt_hastes for both ends to find. A slot is overwritten only when its handshake is over.
 */
#ifndef SHUNT_HASTY_H
#define SHUNT_HASTY_H

#include "maps.h"
#include "account.h"

#define SHUNT_HASTY_ARRIVALS 256u        /* requests within SHUNT_HASTY_NS that make watching dear */
#define SHUNT_HASTY_NS 1000000000ull
#define SHUNT_HASTY_PAUSE_NS 20000000ull
#define SHUNT_HASTY_SHORT 256u           /* short connections in a row */
#define SHUNT_HASTY_AGAIN 32u            /* of both, after a pause of one that was hasty less than SHUNT_HASTY_KNOWN_NS ago */
#define SHUNT_HASTY_KNOWN_NS 60000000000ull
#define SHUNT_HASTY_SAMPLE 32u
#define SHUNT_SHORT_NS 200000000ull
#define SHUNT_SHORT_MESSAGES 4u          /* redirected by one end */
#define SHUNT_SHORT_BYTES 65536u
#define SHUNT_HANDSHAKE_NS 1000000000ull /* after so long a handshake that has not finished may lose its slot */

/* A policy's connections to one port of one network namespace; 0 is nobody's. */
static __always_inline __u64 shunt_listener_key(__u64 netns_cookie, __u16 port, __u32 row)
{
	return netns_cookie << 32 | (__u64)(row & 0xffff) << 16 | port;
}

static __always_inline struct shunt_tempo *shunt_tempo_of(__u64 listener)
{
	__u32 i = (listener * 0x9e3779b97f4a7c15ull) >> 52;

	return bpf_map_lookup_elem(&shunt_tempos, &i);
}

/* Two CPUs' looks at the clock may cross, and the coarse one lags behind the other: less than nothing is nothing. */
static __always_inline bool shunt_is_over(__u64 now, __u64 since, __u64 ns)
{
	return (__s64)(now - since) > (__s64)ns;
}

/* It was thought hasty, and is not: what was left alone meanwhile may last as well, and the conductor shall look. */
static __always_inline void shunt_haste_ends(struct shunt_tempo *t, __u64 sk)
{
	bool was = t->short_ones >= SHUNT_HASTY_SHORT;

	t->short_ones = 0;
	if (was)
		shunt_call_conductor(sk);
}

/*
 * What comes after a pause may be of another kind: the first of a pool of connections, for instance. A few suffice to show that it is what came before. Every one that was watched
 * was short, so it is unlikely that one that was left alone is not, and no walk is made for that alone.
 */
static __always_inline void shunt_haste_pauses(struct shunt_tempo *t, __u64 now, __u64 sk)
{
	bool known = t->short_ones >= SHUNT_HASTY_SHORT - SHUNT_HASTY_AGAIN && !shunt_is_over(now, t->last_ns, SHUNT_HASTY_KNOWN_NS);

	if (t->short_ones >= SHUNT_HASTY_SHORT)
		shunt_remind_conductor(sk);
	t->fast = 0;
	t->short_ones = known ? SHUNT_HASTY_SHORT - SHUNT_HASTY_AGAIN : 0;
	t->arrivals = known ? SHUNT_HASTY_ARRIVALS - SHUNT_HASTY_AGAIN : 0;
	t->since_ns = now - (known ? SHUNT_HASTY_NS - SHUNT_HASTY_NS / SHUNT_HASTY_ARRIVALS * SHUNT_HASTY_AGAIN : 0);
}

/* Asked for every request that a consenting policy matches. */
static __always_inline bool shunt_is_hasty(__u64 listener, __u64 now, __u64 request)
{
	struct shunt_tempo *t = shunt_tempo_of(listener);
	__u32 arrivals;

	if (!t)
		return false;
	if (t->listener != listener) {
		t->listener = listener;
		t->since_ns = t->last_ns = now;
		t->arrivals = t->short_ones = t->fast = 0;
		return false;
	}
	if (shunt_is_over(now, t->last_ns, SHUNT_HASTY_PAUSE_NS))
		shunt_haste_pauses(t, now, request);
	t->last_ns = now;
	arrivals = ++t->arrivals;
	if (arrivals >= SHUNT_HASTY_ARRIVALS || shunt_is_over(now, t->since_ns, SHUNT_HASTY_NS)) {
		bool fast = !shunt_is_over(now, t->since_ns, SHUNT_HASTY_NS);

		if (t->fast && !fast && t->short_ones >= SHUNT_HASTY_SHORT)
			shunt_remind_conductor(request);
		t->fast = fast;
		t->since_ns = now;
		t->arrivals = 0;
	}
	/* Where watched ones stopped closing they may have begun to last. */
	return t->fast && t->short_ones >= SHUNT_HASTY_SHORT && !shunt_is_over(now, t->short_ns, SHUNT_HASTY_PAUSE_NS) && arrivals % SHUNT_HASTY_SAMPLE;
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

/* A watched connection closes. Both ends speak against haste, the server's alone for it. */
static __always_inline void shunt_note_length(const struct shunt_conn *c, __u64 now, __u64 sk)
{
	bool enrolled_later = c->enrolled_ns && !(c->flags & SHUNT_CONN_HANDSHAKE);
	struct shunt_tempo *t;

	if (!c->listener)
		return;
	if (enrolled_later || shunt_is_over(now, c->born_ns, SHUNT_SHORT_NS) || c->redirected_messages > SHUNT_SHORT_MESSAGES || c->redirected_bytes > SHUNT_SHORT_BYTES) {
		shunt_not_hasty(c->listener, sk);
		return;
	}
	t = shunt_tempo_of(c->listener);
	if (!t || t->listener != c->listener || (c->flags & SHUNT_CONN_CLIENT))
		return;
	t->short_ns = now;
	if (t->short_ones < SHUNT_HASTY_SHORT)
		t->short_ones++;
}

static __always_inline __u64 shunt_fingerprint(const struct shunt_pair_key *key)
{
	return (__u64)key->client_isn << 32 | key->server_isn;
}

static __always_inline struct shunt_haste *shunt_haste_slot(const struct shunt_pair_key *key)
{
	__u32 i = (key->client_isn ^ key->server_isn) & (SHUNT_STRANGERS - 1);

	return bpf_map_lookup_elem(&shunt_hastes, &i);
}

/* Leaves the connection alone; false if the slot is another's whose handshake is under way. */
static __always_inline bool shunt_let_pass(const struct shunt_pair_key *key, __u64 listener, __u64 now)
{
	struct shunt_haste *h = shunt_haste_slot(key);
	__u64 before;

	if (!h)
		return false;
	before = h->fingerprint;
	if (h->began_ns && !h->over && !shunt_is_over(now, h->began_ns, SHUNT_HANDSHAKE_NS))
		return false;
	if (__sync_val_compare_and_swap(&h->fingerprint, before, shunt_fingerprint(key)) != before)
		return false;
	h->listener = listener;
	h->flags = 0;
	h->over = 0;
	h->began_ns = now;
	return true;
}

/*
 * What is left alone bears a mark that costs nothing: callbacks for retransmissions, which are rare and answered with nothing. It tells a walk that the connection is counted,
 * should it turn out to last.
 */
#define SHUNT_LEFT_ALONE_FLAGS (BPF_SOCK_OPS_RTO_CB_FLAG | BPF_SOCK_OPS_RETRANS_CB_FLAG)

static __always_inline void shunt_mark_left_alone(struct bpf_sock_ops *ctx)
{
	bpf_sock_ops_cb_flags_set(ctx, ctx->bpf_sock_ops_cb_flags | SHUNT_LEFT_ALONE_FLAGS);
}

static __always_inline bool shunt_was_left_alone(struct tcp_sock *tp)
{
	return (tp->bpf_sock_ops_cb_flags & (SHUNT_LEFT_ALONE_FLAGS | BPF_SOCK_OPS_STATE_CB_FLAG)) == SHUNT_LEFT_ALONE_FLAGS;
}

/* The connection that is left alone, or NULL if this one is not. */
static __always_inline struct shunt_haste *shunt_passing(const struct shunt_pair_key *key)
{
	struct shunt_haste *h = shunt_haste_slot(key);

	return h && h->fingerprint == shunt_fingerprint(key) ? h : NULL;
}

/* The server's end accounts for it: counted once, not live, for nothing sees it close. */
static __always_inline void shunt_count_passing(struct shunt_haste *h)
{
	struct shunt_counters *r = shunt_row(h->listener >> 16 & 0xffff);

	if (r)
		shunt_count(r->verdicts, SHUNT_SLOWER_THAN_TCP, 1);
}

#endif
