/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Connections whose handshake was not watched: they are older than the watch or than their policy, or they were left alone (passing.h).
 *
 * Both initial sequence numbers can still be told from a socket: the kernel counts what was acknowledged to it and what it received, in 64 bits, from the handshake on.
 * So such ends are brought together by the same fingerprint as others, whatever they send meanwhile. Each end posts it, and looks for the other's from its next
 * visit on: by then every end has posted, and two connections with one fingerprint have shown.
 *
 * Static functions of their own: the stack of a program and of all that it calls is 512 bytes.
 */
#ifndef SHUNT_ADOPT_H
#define SHUNT_ADOPT_H

#include "classify.h"
#include "account.h"
#include "fitness.h"
#include "hasty.h"
#include "passing.h"

#define SHUNT_SEARCHES 5           /* visits after which the other end counts as not found; it posts at its first */

/* The walk visits listeners before connections (bpf_iter_tcp: listening_get_first(), then established_get_first()). */
static __always_inline void shunt_note_listener(struct sock_common *skc)
{
	struct shunt_listener key = { .netns = BPF_CORE_READ(skc, skc_net.net, ns.inum), .port = skc->skc_num };
	__u64 now = bpf_ktime_get_ns();

	if (!bpf_map_lookup_elem(&shunt_listeners, &key))
		bpf_map_update_elem(&shunt_listeners, &key, &now, BPF_ANY);
}

/*
 * Whether the socket was accepted, by a listener that may be closed by now. Its own first sequence number shows twice: in what was acknowledged to it, which counts a client's SYN
 * (tcp_finish_connect()) and not a server's, and in what it sent (bytes_sent, less bytes_retrans: __tcp_transmit_skb(), __tcp_retransmit_skb()), which counts neither. Sends that failed
 * within the host make that uncertain; then it shows from who listens.
 */
static __always_inline bool shunt_is_server(struct sock_common *skc, struct tcp_sock *tp)
{
	__u32 acknowledged_from = tp->snd_una - (__u32)tp->bytes_acked, sent_from = tp->snd_nxt - (__u32)(tp->bytes_sent - tp->bytes_retrans);
	struct shunt_listener key = {};

	if (sent_from - acknowledged_from <= 1)
		return sent_from == acknowledged_from;
	key.netns = BPF_CORE_READ(skc, skc_net.net, ns.inum);
	key.port = skc->skc_num;
	return bpf_map_lookup_elem(&shunt_listeners, &key);
}

/* Where an end posts: the fingerprint, turned round for servers. */
static __always_inline struct shunt_pair_key shunt_post_of(const struct shunt_conn *c, bool client)
{
	struct shunt_pair_key key = { .client_isn = client ? c->client_isn : c->server_isn, .server_isn = client ? c->server_isn : c->client_isn };

	return key;
}

/* The end that counts a connection that was left alone has done so: that count becomes its own. False if it was an earlier installation that counted it. */
static __always_inline bool shunt_take_over(struct shunt_conn *c, struct shunt_haste *passed)
{
	__u32 row = shunt_row_of(passed->listener), verdict = passed->verdict & (SHUNT_VERDICTS - 1);
	struct shunt_counters *r = shunt_row(row);

	if (!r || !r->verdicts[verdict])
		return false;
	if (!(passed->flags & SHUNT_PAIR_SERVER_SEEN))
		passed->owner = 0; /* else that server's end wants to know as well by whom it is counted */
	__sync_fetch_and_add(&r->live, 1);
	c->flags |= SHUNT_CONN_OWNER;
	c->verdict = verdict;
	if (row != c->row) {
		__u32 now = c->row;

		c->row = row;
		shunt_change_row(c, now);
	}
	c->listener = shunt_with_row(passed->listener, c->row);
	return true;
}

/*
 * Whether one that was left alone has settled; while its listener is hasty nobody else shall be visited that soon. A younger one is visited by the walk that the end of haste calls,
 * or reminds of itself if that may have been this one. A client whose slot another took is no younger than its server, which was met.
 */
static __always_inline bool shunt_lasts(const struct shunt_haste *passed, struct tcp_sock *tp, __u64 settle_ns)
{
	__u64 now = bpf_ktime_get_ns();

	if (!passed || shunt_is_over(now, passed->began_ns, settle_ns))
		return true;
	if (!shunt_still_hasty(passed->listener, now))
		shunt_remind_conductor((__u64)tp);
	return false;
}

/* Whether shunt_watch is attached to this cgroup or one above it. It would not see the close of a connection elsewhere, which is none of ours. */
static __attribute__((noinline)) int shunt_watches(__u64 cgroup)
{
	__u32 zero = 0;
	struct shunt_config *config = bpf_map_lookup_elem(&shunt_config, &zero);
	int i, level = BPF_CORE_READ((struct cgroup *)cgroup, level);

	if (!config)
		return 0;
	for (i = 0; i <= SHUNT_CGROUP_DEPTH; i++) {
		if (i > level)
			break;
		if (BPF_CORE_READ(shunt_ancestor(cgroup, i), kn, id) == config->cgroup_id)
			return 1;
	}
	return 0;
}

static __always_inline void shunt_take_fingerprint(struct shunt_conn *c, struct tcp_sock *tp, bool client)
{
	struct shunt_pair_key key = shunt_fingerprint_of(tp, client);

	c->client_isn = key.client_isn;
	c->server_isn = key.server_isn;
}

/* Makes a socket known that no handshake was seen of; NULL if no policy matches it, or it was left alone and is younger than that. */
static __attribute__((noinline)) struct shunt_conn *shunt_adopt(struct sock_common *skc, struct tcp_sock *tp, __u64 settle_ns)
{
	int flags = BPF_SOCK_OPS_STATE_CB_FLAG;
	bool client, left_alone = shunt_was_left_alone(tp), counted;
	struct sock *sk = (struct sock *)tp;
	struct shunt_view view = {};
	struct shunt_policy policy;
	struct shunt_haste *passed = NULL;
	struct shunt_conn *c;

	client = !shunt_is_server(skc, tp);
	if (left_alone) {
		struct shunt_pair_key key = shunt_fingerprint_of(tp, client);

		passed = shunt_passing_of_old(&key);
		if (!shunt_lasts(passed, tp, settle_ns))
			return NULL;
	}
	shunt_look(&view, (__u64)tp, client);
	view.cgroup = (__u64)BPF_CORE_READ(sk, sk_cgrp_data.cgroup);
	if (!shunt_classify(&view, &policy) || !shunt_watches(view.cgroup))
		return NULL;
	c = bpf_sk_storage_get(&shunt_conns, tp, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (!c) {
		shunt_call_conductor((__u64)tp); /* for many in one walk the kernel may have no memory at hand: its mark stays, for the next one */
		return NULL;
	}
	/* Without the state callback nobody would see the connection close; a kernel that cannot set it here leaves old connections alone. */
	if (bpf_setsockopt(skc, SOL_TCP, SHUNT_TCP_BPF_SOCK_OPS_CB_FLAGS, &flags, sizeof(flags))) {
		bpf_sk_storage_delete(&shunt_conns, tp);
		return NULL;
	}
	c->cookie = bpf_get_socket_cookie(skc);
	shunt_take_fingerprint(c, tp, client);
	c->flags = SHUNT_CONN_STRAY | (client ? SHUNT_CONN_CLIENT : 0);
	c->born_ns = passed ? passed->began_ns : bpf_ktime_get_ns();
	if (passed && passed->after_pause)
		shunt_take_rider(c, passed->slot, client);
	c->direction = SHUNT_UNDECIDED;
	shunt_take_policy(c, &policy);
	if (!shunt_consents(&policy))
		c->refusal = shunt_own_refusal(&policy);
	counted = passed && shunt_counts_passing(passed, client) ? shunt_take_over(c, passed) : left_alone && (client || passed);
	c->flags |= counted ? SHUNT_CONN_LEFT_ALONE : SHUNT_CONN_UNCOUNTED;
	return c;
}

/* The server's end accounts for the connection, as for every other. */
static __always_inline void shunt_settle_stray(struct shunt_conn *c, struct tcp_sock *tp)
{
	c->flags &= ~(SHUNT_CONN_STRAY | SHUNT_CONN_UNCOUNTED);
	if (c->flags & SHUNT_CONN_CLIENT)
		shunt_disown(c);
	if (!(c->flags & (SHUNT_CONN_CLIENT | SHUNT_CONN_OWNER)))
		shunt_open(c, SHUNT_UNDECIDED);
	shunt_call_conductor((__u64)tp);
}

/* Of a connection whose ends do not come together. The server's end counts it, or the only end there is. */
static __always_inline void shunt_count_stray(struct shunt_conn *c, __u32 reason)
{
	bool client = c->flags & SHUNT_CONN_CLIENT;
	struct shunt_pair_key at = shunt_post_of(c, !client);

	if (!(c->flags & SHUNT_CONN_UNCOUNTED))
		return;
	c->flags &= ~SHUNT_CONN_UNCOUNTED;
	if (!client || !bpf_map_lookup_elem(&shunt_strays, &at))
		shunt_open(c, c->refusal ? c->refusal : reason);
}

/* Tells the other end that this one is here. */
static __always_inline void shunt_post(struct shunt_conn *c, struct tcp_sock *tp, __u64 netns, bool client)
{
	struct shunt_pair_key at = shunt_post_of(c, client);
	struct shunt_stray mine = {}, *there = bpf_map_lookup_elem(&shunt_strays, &at);

	if (there) {
		if (there->cookie == c->cookie)
			there->consents = !c->refusal;
		else
			__sync_fetch_and_or(&there->flags, SHUNT_STRAY_AMBIGUOUS);
		return;
	}
	mine.cookie = c->cookie;
	mine.sk = (__u64)tp;
	mine.netns = netns;
	mine.consents = !c->refusal;
	bpf_map_update_elem(&shunt_strays, &at, &mine, BPF_ANY);
}

/*
 * Makes the bond. The other end may close meanwhile, under its own lock: it says so in its post before it looks for a bond, and here the bond is made before its post is looked at
 * again. One of the two sees the other, and nobody is left with the bond of an end that is gone.
 */
static __always_inline bool shunt_bind_strays(struct shunt_conn *c, struct tcp_sock *tp, const struct shunt_stray *other, bool client)
{
	struct shunt_pair_key key = { .client_isn = c->client_isn, .server_isn = c->server_isn }, at = shunt_post_of(c, !client);
	struct shunt_end *me, *peer;
	struct shunt_bond bond = {};

	me = &bond.ends[client ? SHUNT_CLIENT : SHUNT_SERVER];
	peer = &bond.ends[client ? SHUNT_SERVER : SHUNT_CLIENT];
	me->cookie = c->cookie;
	me->sk = (__u64)tp;
	me->flags = c->refusal ? 0 : SHUNT_END_CONSENTS;
	peer->cookie = other->cookie;
	peer->sk = other->sk;
	peer->flags = other->consents ? SHUNT_END_CONSENTS : 0;
	if (bpf_map_update_elem(&shunt_bonds, &key, &bond, BPF_NOEXIST))
		return false;
	other = bpf_map_lookup_elem(&shunt_strays, &at);
	if (other && other->cookie == peer->cookie && !(other->flags & SHUNT_STRAY_CLOSED))
		return true;
	bpf_map_delete_elem(&shunt_bonds, &key);
	return false;
}

/* One visit of a stray: has its peer found it, or can it find its peer? */
static __attribute__((noinline)) int shunt_search(struct shunt_conn *c, struct sock_common *skc, struct tcp_sock *tp)
{
	bool client = c->flags & SHUNT_CONN_CLIENT;
	struct shunt_pair_key key = { .client_isn = c->client_isn, .server_isn = c->server_isn };
	struct shunt_bond *bond = bpf_map_lookup_elem(&shunt_bonds, &key);
	__u32 reason = SHUNT_UNPAIRED;
	struct shunt_stray *other, *mine;
	struct shunt_view view = {};
	__u64 netns;

	if (bond && bond->ends[client ? SHUNT_CLIENT : SHUNT_SERVER].cookie == c->cookie) {
		shunt_settle_stray(c, tp);
		return 0;
	}
	if (c->searches > SHUNT_SEARCHES)
		return 0;
	netns = BPF_CORE_READ(skc, skc_net.net, net_cookie);
	shunt_look(&view, (__u64)tp, client);
	shunt_post(c, tp, netns, client);
	if (c->searches++) {
		key = shunt_post_of(c, client);
		mine = bpf_map_lookup_elem(&shunt_strays, &key);
		key = shunt_post_of(c, !client);
		other = bpf_map_lookup_elem(&shunt_strays, &key);
		if (mine && (mine->flags & SHUNT_STRAY_AMBIGUOUS))
			reason = SHUNT_DUPLICATE_FINGERPRINT;
		if (mine && other && mine->cookie == c->cookie && !(mine->flags | other->flags) &&
		    (!shunt_is_loopback(view.client) || other->netns == netns) && shunt_bind_strays(c, tp, other, client)) {
			shunt_settle_stray(c, tp);
			return 0;
		}
	}
	if (c->searches > SHUNT_SEARCHES)
		shunt_count_stray(c, reason);
	return 0;
}

/* Whether more visits may find its peer. */
static __always_inline bool shunt_still_searches(const struct shunt_conn *c)
{
	return (c->flags & SHUNT_CONN_STRAY) && c->searches <= SHUNT_SEARCHES;
}

/* Last words of a stray: see shunt_bind_strays(). */
static __always_inline void shunt_unpost(struct shunt_conn *c, bool client)
{
	struct shunt_pair_key at = shunt_post_of(c, client);
	struct shunt_stray *mine = bpf_map_lookup_elem(&shunt_strays, &at);

	if (mine && mine->cookie == c->cookie)
		__sync_fetch_and_or(&mine->flags, SHUNT_STRAY_CLOSED);
	shunt_count_stray(c, SHUNT_NOT_SETTLED);
}

#endif
