/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * `mode: Observe`: what would have become of a connection, and what it carries. Nothing here touches a socket: it reads the kernel's own structures and
 * writes maps of its own. A socket is never put into a sockhash for it.
 */
#ifndef SHUNT_OBSERVE_PROGRAMS_H
#define SHUNT_OBSERVE_PROGRAMS_H

#include "maps.h"
#include "account.h"
#include "bond.h"
#include "fitness.h"
#include "shunt_observe.h"

#define SHUNT_SEND_SHUTDOWN 2      /* include/net/sock.h: after shutdown(SHUT_WR); close() sets both directions */

struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(map_flags, BPF_F_NO_PREALLOC); __uint(max_entries, SHUNT_MAX_OBSERVATIONS); __type(key, __u64); __type(value, struct shunt_observation); } shunt_seen SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(map_flags, BPF_F_NO_PREALLOC); __uint(max_entries, SHUNT_COUNTER_ROWS); __type(key, __u32); __type(value, struct shunt_observed); } shunt_observed SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_LRU_HASH); __uint(max_entries, 1024); __type(key, struct shunt_blocker_key); __type(value, struct shunt_blocker); } shunt_blockers SEC(".maps");
/* a zeroed value to begin with: too large for the stack beside the caller's */
struct shunt_observe_blank {
	struct shunt_observation observation;
	struct shunt_observed observed;
};
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __uint(map_flags, BPF_F_RDONLY_PROG); __type(key, __u32); __type(value, struct shunt_observe_blank); } shunt_blank SEC(".maps");

static __always_inline bool shunt_is_observed(const struct shunt_conn *c)
{
	return c->refusal == SHUNT_OBSERVED_ONLY || (!c->refusal && (c->flags & SHUNT_CONN_PEER_OBSERVES));
}

/* The socket's observation, begun when it is first asked for. */
static __always_inline struct shunt_observation *shunt_observation_of(const struct shunt_conn *c, __u64 sk)
{
	struct shunt_observation *o = bpf_map_lookup_elem(&shunt_seen, &c->cookie);
	struct shunt_observe_blank *blank;
	__u64 cookie = c->cookie;
	__u32 zero = 0;

	if (o)
		return o;
	blank = bpf_map_lookup_elem(&shunt_blank, &zero);
	if (!blank || bpf_map_update_elem(&shunt_seen, &cookie, &blank->observation, BPF_NOEXIST))
		return NULL;
	o = bpf_map_lookup_elem(&shunt_seen, &cookie);
	if (!o)
		return NULL;
	o->born_ns = c->born_ns;
	o->cgroup = BPF_CORE_READ((struct sock *)sk, sk_cgrp_data.cgroup, kn, id);
	return o;
}

/* What speaks against the connection for good. */
static __always_inline void shunt_note_obstacle(const struct shunt_conn *c, __u64 sk, __u32 reason)
{
	struct shunt_observation *o;

	if (!shunt_is_observed(c))
		return;
	o = shunt_observation_of(c, sk);
	if (o && reason)
		__sync_fetch_and_or(&o->lasting, 1u << (reason & (SHUNT_VERDICTS - 1)));
}

/* Each end learns who the other is. */
static __always_inline void shunt_note_peer(const struct shunt_conn *c, __u64 sk, __u64 peer_cookie)
{
	struct shunt_observation *o, *peer;

	if (!shunt_is_observed(c))
		return;
	o = shunt_observation_of(c, sk);
	peer = bpf_map_lookup_elem(&shunt_seen, &peer_cookie);
	if (o && peer) {
		o->peer_cookie = peer_cookie;
		peer->peer_cookie = c->cookie;
		/* With syncookies the client could not know. */
		__sync_fetch_and_and(&peer->lasting, ~(1u << SHUNT_REMOTE_PEER));
	}
}

/* Ends that were not observed when they shook hands meet here: an older connection, or a policy that changed. */
static __always_inline void shunt_look_for_peer(const struct shunt_conn *c, struct shunt_observation *o)
{
	struct shunt_observation *peer;
	struct shunt_end *mine, *other;
	__u64 peer_cookie;

	if (o->peer_cookie || o->lasting || (c->flags & SHUNT_CONN_STRAY) || !shunt_ends_of(c, &mine, &other))
		return;
	peer_cookie = other->cookie;
	peer = bpf_map_lookup_elem(&shunt_seen, &peer_cookie);
	if (peer) {
		o->peer_cookie = peer_cookie;
		peer->peer_cookie = c->cookie;
	}
}

/* Everything about a socket's own state that speaks against it now, one bit for each reason. */
static __always_inline __u32 shunt_obstacles(struct sock *sk, struct tcp_sock *tp)
{
	__u32 found = 0;

	if (BPF_CORE_READ((struct inet_connection_sock *)sk, icsk_ulp_ops))
		found |= 1u << SHUNT_ULP;
	if (tp->is_mptcp)
		found |= 1u << SHUNT_MPTCP;
	if (!shunt_is_nonblocking(sk))
		found |= 1u << SHUNT_BLOCKING_SOCKET;
	if (BPF_CORE_READ(sk, sk_rcvlowat) > 1)
		found |= 1u << SHUNT_RECEIVE_LOW_WATER;
	if (shunt_peculiar(tp) || shunt_has_owner(sk) || shunt_is_mapped(sk))
		found |= 1u << SHUNT_SOCKET_OPTION;
	return found;
}

/* Looks at the socket as the conductor would; only while its program holds it. */
static __always_inline void shunt_observe_fitness(struct shunt_observation *o, const struct shunt_conn *c, struct sock *sk, struct tcp_sock *tp)
{
	__u32 present = shunt_obstacles(sk, tp), seen = SHUNT_SEEN_USED;

	if (shunt_splices(sk, c))
		__sync_fetch_and_or(&o->lasting, 1u << SHUNT_SPLICE_USER);
	if (c->flags & SHUNT_CONN_SPLICED)
		seen |= SHUNT_SEEN_SPLICE;
	if (c->refusal == SHUNT_OBSERVED_ONLY)
		seen |= SHUNT_SEEN_OBSERVED;
	if (c->flags & SHUNT_CONN_WANTS_HANDSHAKE)
		seen |= SHUNT_SEEN_HANDSHAKE;
	o->row = c->row;
	if (c->flags & SHUNT_CONN_MAY_BLOCK) {
		if (present & (1u << SHUNT_BLOCKING_SOCKET))
			seen |= SHUNT_SEEN_BLOCKING;
		present &= ~(1u << SHUNT_BLOCKING_SOCKET);
	}
	o->present = present;
	if ((o->seen & seen) != seen)
		__sync_fetch_and_or(&o->seen, seen);
}

/* Why the connection of these two ends would not have been accelerated, or SHUNT_ACCELERATED; Outcome.java says the same of open ones. The order is shunt_judge()'s, then shunt_fitness()'s. */
static __always_inline __u32 shunt_would(const struct shunt_observation *o, const struct shunt_observation *peer, __u64 age_ns, __u64 settle_ns)
{
	__u32 reasons = o->lasting | o->present, seen = o->seen, i;

	if (peer) {
		reasons |= peer->lasting | peer->present;
		seen &= peer->seen;
	} else if (!(reasons & (1u << SHUNT_REMOTE_PEER | 1u << SHUNT_UNPAIRED))) {
		reasons |= 1u << SHUNT_PEER_NOT_CONSENTING;
	}
	for (i = SHUNT_REMOTE_PEER; i < SHUNT_BLOCKING_SOCKET; i++)
		if (reasons & (1u << i))
			return i;
	/* Decided at the handshake, whatever became of the connection: these come before its age. */
	for (i = SHUNT_ULP; i <= SHUNT_DUPLICATE_FINGERPRINT; i++)
		if (reasons & (1u << i))
			return i;
	if (!(seen & SHUNT_SEEN_HANDSHAKE) && age_ns < settle_ns)
		return SHUNT_NOT_SETTLED;
	if (!(seen & SHUNT_SEEN_USED))
		return SHUNT_UNDECIDED; /* nobody ever used the socket, so nothing can be said */
	if (reasons & (1u << SHUNT_SPLICE_USER))
		return SHUNT_SPLICE_USER;
	if (reasons & (1u << SHUNT_BLOCKING_SOCKET) && !(seen & SHUNT_SEEN_HANDSHAKE))
		return SHUNT_BLOCKING_SOCKET;
	if (reasons & (1u << SHUNT_RECEIVE_LOW_WATER))
		return SHUNT_RECEIVE_LOW_WATER;
	return reasons & (1u << SHUNT_SOCKET_OPTION) ? SHUNT_SOCKET_OPTION : SHUNT_ACCELERATED;
}

static __always_inline struct shunt_observed *shunt_observed_row(__u32 row)
{
	struct shunt_observed *sum = bpf_map_lookup_elem(&shunt_observed, &row);
	struct shunt_observe_blank *blank;
	__u32 zero = 0;

	if (sum)
		return sum;
	blank = bpf_map_lookup_elem(&shunt_blank, &zero);
	if (!blank)
		return NULL;
	bpf_map_update_elem(&shunt_observed, &row, &blank->observed, BPF_NOEXIST);
	return bpf_map_lookup_elem(&shunt_observed, &row);
}

static __always_inline void shunt_add_traffic(struct shunt_traffic *sum, const struct shunt_observation *o)
{
	__u64 *to = (__u64 *)sum;
	const __u64 *from = (const __u64 *)&o->traffic;
	__u32 i;

	for (i = 0; i < sizeof(struct shunt_traffic) / sizeof(__u64); i++)
		__sync_fetch_and_add(&to[i], from[i]);
}

static __always_inline void shunt_add_blocker(__u32 row, const struct shunt_observation *o)
{
	struct shunt_blocker_key key = { .cgroup = o->cgroup, .row = row };
	struct shunt_blocker none = {}, *sum;

	if (!(o->seen & SHUNT_SEEN_BLOCKING))
		return;
	sum = bpf_map_lookup_elem(&shunt_blockers, &key);
	if (!sum) {
		bpf_map_update_elem(&shunt_blockers, &key, &none, BPF_NOEXIST);
		sum = bpf_map_lookup_elem(&shunt_blockers, &key);
		if (!sum)
			return;
	}
	__sync_fetch_and_add(&sum->sockets, 1);
	if (o->seen & SHUNT_SEEN_HALF_CLOSE)
		__sync_fetch_and_add(&sum->half_closes, 1);
	if (o->seen & SHUNT_SEEN_WAIT_ALL)
		__sync_fetch_and_add(&sum->wait_alls, 1);
	if (o->seen & SHUNT_SEEN_SIGNAL)
		__sync_fetch_and_add(&sum->signals, 1);
}

static __always_inline __u32 shunt_duration_class(__u64 ns)
{
	return ns < 10000000ull ? 0 : ns < 100000000ull ? 1 : ns < 1000000000ull ? 2 : ns < 10000000000ull ? 3 : 4;
}

/* Adds one closed connection to the sums of a policy. */
__noinline int shunt_sum_up(__u32 row, __u64 cookie, __u64 peer_cookie, __u64 settle_ns)
{
	struct shunt_observation *o = bpf_map_lookup_elem(&shunt_seen, &cookie);
	struct shunt_observation *peer = bpf_map_lookup_elem(&shunt_seen, &peer_cookie);
	struct shunt_observed *sum = shunt_observed_row(row);
	struct shunt_traffic *traffic;
	__u32 would;
	__u64 age;

	if (!o || !sum)
		return 0;
	age = o->closed_ns - o->born_ns;
	would = shunt_would(o, peer, age, settle_ns);
	traffic = would == SHUNT_ACCELERATED ? &sum->accelerable : &sum->other;
	shunt_count(sum->verdicts, would, 1);
	__sync_fetch_and_add(&sum->durations[shunt_duration_class(age)], 1);
	shunt_add_traffic(traffic, o);
	shunt_add_blocker(row, o);
	if (peer) {
		shunt_add_traffic(traffic, peer);
		shunt_add_blocker(row, peer);
	}
	return 1;
}

/*
 * The connection's last word: when its second end closes, or its only one. Both ends may close at the same time on two CPUs: each says so before it looks at
 * the other, and the elder by cookie carries the mark of who sums up.
 */
__noinline int shunt_observe_closed(__u64 cookie, __u32 row, __u32 stray)
{
	struct shunt_observation *o = bpf_map_lookup_elem(&shunt_seen, &cookie), *peer = NULL, *elder;
	struct shunt_config *config;
	__u64 peer_cookie = 0;
	__u32 zero = 0;

	if (!o) {
		struct shunt_observed *sum = shunt_observed_row(row);

		if (sum)
			__sync_fetch_and_add(&sum->missed, 1);
		return 0;
	}
	config = bpf_map_lookup_elem(&shunt_config, &zero);
	if (!config)
		return 0;
	o->closed_ns = bpf_ktime_get_ns();
	if (stray)
		__sync_fetch_and_or(&o->lasting, 1u << SHUNT_UNPAIRED);
	__sync_fetch_and_or(&o->seen, SHUNT_SEEN_CLOSED);
	peer_cookie = o->peer_cookie;
	if (peer_cookie)
		peer = bpf_map_lookup_elem(&shunt_seen, &peer_cookie);
	if (peer && !(__sync_fetch_and_or(&peer->seen, 0) & SHUNT_SEEN_CLOSED))
		return 0;
	elder = peer && peer_cookie < cookie ? peer : o;
	if (__sync_fetch_and_or(&elder->seen, SHUNT_SEEN_JUDGED) & SHUNT_SEEN_JUDGED)
		return 0;
	if (o->seen & SHUNT_SEEN_OBSERVED)
		shunt_sum_up(o->row, cookie, peer_cookie, config->settle_ns);
	if (peer && (peer->seen & SHUNT_SEEN_OBSERVED) && !((o->seen & SHUNT_SEEN_OBSERVED) && peer->row == o->row))
		shunt_sum_up(peer->row, cookie, peer_cookie, config->settle_ns);
	bpf_map_delete_elem(&shunt_seen, &cookie);
	if (peer_cookie)
		bpf_map_delete_elem(&shunt_seen, &peer_cookie);
	return 1;
}

/* A change of state, under the socket's lock. The program still holds the socket when it begins to close it. */
static __always_inline void shunt_observe_state(struct shunt_conn *c, struct sock *sk, struct tcp_sock *tp, __u32 from, __u32 to)
{
	struct shunt_observation *o;

	if (!shunt_is_observed(c)) {
		/* it may have been, before the policy changed */
		if (to == TCP_CLOSE && bpf_map_lookup_elem(&shunt_seen, &c->cookie))
			bpf_map_delete_elem(&shunt_seen, &c->cookie);
		return;
	}
	if (to == TCP_CLOSE) {
		shunt_observe_closed(c->cookie, c->row, !!(c->flags & SHUNT_CONN_STRAY));
		return;
	}
	o = shunt_observation_of(c, (__u64)sk);
	if (!o || !BPF_CORE_READ(sk, sk_socket, file))
		return;
	shunt_observe_fitness(o, c, sk, tp);
	if (from == TCP_ESTABLISHED && to == TCP_FIN_WAIT1 && BPF_CORE_READ(sk, sk_shutdown) == SHUNT_SEND_SHUTDOWN)
		__sync_fetch_and_or(&o->seen, SHUNT_SEEN_HALF_CLOSE);
}

#endif
