/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * shunt_watch (sockops): sees every new connection of its cgroup, classifies its own socket, brings the two ends together by the
 * handshake fingerprint and, for `enrolment: Handshake`, enrols them.
 *
 * Order on a local connection (net/ipv4/tcp_input.c): tcp_conn_request() calls tcp_openreq_init_rwin() for the server's request socket, which runs
 * RWND_INIT here with both sequence numbers known; only then the SYN-ACK leaves, so that the client's ACTIVE_ESTABLISHED (tcp_finish_connect)
 * finds what the request left. PASSIVE_ESTABLISHED (tcp_init_transfer) needs the client's ACK and so comes after ACTIVE. Hence at ACTIVE time a
 * client knows whether its peer is on this host and consents, and a socket with a remote peer never enters the sockhash.
 */
#include "classify.h"
#include "account.h"
#include "adopt.h"
#include "fitness.h"
#include "hasty.h"
#include "left.h"
#include "passing.h"
#include "observe.h"
#include "young.h"

/* Undoes an enrolment made at ACTIVE whose server did not follow: nothing can have been redirected to a socket whose peer never was enrolled. */
static __always_inline void shunt_release_client(struct shunt_pair *pair)
{
	if (pair->flags & SHUNT_PAIR_CLIENT_ENROLLED)
		shunt_delete(pair->client_cookie, pair->flags & SHUNT_PAIR_CLIENT_POLLER);
}

static __always_inline __u32 shunt_refusal(long error)
{
	switch (error) {
	case -E2BIG:
		return SHUNT_MAP_FULL;
	case -EOPNOTSUPP:
		return SHUNT_MPTCP; /* sock_map_sk_is_suitable(): MPTCP subflows */
	default:
		return SHUNT_KERNEL_REFUSED;
	}
}

/* Enters the sockhash that suits the socket's program as far as that can be told at the handshake. */
static __always_inline long shunt_enrol(struct bpf_sock_ops *ctx, struct shunt_conn *c, bool poller)
{
	long error = poller ? bpf_sock_hash_update(ctx, &shunt_pollers, &c->cookie, BPF_NOEXIST) : bpf_sock_hash_update(ctx, &shunt_sockets, &c->cookie, BPF_NOEXIST);

	if (error)
		return error;
	c->state = SHUNT_STATE_ENROLLED;
	c->enrolled_ns = c->born_ns;
	c->flags |= SHUNT_CONN_HANDSHAKE | SHUNT_CONN_VOUCHED | (poller ? SHUNT_CONN_POLLER : 0);
	return 0;
}

/* The server's request socket, before the SYN-ACK leaves. ctx->sk is NULL here; the kernel's own context has it. */
static __attribute__((noinline)) void shunt_on_request(struct bpf_sock_ops *ctx)
{
	struct bpf_sock_ops_kern *kernel = bpf_cast_to_kern_ctx(ctx);
	__u64 request = (__u64)kernel->sk;
	struct tcp_request_sock *r = bpf_rdonly_cast((void *)request, bpf_core_type_id_kernel(struct tcp_request_sock));
	struct sock_common *common = bpf_rdonly_cast((void *)request, bpf_core_type_id_kernel(struct sock_common));
	struct sock *listener = bpf_rdonly_cast(common->skc_listener, bpf_core_type_id_kernel(struct sock)); /* in a union, which the verifier does not follow */
	struct shunt_pair_key key = {};
	struct shunt_pair pair = {}, *known;
	struct shunt_view view = {};
	__u64 *active, now = bpf_ktime_get_coarse_ns();
	struct shunt_left *here;
	struct shunt_policy *p;
	__u32 zero = 0;

	key.client_isn = r->rcv_isn;
	key.server_isn = r->snt_isn;
	here = shunt_left_at(shunt_place_of(common->skc_num));
	if (here && shunt_is_of_late(here->passed_ns, now, SHUNT_LEFT_NS))
		shunt_foresee(here);
	shunt_look(&view, request, false);
	view.cgroup = (__u64)listener->sk_cgrp_data.cgroup;
	active = bpf_map_lookup_elem(&shunt_active, &zero);
	pair.generation = active ? *active : 0; /* read first: a change meanwhile makes the policy one to look up again */
	p = shunt_classify(&view, &pair.policy) ? &pair.policy : NULL;
	if (!p) {
		__u32 i = (key.client_isn ^ key.server_isn) & (SHUNT_STRANGERS - 1);

		bpf_map_update_elem(&shunt_strangers, &i, &key, BPF_ANY);
		return;
	}
	__builtin_memcpy(pair.client, view.client, sizeof(pair.client));
	pair.client_port = view.client_port;
	pair.server_port = view.server_port;
	pair.netns = common->skc_net.net->net_cookie;
	if (shunt_consents(p)) {
		enum shunt_haste_kind haste;

		pair.flags |= SHUNT_PAIR_SERVER_CONSENTS;
		pair.listener = shunt_listener_key(pair.netns, pair.server_port, p->row);
		haste = shunt_is_hasty(pair.listener, now, request, p->enrolment == SHUNT_ENROLMENT_SETTLED);
		if (haste) {
			shunt_tell_passing(pair.server_port, pair.listener, now);
			if (shunt_let_pass(&key, pair.listener, now, haste == SHUNT_HASTY_AFTER_PAUSE))
				return;
		}
	}
	if (shunt_observes(p))
		pair.flags |= SHUNT_PAIR_SERVER_OBSERVES;
	if (p->enrolment == SHUNT_ENROLMENT_HANDSHAKE)
		pair.flags |= SHUNT_PAIR_SERVER_HANDSHAKE;
	if (shunt_is_nonblocking(listener))
		pair.flags |= SHUNT_PAIR_SERVER_POLLER;
	shunt_tell_pair(pair.server_port, now);
	if (bpf_map_update_elem(&shunt_pairs, &key, &pair, BPF_NOEXIST) != -EEXIST)
		return;
	known = bpf_map_lookup_elem(&shunt_pairs, &key);
	if (known && (known->netns != pair.netns || known->client_port != pair.client_port ||
		      !shunt_same_address(known->client, pair.client)))
		__sync_fetch_and_or(&known->flags, SHUNT_PAIR_DUPLICATE);
}

/* What the request left, and of a pair the client: the connection if it is left alone, or else its pair; NULL if there is nothing. */
static __always_inline struct shunt_haste *shunt_find(const struct shunt_pair_key *key, __u32 place, struct shunt_pair **pair)
{
	struct shunt_left *here = shunt_left_at(place), *anywhere = shunt_left_at(SHUNT_ANYWHERE);
	struct shunt_haste *passing = NULL;
	__u64 now = bpf_ktime_get_coarse_ns();
	bool awaited;

	*pair = NULL;
	if (!here || !anywhere)
		return NULL;
	awaited = place != SHUNT_ANYWHERE && shunt_is_of_late(anywhere->waited_ns, now, SHUNT_LEFT_NS); /* a server, perhaps, by its client */
	if (awaited || shunt_is_of_late(here->passed_ns, now, SHUNT_LEFT_NS))
		passing = shunt_passing(key);
	/* Of a client that did not find the slot, for another took its place in the index, there is a pair. */
	if (passing ? awaited && !(passing->flags & SHUNT_PAIR_CLIENT_SEEN) : awaited || shunt_is_of_late(here->paired_ns, now, SHUNT_LEFT_NS))
		*pair = bpf_map_lookup_elem(&shunt_pairs, key);
	return passing;
}

/*
 * ISNs of the active end. snd_una - bytes_acked is the ISN in every case: tcp_finish_connect() counts the SYN as one acknowledged
 * byte, and data sent with TCP Fast Open on top of it.
 */
static __always_inline struct shunt_pair_key shunt_active_key(struct tcp_sock *tp)
{
	struct shunt_pair_key key = {
		.client_isn = tp->snd_una - (__u32)tp->bytes_acked,
		.server_isn = tp->rcv_nxt - 1,
	};
	return key;
}

static __always_inline bool shunt_is_stranger(const struct shunt_pair_key *key)
{
	__u32 i = (key->client_isn ^ key->server_isn) & (SHUNT_STRANGERS - 1);
	struct shunt_pair_key *seen = bpf_map_lookup_elem(&shunt_strangers, &i);

	return seen && seen->client_isn == key->client_isn && seen->server_isn == key->server_isn;
}

/* Loopback addresses mean something else in every network namespace. */
static __always_inline bool shunt_same_place(struct bpf_sock_ops *ctx, const struct shunt_view *view, const struct shunt_pair *pair)
{
	return !shunt_is_loopback(view->client) || bpf_get_netns_cookie(ctx) == pair->netns;
}

/* Connected once more, after connect(2) with AF_UNSPEC: nothing of the first connection holds, and what it left unread is gone with TCP's queue. */
static __always_inline void shunt_forget(struct bpf_sock *sk)
{
	struct shunt_conn *c = bpf_sk_storage_get(&shunt_conns, sk, NULL, 0);

	if (!c)
		return;
	if (c->state != SHUNT_STATE_WATCHED)
		shunt_delete(c->cookie, c->flags & SHUNT_CONN_POLLER);
	bpf_map_delete_elem(&shunt_moved, &c->cookie);
	bpf_sk_storage_delete(&shunt_conns, sk);
}

static __always_inline struct shunt_conn *shunt_remember(struct bpf_sock_ops *ctx, struct bpf_sock *sk, const struct shunt_pair_key *key, const struct shunt_policy *p)
{
	struct shunt_conn *c = bpf_sk_storage_get(&shunt_conns, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	__u32 flags;

	if (!c)
		return NULL;
	c->cookie = bpf_get_socket_cookie(ctx);
	c->client_isn = key->client_isn;
	c->server_isn = key->server_isn;
	c->direction = SHUNT_UNDECIDED;
	c->born_ns = bpf_ktime_get_ns();
	shunt_take_policy(c, p);
	if (!shunt_consents(p))
		c->refusal = shunt_own_refusal(p);
	flags = ctx->bpf_sock_ops_cb_flags;
	if ((flags & SHUNT_PROGRAM_KNOWN_FLAGS) == SHUNT_PROGRAM_KNOWN_FLAGS)
		flags &= ~SHUNT_PROGRAM_KNOWN_FLAG; /* connected once more, perhaps by another */
	bpf_sock_ops_cb_flags_set(ctx, flags | BPF_SOCK_OPS_STATE_CB_FLAG);
	return c;
}

/*
 * The kernel keeps no request while syncookies are on and runs no program for it, so a client finds no pair and cannot tell its peer from a remote one. It leaves the
 * pair itself, for a server that comes after all, and goes on to account for the connection: nobody could take that from it without its lock.
 */
static __attribute__((noinline)) void shunt_wait_for_server(struct bpf_sock_ops *ctx, const struct shunt_conn *c, const struct shunt_view *view, const struct shunt_pair_key *key, __u32 flags)
{
	struct bpf_sock *sk = ctx->sk;
	struct shunt_pair pair = {};

	if (!sk)
		return;
	__builtin_memcpy(pair.client, view->client, sizeof(pair.client));
	pair.client_port = view->client_port;
	pair.netns = bpf_get_netns_cookie(ctx);
	pair.client_cookie = c->cookie;
	pair.client_sk = (__u64)bpf_skc_to_tcp_sock(sk);
	pair.listener = c->listener;
	pair.flags = flags | SHUNT_PAIR_CLIENT_OWNS;
	shunt_tell_waiting(bpf_ktime_get_coarse_ns());
	bpf_map_update_elem(&shunt_pairs, key, &pair, BPF_NOEXIST);
}

static __always_inline __u64 shunt_elsewhere_of(struct bpf_sock_ops *ctx, const struct shunt_view *view, const struct shunt_policy *p)
{
	return shunt_elsewhere_key(bpf_get_netns_cookie(ctx), view->server_port, p->row);
}

/*
 * Whether a client of whose server this host knows nothing is left alone, as those before it were that were short. It keeps the slot itself: for a walk, and for a server that comes after all
 * (shunt_wait_for_server()).
 */
static __attribute__((noinline)) int shunt_leave_alone(struct bpf_sock_ops *ctx, const struct sock_common *client, const struct shunt_pair_key *key, __u64 elsewhere, __u32 verdict)
{
	__u64 now = bpf_ktime_get_coarse_ns();
	struct shunt_haste *h;

	if (!shunt_is_hasty(elsewhere, now, (__u64)client, true))
		return 0;
	shunt_tell_waiting(now);
	h = shunt_let_pass(key, elsewhere, now, false);
	if (!h)
		return 0;
	h->flags = SHUNT_PAIR_CLIENT_SEEN | SHUNT_PAIR_CLIENT_CONSENTS | SHUNT_PAIR_CLIENT_OWNS;
	shunt_count_passing(h, client, verdict);
	shunt_mark_left_alone(ctx, h, true);
	return 1;
}

static __attribute__((noinline)) void shunt_on_active(struct bpf_sock_ops *ctx)
{
	struct bpf_sock *sk = ctx->sk;
	struct shunt_view view = {};
	struct shunt_pair_key key;
	struct shunt_pair *pair;
	struct shunt_policy policy, *p;
	struct shunt_haste *passing;
	struct shunt_conn *c;
	struct tcp_sock *tp;
	__u32 flags, reason = SHUNT_UNDECIDED;
	long error;

	if (!sk)
		return;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp)
		return;
	shunt_forget(sk);
	key = shunt_active_key(tp);
	shunt_look(&view, (__u64)tp, true);
	view.cgroup = (__u64)((struct sock *)tp)->sk_cgrp_data.cgroup;
	passing = shunt_find(&key, SHUNT_ANYWHERE, &pair);
	if (pair && !shunt_same_place(ctx, &view, pair))
		pair = NULL;
	p = shunt_classify(&view, &policy) ? &policy : NULL;
	if (passing) {
		passing->flags = p && shunt_consents(p) ? SHUNT_PAIR_CLIENT_SEEN | SHUNT_PAIR_CLIENT_CONSENTS : SHUNT_PAIR_CLIENT_SEEN;
		if (passing->flags & SHUNT_PAIR_CLIENT_CONSENTS) {
			shunt_mark_left_alone(ctx, passing, true);
			return;
		}
		shunt_not_hasty(passing->listener, (__u64)tp); /* what its listener looks like was learnt from others */
	}
	if (!p) {
		if (pair)
			__sync_fetch_and_or(&pair->flags, SHUNT_PAIR_CLIENT_SEEN);
		return;
	}
	if (!pair)
		reason = passing || shunt_is_stranger(&key) ? SHUNT_PEER_NOT_CONSENTING : SHUNT_REMOTE_PEER;
	if (!pair && !passing && shunt_consents(p) && shunt_leave_alone(ctx, (struct sock_common *)tp, &key, shunt_elsewhere_of(ctx, &view, p), reason))
		return;
	c = shunt_remember(ctx, sk, &key, p);
	if (!c)
		return;
	c->flags |= SHUNT_CONN_CLIENT;
	c->clean_seq = tp->write_seq;
	flags = SHUNT_PAIR_CLIENT_SEEN;
	if (shunt_consents(p))
		flags |= SHUNT_PAIR_CLIENT_CONSENTS;
	if (shunt_observes(p))
		flags |= SHUNT_PAIR_CLIENT_OBSERVES;
	if (p->enrolment == SHUNT_ENROLMENT_HANDSHAKE)
		flags |= SHUNT_PAIR_CLIENT_HANDSHAKE;
	if (tp->is_mptcp)
		flags |= SHUNT_PAIR_CLIENT_MPTCP;
	/* Sent with the SYN and accepted: bytes_acked > 1. Sent and refused: still to be sent again, snd_nxt > snd_una. */
	if (tp->bytes_acked != 1 || tp->snd_nxt != tp->snd_una)
		flags |= SHUNT_PAIR_CLIENT_FAST_OPEN;
	if (!pair) {
		if (!passing) { /* else its server accounts for it */
			c->listener = shunt_consents(p) ? shunt_elsewhere_of(ctx, &view, p) : 0;
			shunt_open(c, shunt_consents(p) ? reason : shunt_own_refusal(p));
		}
		shunt_note_obstacle(c, (__u64)tp, reason);
		if (reason == SHUNT_REMOTE_PEER)
			shunt_wait_for_server(ctx, c, &view, &key, flags);
		return;
	}
	if (pair->flags & SHUNT_PAIR_SERVER_OBSERVES)
		c->flags |= SHUNT_CONN_PEER_OBSERVES;
	shunt_note_obstacle(c, (__u64)tp, 0);

	c->listener = shunt_consents(p) ? pair->listener : 0;
	/* The server's end accounts for this connection; tell it all it needs to know. Of two that look the same, the first may be enrolled: its server releases it. */
	if (!(pair->flags & SHUNT_PAIR_DUPLICATE)) {
		pair->client_cookie = c->cookie;
		pair->client_sk = (__u64)tp;
	}
	if ((pair->flags & (SHUNT_PAIR_SERVER_CONSENTS | SHUNT_PAIR_SERVER_HANDSHAKE | SHUNT_PAIR_DUPLICATE)) == (SHUNT_PAIR_SERVER_CONSENTS | SHUNT_PAIR_SERVER_HANDSHAKE) &&
	    flags == (SHUNT_PAIR_CLIENT_SEEN | SHUNT_PAIR_CLIENT_CONSENTS | SHUNT_PAIR_CLIENT_HANDSHAKE)) {
		bool poller = shunt_is_nonblocking((struct sock *)tp);

		error = shunt_enrol(ctx, c, poller);
		if (error)
			flags |= error == -E2BIG ? SHUNT_PAIR_CLIENT_MAP_FULL : SHUNT_PAIR_CLIENT_REFUSED;
		else
			flags |= SHUNT_PAIR_CLIENT_ENROLLED | (poller ? SHUNT_PAIR_CLIENT_POLLER : 0);
	}
	__sync_fetch_and_or(&pair->flags, flags);
	/* The server does the same in its own namespace, which need not be this one. */
	if ((flags & SHUNT_PAIR_CLIENT_CONSENTS) && !(flags & SHUNT_PAIR_CLIENT_ENROLLED))
		shunt_will_settle(c, (__u64)tp);
}

/* What the handshake shows against a pair whose server consents, or 0. */
static __always_inline __u32 shunt_judge_handshake(struct tcp_sock *tp, __u32 flags, bool client_consents)
{
	if (tp->fastopen_rsk)
		return SHUNT_FAST_OPEN; /* before anything is known of the client: PASSIVE runs at SYN time then */
	if (!(flags & SHUNT_PAIR_CLIENT_SEEN))
		return SHUNT_REMOTE_PEER;
	if (!client_consents)
		return SHUNT_PEER_NOT_CONSENTING;
	if (flags & SHUNT_PAIR_DUPLICATE)
		return SHUNT_DUPLICATE_FINGERPRINT;
	if (tp->is_mptcp || (flags & SHUNT_PAIR_CLIENT_MPTCP))
		return SHUNT_MPTCP;
	return flags & SHUNT_PAIR_CLIENT_FAST_OPEN ? SHUNT_FAST_OPEN : 0;
}

/* Why a pair both of whose ends were seen is not enrolled at the handshake, or SHUNT_ACCELERATED if nothing speaks against it. */
static __always_inline __u32 shunt_judge(const struct shunt_policy *p, struct tcp_sock *tp, __u32 flags)
{
	__u32 reason;

	if (!shunt_consents(p))
		return shunt_own_refusal(p);
	reason = shunt_judge_handshake(tp, flags, flags & SHUNT_PAIR_CLIENT_CONSENTS);
	if (reason)
		return reason;
	if (p->enrolment != SHUNT_ENROLMENT_HANDSHAKE || !(flags & SHUNT_PAIR_CLIENT_HANDSHAKE) || (flags & SHUNT_PAIR_CLIENT_OWNS))
		return SHUNT_UNDECIDED; /* Settled, or syncookies: left to the conductor */
	if (flags & SHUNT_PAIR_CLIENT_MAP_FULL)
		return SHUNT_MAP_FULL;
	if (!(flags & SHUNT_PAIR_CLIENT_ENROLLED))
		return SHUNT_KERNEL_REFUSED;
	return SHUNT_ACCELERATED;
}

/*
 * Makes the bond: from here on the two ends find each other whatever becomes of the rendezvous. A server is enrolled after that, because an end without a bond could
 * never be taken out again; a client that sends in between finds its peer not in yet and uses TCP.
 */
static __always_inline long shunt_bind(struct shunt_conn *c, __u64 sk, struct shunt_pair *pair, struct shunt_pair_key *key, __u32 verdict, bool consents)
{
	struct shunt_bond bond = {};
	struct shunt_end *client = &bond.ends[SHUNT_CLIENT], *server = &bond.ends[SHUNT_SERVER];
	long error;

	client->cookie = pair->client_cookie;
	client->sk = pair->client_sk;
	server->cookie = c->cookie;
	server->sk = sk;
	if (pair->flags & SHUNT_PAIR_CLIENT_CONSENTS)
		client->flags |= SHUNT_END_CONSENTS;
	if (consents)
		server->flags |= SHUNT_END_CONSENTS;
	if (verdict == SHUNT_ACCELERATED) {
		client->flags |= SHUNT_END_IN | SHUNT_END_READS | (pair->flags & SHUNT_PAIR_CLIENT_POLLER ? SHUNT_END_POLLER : 0);
	} else if (verdict == SHUNT_FAST_OPEN || verdict == SHUNT_MPTCP) {
		server->reason = verdict;
	}
	error = bpf_map_update_elem(&shunt_bonds, key, &bond, BPF_NOEXIST);
	/* The client may close meanwhile: it sets CLOSED before it looks for the bond once more (shunt_unbind()), and here the bond is made before CLOSED is read. One sees the other. */
	if (!error && (__sync_fetch_and_or(&pair->flags, 0) & SHUNT_PAIR_CLIENT_CLOSED)) {
		struct shunt_bond *made = bpf_map_lookup_elem(&shunt_bonds, key);

		if (made)
			__sync_fetch_and_or(&made->ends[SHUNT_CLIENT].flags, SHUNT_END_CLOSED);
	}
	return error;
}

/* Enrols a server whose client is in and whose bond is made; why not, or SHUNT_ACCELERATED. */
static __always_inline __u32 shunt_follow(struct bpf_sock_ops *ctx, struct shunt_conn *c, struct shunt_pair *pair, struct shunt_pair_key *key)
{
	bool poller = pair->flags & SHUNT_PAIR_SERVER_POLLER;
	struct shunt_bond *bond = bpf_map_lookup_elem(&shunt_bonds, key);
	long error;

	if (!bond)
		return SHUNT_MAP_FULL;
	if (bond->ends[SHUNT_SERVER].cookie != c->cookie)
		return SHUNT_DUPLICATE_FINGERPRINT;
	error = shunt_enrol(ctx, c, poller);
	if (error) {
		__sync_fetch_and_and(&bond->ends[SHUNT_CLIENT].flags, ~(SHUNT_END_IN | SHUNT_END_READS | SHUNT_END_POLLER));
		return shunt_refusal(error);
	}
	c->peer_cookie = pair->client_cookie;
	c->peer_sk = pair->client_sk;
	c->flags |= pair->flags & SHUNT_PAIR_CLIENT_POLLER ? SHUNT_CONN_PEER_POLLER : 0;
	__sync_fetch_and_or(&bond->ends[SHUNT_SERVER].flags, SHUNT_END_IN | SHUNT_END_READS | (poller ? SHUNT_END_POLLER : 0));
	/* It may be redirected to now, so nobody releases it any more: a later connection with the same handshake finds this pair too. */
	__sync_fetch_and_and(&pair->flags, ~SHUNT_PAIR_CLIENT_ENROLLED);
	return SHUNT_ACCELERATED;
}

/* The server's socket sees what its request saw, so the policy is the same as long as the set is. */
static __always_inline bool shunt_policy_of_request(const struct shunt_pair *pair, struct tcp_sock *tp, struct shunt_policy *policy)
{
	__u32 zero = 0;
	__u64 *active = bpf_map_lookup_elem(&shunt_active, &zero);

	if (!pair || !active || pair->generation != *active || (pair->flags & SHUNT_PAIR_DUPLICATE) ||
	    pair->server_port != ((struct sock *)tp)->__sk_common.skc_num)
		return false;
	*policy = pair->policy;
	return true;
}

static __always_inline bool shunt_classify_server(struct tcp_sock *tp, struct shunt_policy *policy)
{
	struct shunt_view view = {};

	shunt_look(&view, (__u64)tp, false);
	view.cgroup = (__u64)((struct sock *)tp)->sk_cgrp_data.cgroup;
	return shunt_classify(&view, policy);
}

static __attribute__((noinline)) void shunt_on_passive(struct bpf_sock_ops *ctx)
{
	struct bpf_sock *sk = ctx->sk;
	struct shunt_pair_key key;
	struct shunt_pair *pair;
	struct shunt_policy policy, *p = &policy;
	struct shunt_haste *passing;
	struct shunt_conn *c;
	struct tcp_sock *tp;
	__u64 client_sk;
	bool client_owns;
	__u32 verdict, reason;
	long error;

	if (!sk)
		return;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp)
		return;
	/* Before tcp_init_transfer() nothing was received or sent beyond the SYNs, whatever DEFER_ACCEPT or Fast Open still hold back. */
	key.client_isn = tp->rcv_nxt - 1;
	key.server_isn = tp->snd_nxt - 1;
	passing = shunt_find(&key, shunt_place_of(((struct sock *)tp)->__sk_common.skc_num), &pair);
	if (passing && (passing->flags & SHUNT_PAIR_CLIENT_OWNS)) {
		/* Counted by its client, which took this one for remote, for there was no request (syncookies). If it lasts, a walk brings the two together; who comes next is watched. */
		if (passing->verdict == SHUNT_REMOTE_PEER && shunt_classify_server(tp, &policy)) {
			passing->flags |= SHUNT_PAIR_SERVER_SEEN;
			shunt_not_hasty(passing->listener, (__u64)tp);
			shunt_mark_left_alone(ctx, passing, false);
		}
		return;
	}
	reason = passing ? shunt_judge_handshake(tp, passing->flags, passing->flags & SHUNT_PAIR_CLIENT_CONSENTS) : SHUNT_UNPAIRED;
	if (passing && (!reason || (reason == SHUNT_REMOTE_PEER && !pair))) {
		shunt_count_passing(passing, (struct sock_common *)tp, reason ? reason : SHUNT_SLOWER_THAN_TCP);
		shunt_mark_left_alone(ctx, passing, false);
		return;
	}
	if (passing)
		passing->over = 1;
	if (!shunt_policy_of_request(pair, tp, &policy) && !shunt_classify_server(tp, &policy))
		return;
	c = shunt_remember(ctx, sk, &key, p);
	if (!c)
		return;
	c->clean_seq = tp->write_seq;
	/* A client's own pair was not looked at when the request came. */
	if (pair && (pair->flags & SHUNT_PAIR_CLIENT_OWNS) && shunt_is_loopback(pair->client) && bpf_get_netns_cookie(ctx) != pair->netns)
		pair = NULL;
	if (!pair) {
		/* Left alone but for its client; or syncookies and a client without a policy, or the handshake began before the watch. */
		shunt_open(c, shunt_consents(p) ? reason : shunt_own_refusal(p));
		shunt_note_obstacle(c, (__u64)tp, reason);
		return;
	}
	__sync_fetch_and_or(&pair->flags, SHUNT_PAIR_SERVER_SEEN);
	client_owns = pair->flags & SHUNT_PAIR_CLIENT_OWNS;
	client_sk = pair->client_sk;
	if (pair->flags & SHUNT_PAIR_CLIENT_OBSERVES)
		c->flags |= SHUNT_CONN_PEER_OBSERVES;
	shunt_note_obstacle(c, (__u64)tp, shunt_judge_handshake(tp, pair->flags, pair->flags & (SHUNT_PAIR_CLIENT_CONSENTS | SHUNT_PAIR_CLIENT_OBSERVES)));
	if (pair->client_cookie)
		shunt_note_peer(c, (__u64)tp, pair->client_cookie);
	verdict = shunt_judge(p, tp, pair->flags);
	if (pair->client_cookie && !(pair->flags & SHUNT_PAIR_DUPLICATE)) {
		error = shunt_bind(c, (__u64)tp, pair, &key, verdict, shunt_consents(p));
		if (error && verdict == SHUNT_UNDECIDED)
			verdict = error == -EEXIST ? SHUNT_DUPLICATE_FINGERPRINT : SHUNT_MAP_FULL; /* more connections than the map of bonds has room for */
	}
	if (verdict == SHUNT_ACCELERATED)
		verdict = shunt_follow(ctx, c, pair, &key);
	if (verdict != SHUNT_ACCELERATED)
		shunt_release_client(pair);
	if (verdict == SHUNT_ACCELERATED && (pair->flags & SHUNT_PAIR_CLIENT_WROTE))
		verdict = SHUNT_FIRST_BYTE_BY_TCP;
	if (client_owns)
		shunt_not_hasty(pair->listener, (__u64)tp); /* of the client alone, which took this one for remote */
	else if (verdict == SHUNT_UNDECIDED || verdict == SHUNT_ACCELERATED || verdict == SHUNT_FIRST_BYTE_BY_TCP || verdict == SHUNT_REMOTE_PEER)
		c->listener = pair->listener;
	if (verdict == SHUNT_UNDECIDED) {
		shunt_will_settle(c, (__u64)tp);
		/* Both ends have the bond. An entry that is taken away is in the cache for the next connection; one that ages is not. */
		bpf_map_delete_elem(&shunt_pairs, &key);
	}
	if (client_owns)
		shunt_call_conductor(client_sk); /* it took its peer for remote, and shall know better */
	else
		shunt_open(c, verdict);
}

/* Of a bond, if it is this connection's: the second end to close takes it away. False if there is none at all. */
static __always_inline bool shunt_close_end(struct shunt_conn *c, const struct shunt_pair_key *key, bool client)
{
	struct shunt_bond *bond = bpf_map_lookup_elem(&shunt_bonds, key);
	struct shunt_end *me, *peer;

	if (!bond)
		return false;
	me = &bond->ends[client ? SHUNT_CLIENT : SHUNT_SERVER];
	peer = &bond->ends[client ? SHUNT_SERVER : SHUNT_CLIENT];
	if (me->cookie != c->cookie)
		return true;
	/* With syncookies: it took its peer for remote, and no visit has judged it since. */
	if ((c->flags & SHUNT_CONN_OWNER) && c->verdict == SHUNT_REMOTE_PEER)
		shunt_move(c, peer->flags & SHUNT_END_CONSENTS ? peer->reason : SHUNT_PEER_NOT_CONSENTING);
	__sync_fetch_and_or(&me->flags, SHUNT_END_CLOSED);
	if (__sync_fetch_and_or(&peer->flags, 0) & SHUNT_END_CLOSED)
		bpf_map_delete_elem(&shunt_bonds, key);
	return true;
}

static __always_inline void shunt_unbind(struct shunt_conn *c)
{
	struct shunt_pair_key key = { .client_isn = c->client_isn, .server_isn = c->server_isn };
	bool client = c->flags & SHUNT_CONN_CLIENT;
	struct shunt_pair *pair;

	if (c->flags & SHUNT_CONN_STRAY)
		shunt_unpost(c, client);
	if (shunt_close_end(c, &key, client) || !client || (c->flags & SHUNT_CONN_STRAY))
		return;
	pair = bpf_map_lookup_elem(&shunt_pairs, &key);
	if (pair)
		__sync_fetch_and_or(&pair->flags, SHUNT_PAIR_CLIENT_CLOSED);
	/* The server may have made the bond just now, and taken the pair away: see shunt_bind(). */
	if (shunt_close_end(c, &key, client) || !pair)
		return;
	/* The server never reached ESTABLISHED (full accept queue, reset), so nobody else counts this connection. */
	if (!(c->flags & SHUNT_CONN_OWNER) && !(pair->flags & SHUNT_PAIR_SERVER_SEEN))
		shunt_open(c, SHUNT_UNPAIRED);
}

static __attribute__((noinline)) void shunt_on_state(struct bpf_sock_ops *ctx)
{
	struct bpf_sock *sk = ctx->sk;
	struct sk_psock *psock;
	__u32 from = ctx->args[0], to = ctx->args[1];
	struct shunt_conn *c;
	struct tcp_sock *tp;

	if (!sk)
		return;
	c = bpf_sk_storage_get(&shunt_conns, sk, NULL, 0);
	if (!c || (to != TCP_CLOSE && !shunt_is_observed(c)))
		return;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp)
		return;
	shunt_observe_state(c, (struct sock *)tp, tp, from, to);
	if (to != TCP_CLOSE)
		return;
	shunt_unbind(c);
	shunt_is_gone(c, (__u64)tp);
	shunt_note_length(c, bpf_ktime_get_coarse_ns(), (__u64)tp);
	shunt_close(c);
	/*
	 * Out of the sockhash at once if nothing is queued. A socket that lives on after tcp_done() would answer ECONNRESET to every send
	 * (tcp_bpf_sendmsg() does not clear sk_err), and one that is connected anew would still be the old connection's peer.
	 */
	if (c->state == SHUNT_STATE_WATCHED)
		return;
	c->peer_sk = 0;
	psock = shunt_psock((struct sock *)tp);
	if (psock && shunt_ingress_empty(psock)) {
		shunt_delete(c->cookie, c->flags & SHUNT_CONN_POLLER);
		c->state = SHUNT_STATE_WATCHED;
	}
}

static __always_inline bool shunt_is_draining(void)
{
	__u32 zero = 0;
	struct shunt_config *config = bpf_map_lookup_elem(&shunt_config, &zero);

	return !config || (config->flags & SHUNT_CONFIG_DRAINING);
}

/*
 * `reply` stays untouched everywhere: it would set the window, the timeout or ECN of the connection.
 *
 * Nine calls come for a connection over loopback. What each event needs is in a function of its own, with a frame of its own, so that the six that are about something else pass by
 * in a line of the cache.
 */
SEC("sockops")
int shunt_watch(struct bpf_sock_ops *ctx)
{
	switch (ctx->op) {
	case BPF_SOCK_OPS_RWND_INIT:
		if (!ctx->is_fullsock && !shunt_is_draining())
			shunt_on_request(ctx);
		break;
	case BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB:
		if (!shunt_is_draining())
			shunt_on_active(ctx);
		break;
	case BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB:
		if (!shunt_is_draining())
			shunt_on_passive(ctx);
		break;
	case BPF_SOCK_OPS_STATE_CB:
		shunt_on_state(ctx);
		break;
	}
	return 1;
}
