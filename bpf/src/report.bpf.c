/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* shunt_report (iter/tcp): writes a struct shunt_report for every socket of a network namespace that a policy matched. Changes nothing but the counters. */
#include "row.h"
#include "account.h"
#include "bond.h"

/* The end itself learns of its peer when it is enrolled; the bond knows both from the handshake on. */
static __always_inline __u64 shunt_reported_peer(const struct shunt_conn *c)
{
	struct shunt_end *me, *peer;

	return !(c->flags & SHUNT_CONN_STRAY) && shunt_ends_of(c, &me, &peer) ? peer->cookie : c->peer_cookie;
}

SEC("iter/tcp")
int shunt_report(struct bpf_iter__tcp *ctx)
{
	struct sock_common *skc = ctx->sk_common;
	struct shunt_report row = {};
	struct shunt_conn *c;
	struct tcp_sock *tp;
	struct sock *sk;

	if (!skc)
		return 0;
	tp = bpf_skc_to_tcp_sock(skc);
	if (!tp)
		return 0;
	c = bpf_sk_storage_get(&shunt_conns, tp, NULL, 0);
	if (!c)
		return 0;
	sk = (struct sock *)tp;
	shunt_flush(c); /* the iterator holds the socket's lock, so whoever reads the report finds the counters exact */
	shunt_tell_place(&row, sk, c->flags & SHUNT_CONN_CLIENT);
	row.cookie = c->cookie;
	row.peer_cookie = shunt_reported_peer(c);
	row.age_ns = bpf_ktime_get_ns() - c->born_ns;
	row.redirected_bytes = c->redirected_bytes;
	row.redirected_messages = c->redirected_messages;
	row.tcp_bytes = tp->bytes_acked;
	if (c->flags & SHUNT_CONN_CLIENT && row.tcp_bytes)
		row.tcp_bytes--; /* the kernel counts a client's acknowledged SYN as a byte, a server's not */
	row.row = c->row;
	row.verdict = c->verdict;
	row.direction = c->direction;
	row.state = c->state;
	row.is_client = !!(c->flags & SHUNT_CONN_CLIENT);
	row.is_owner = !!(c->flags & SHUNT_CONN_OWNER);
	bpf_seq_write(ctx->meta->seq, &row, sizeof(row));
	return 0;
}
