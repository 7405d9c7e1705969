/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * shunt_adopter (iter/tcp): finds connections older than the watch. The node plugin walks it a few times after every policy change, more often while a byte is written for
 * each connection that has not found its other end; like the conductor it runs in one network namespace, under each socket's lock, and never side by side with another walk.
 *
 * No handshake of theirs was seen, so the two ends are brought together by where their streams stand: when nothing is in flight,
 * client.write_seq == server.copied_seq and the other way round: 64 bits that only these two sockets share, through NAT and across namespaces.
 */
#include "classify.h"
#include "account.h"
#include "fitness.h"

#define SHUNT_SEARCHES 32          /* quiet visits after which a stray counts as unpaired */

/* The walk visits listeners before connections (bpf_iter_tcp: listening_get_first(), then established_get_first()). */
static __always_inline void shunt_note_listener(struct sock_common *skc)
{
	struct shunt_listener key = { .netns = BPF_CORE_READ(skc, skc_net.net, ns.inum), .port = skc->skc_num };
	__u64 now = bpf_ktime_get_ns();

	bpf_map_update_elem(&shunt_listeners, &key, &now, BPF_ANY);
}

static __always_inline bool shunt_is_server(struct sock_common *skc)
{
	struct shunt_listener key = { .netns = BPF_CORE_READ(skc, skc_net.net, ns.inum), .port = skc->skc_num };

	return bpf_map_lookup_elem(&shunt_listeners, &key);
}

static __always_inline struct shunt_conn *shunt_adopt(struct sock_common *skc, struct tcp_sock *tp)
{
	int flags = BPF_SOCK_OPS_STATE_CB_FLAG;
	struct sock *sk = (struct sock *)tp;
	struct shunt_view view = {};
	struct shunt_policy policy, *p;
	struct shunt_conn *c;
	bool client;

	if (skc->skc_state != TCP_ESTABLISHED)
		return NULL;
	client = !shunt_is_server(skc);
	shunt_look(&view, (__u64)tp, client);
	view.cgroup = (__u64)BPF_CORE_READ(sk, sk_cgrp_data.cgroup);
	p = shunt_classify(&view, &policy) ? &policy : NULL;
	if (!p)
		return NULL;
	/* Without the state callback nobody would see the connection close; a kernel that cannot set it here leaves old connections alone. */
	if (bpf_setsockopt(skc, SOL_TCP, SHUNT_TCP_BPF_SOCK_OPS_CB_FLAGS, &flags, sizeof(flags)))
		return NULL;
	c = bpf_sk_storage_get(&shunt_conns, tp, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (!c)
		return NULL;
	c->cookie = bpf_get_socket_cookie(skc);
	c->flags = SHUNT_CONN_STRAY | (client ? SHUNT_CONN_CLIENT : 0);
	c->born_ns = bpf_ktime_get_ns();
	c->direction = SHUNT_UNDECIDED;
	shunt_take_policy(c, p);
	if (!shunt_consents(p))
		c->refusal = shunt_own_refusal(p);
	return c;
}

/* The stray takes the fingerprint under which the bond is kept. The server's end accounts for the connection, as for every other. */
static __always_inline void shunt_settle_stray(struct shunt_conn *c, struct tcp_sock *tp, const struct shunt_pair_key *key)
{
	c->client_isn = key->client_isn;
	c->server_isn = key->server_isn;
	c->flags &= ~SHUNT_CONN_STRAY;
	if (c->flags & SHUNT_CONN_CLIENT)
		shunt_disown(c);
	if (!(c->flags & (SHUNT_CONN_CLIENT | SHUNT_CONN_OWNER)))
		shunt_open(c, SHUNT_UNDECIDED);
	shunt_call_conductor((__u64)tp);
}

static __always_inline void shunt_bind_strays(struct shunt_conn *c, struct tcp_sock *tp, const struct shunt_stray *other, const struct shunt_pair_key *key)
{
	bool client = c->flags & SHUNT_CONN_CLIENT;
	struct shunt_bond bond = {};
	struct shunt_end *me = &bond.ends[client ? SHUNT_CLIENT : SHUNT_SERVER];
	struct shunt_end *peer = &bond.ends[client ? SHUNT_SERVER : SHUNT_CLIENT];
	__u64 cookie = other->cookie;

	me->cookie = c->cookie;
	me->sk = (__u64)tp;
	me->flags = c->refusal ? 0 : SHUNT_END_CONSENTS;
	peer->cookie = other->cookie;
	peer->sk = other->sk;
	peer->flags = other->consents ? SHUNT_END_CONSENTS : 0;
	if (bpf_map_update_elem(&shunt_bonds, key, &bond, BPF_NOEXIST))
		return;
	bpf_map_update_elem(&shunt_found, &cookie, key, BPF_ANY);
	shunt_settle_stray(c, tp, key);
}

/* One visit of a stray: has its peer found it, or can it find its peer? */
static __always_inline void shunt_search(struct shunt_conn *c, struct sock_common *skc, struct tcp_sock *tp)
{
	bool client = c->flags & SHUNT_CONN_CLIENT;
	struct sock *sk = (struct sock *)tp;
	struct shunt_pair_key key, *found;
	struct shunt_stray mine = {}, *other;
	struct shunt_view view = {};

	found = bpf_map_lookup_elem(&shunt_found, &c->cookie);
	if (found) {
		key = *found;
		bpf_map_delete_elem(&shunt_found, &c->cookie);
		shunt_settle_stray(c, tp, &key);
		return;
	}
	if (skc->skc_state != TCP_ESTABLISHED || c->searches > SHUNT_SEARCHES)
		return;
	/* Whether the peer has read all that was sent from here shows in the key; a delayed ACK says nothing about it. */
	if (!shunt_nothing_unread(sk, tp))
		return;
	key.client_isn = client ? tp->write_seq : tp->copied_seq;
	key.server_isn = client ? tp->copied_seq : tp->write_seq;
	shunt_look(&view, (__u64)tp, client);
	other = bpf_map_lookup_elem(&shunt_strays, &key);
	if (other && other->cookie != c->cookie && other->is_client != client &&
	    (!shunt_is_loopback(view.client) || other->netns == BPF_CORE_READ(skc, skc_net.net, net_cookie))) {
		shunt_bind_strays(c, tp, other, &key);
	} else {
		mine.cookie = c->cookie;
		mine.sk = (__u64)tp;
		__builtin_memcpy(mine.client, view.client, sizeof(mine.client));
		mine.client_port = view.client_port;
		mine.netns = BPF_CORE_READ(skc, skc_net.net, net_cookie);
		mine.is_client = client;
		mine.consents = !c->refusal;
		bpf_map_update_elem(&shunt_strays, &key, &mine, BPF_ANY);
	}
	if (++c->searches > SHUNT_SEARCHES && (c->flags & SHUNT_CONN_STRAY) && !(c->flags & SHUNT_CONN_OWNER))
		shunt_open(c, c->refusal ? c->refusal : SHUNT_UNPAIRED);
}

SEC("iter/tcp")
int shunt_adopter(struct bpf_iter__tcp *ctx)
{
	struct sock_common *skc = ctx->sk_common;
	struct shunt_config *config;
	struct shunt_conn *c;
	struct tcp_sock *tp;
	__u32 zero = 0;
	__u8 one = 1;

	if (!skc)
		return 0;
	tp = bpf_skc_to_tcp_sock(skc);
	if (!tp)
		return 0;
	config = bpf_map_lookup_elem(&shunt_config, &zero);
	if (!config || (config->flags & SHUNT_CONFIG_DRAINING))
		return 0;
	if (skc->skc_state == TCP_LISTEN) {
		shunt_note_listener(skc);
		return 0;
	}
	c = bpf_sk_storage_get(&shunt_conns, tp, NULL, 0);
	if (!c)
		c = shunt_adopt(skc, tp);
	else if (c->flags & SHUNT_CONN_STRAY)
		shunt_search(c, skc, tp);
	if (c && (c->flags & SHUNT_CONN_STRAY) && skc->skc_state == TCP_ESTABLISHED && c->searches <= SHUNT_SEARCHES)
		bpf_seq_write(ctx->meta->seq, &one, sizeof(one));
	return 0;
}
