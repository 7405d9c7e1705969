/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * shunt_redirect (sk_msg): per message of an enrolled socket, the peer's queue or TCP. Runs in tcp_bpf_sendmsg() under the sender's lock.
 *
 * It returns SK_PASS whatever happens: SK_DROP is kept in psock->eval and fails every later send with EACCES
 * (tcp_bpf_send_verdict()). It never uses apply_bytes or cork_bytes, whose error paths lose data.
 *
 * Order: tcp_bpf_recvmsg() reads redirected messages before TCP data. So redirect -> TCP is always safe, and TCP -> redirect only when
 * every byte this socket ever sent by TCP has been read: peer.copied_seq == own.write_seq (redirected bytes move neither).
 */
#include "maps.h"
#include "account.h"
#include "arrived.h"
#include "awaits.h"
#include "bursts.h"
#include "calm.h"
#include "carried.h"
#include "fitness.h"
#include "floods.h"
#include "hasty.h"
#include "held.h"
#include "nagle.h"
#include "pace.h"
#include "proof.h"
#include "room.h"
#include "trial.h"
#include "turns.h"
#include <bpf/bpf_core_read.h>

/*
 * The peer if it is still the same socket. Its memory stays a socket (SLAB_TYPESAFE_BY_RCU); the cookie tells which. The cast makes reads plain loads that
 * the kernel guards against faults, several times cheaper than a helper call for each.
 */
static __always_inline struct tcp_sock *shunt_peer(const struct shunt_conn *c)
{
	struct tcp_sock *peer = bpf_rdonly_cast((void *)c->peer_sk, bpf_core_type_id_kernel(struct tcp_sock));

	return (__u64)((struct sock *)peer)->__sk_common.skc_cookie.counter == c->peer_cookie ? peer : NULL;
}

/* Flags of a send that TCP treats in its own way: an urgent byte, data to connect with, pages lent instead of copied. sk_msg does not show them. */
static __always_inline unsigned long shunt_special_send(struct task_struct *sender)
{
	struct pt_regs *regs = bpf_rdonly_cast((void *)bpf_task_pt_regs(sender), bpf_core_type_id_kernel(struct pt_regs));
	unsigned long flags = 0;

	switch (SHUNT_SYSCALL_OF(regs)) {
	case SHUNT_NR_SENDTO:
	case SHUNT_NR_SENDMMSG:
		flags = SHUNT_ARG4_OF(regs);
		break;
	case SHUNT_NR_SENDMSG:
		flags = SHUNT_ARG3_OF(regs);
		break;
	}
	return flags & (MSG_OOB | MSG_ZEROCOPY | MSG_FASTOPEN);
}

/*
 * An end learns of its peer when it first sends: the client of a Handshake pair is enrolled before its server (PASSIVE comes after ACTIVE),
 * and the conductor enrols one end after the other.
 */
static __always_inline bool shunt_meet(struct shunt_conn *c)
{
	struct shunt_pair_key key = { .client_isn = c->client_isn, .server_isn = c->server_isn };
	struct shunt_bond *bond = bpf_map_lookup_elem(&shunt_bonds, &key);
	struct shunt_end *me, *peer;

	if (!bond) {
		struct shunt_pair *pair = bpf_map_lookup_elem(&shunt_pairs, &key);

		if (!pair)
			return false;
		/* The server makes the bond before it reads WROTE, and WROTE is set before the bond is looked up again: one of the two sees the other. */
		__sync_fetch_and_or(&pair->flags, SHUNT_PAIR_CLIENT_WROTE);
		bond = bpf_map_lookup_elem(&shunt_bonds, &key);
		if (!bond) {
			shunt_fall_back(c, SHUNT_FIRST_BYTE_BY_TCP);
			return false;
		}
	}
	me = &bond->ends[c->flags & SHUNT_CONN_CLIENT ? SHUNT_CLIENT : SHUNT_SERVER];
	peer = &bond->ends[c->flags & SHUNT_CONN_CLIENT ? SHUNT_SERVER : SHUNT_CLIENT];
	if (me->cookie != c->cookie)
		return false; /* another connection's, which had the same handshake; this one's server will say so */
	if ((peer->flags & (SHUNT_END_IN | SHUNT_END_READS)) != (SHUNT_END_IN | SHUNT_END_READS))
		return false;
	c->peer_cookie = peer->cookie;
	c->peer_sk = peer->sk;
	c->flags &= ~SHUNT_CONN_PEER_POLLER;
	if (peer->flags & SHUNT_END_POLLER)
		c->flags |= SHUNT_CONN_PEER_POLLER;
	return true;
}

/*
 * A reader may be asleep inside tcp_recvmsg() after it consumed the last TCP byte (MSG_WAITALL, SO_RCVLOWAT); redirected data
 * would never wake it. A non-blocking reader with a low-water mark of one byte never sleeps there.
 */
static __always_inline bool shunt_never_sleeps(struct tcp_sock *peer)
{
	struct sock *sk = (struct sock *)peer;
	struct socket *socket = sk->sk_socket;
	struct file *file = socket ? socket->file : NULL;

	return file && (file->f_flags & O_NONBLOCK) && sk->sk_rcvlowat <= 1;
}

/* Whether what is redirected now comes behind all that this end ever sent by TCP. */
static __always_inline bool shunt_may_resume(struct shunt_conn *c, struct tcp_sock *own, struct tcp_sock *peer)
{
	bool never_sleeps = shunt_never_sleeps(peer);

	if (never_sleeps && (c->flags & SHUNT_CONN_PEER_POLLER) && shunt_all_arrived(c, peer, own->write_seq))
		return true;
	return peer->copied_seq == own->write_seq && (never_sleeps || shunt_has_proven(c, own->write_seq) || shunt_awaits_redirects(c, peer));
}

/* What a program did to a settled pair since it was enrolled. The message goes by TCP at once; the conductor takes the pair out. */
static __always_inline bool shunt_changed(const struct shunt_conn *c, struct tcp_sock *own, struct tcp_sock *peer)
{
	if (c->flags & SHUNT_CONN_HANDSHAKE)
		return false;
	/* Of the sender's own options these concern what it sends (MSG_ZEROCOPY shows only in sends that are system calls); the others count when it is sent to. */
	return shunt_peculiar(peer) || ((struct sock *)own)->sk_tsflags || (((struct sock *)own)->__sk_common.skc_flags & 1ul << bpf_core_enum_value(enum sock_flags, SOCK_ZEROCOPY)) || (!(c->flags & (SHUNT_CONN_MAY_BLOCK | SHUNT_CONN_VOUCHED)) && !shunt_never_sleeps(peer));
}

/*
 * Un-enrolment waits until no redirect is under way (decision 1). A redirect ends before its system call does, so the only thread that ever
 * redirected proves by sending again that its last one is over. A busy socket would else hardly ever be seen without a reference of its sender's.
 */
static __always_inline void shunt_dry(struct shunt_conn *c)
{
	if (c->state == SHUNT_STATE_LEAVING && !(c->flags & SHUNT_CONN_MANY_SENDERS) && c->sender == (__u64)bpf_get_current_task_btf())
		c->flags |= SHUNT_CONN_DRY;
}

static __always_inline long shunt_send_to_peer(struct sk_msg_md *msg, struct shunt_conn *c)
{
	return c->flags & SHUNT_CONN_PEER_POLLER ? bpf_msg_redirect_hash(msg, &shunt_pollers, &c->peer_cookie, BPF_F_INGRESS)
						 : bpf_msg_redirect_hash(msg, &shunt_sockets, &c->peer_cookie, BPF_F_INGRESS);
}

SEC("sk_msg")
int shunt_redirect(struct sk_msg_md *msg)
{
	struct bpf_sock *sk = msg->sk;
	struct tcp_sock *tp, *peer;
	struct task_struct *sender;
	struct shunt_conn *c;
	unsigned long special;
	__u32 size, reason;
	int backlog;

	if (!sk)
		return SK_PASS;
	c = bpf_sk_storage_get(&shunt_conns, sk, NULL, 0);
	if (!c)
		return SK_PASS;
	if (c->state != SHUNT_STATE_ENROLLED) {
		shunt_dry(c);
		return SK_PASS;
	}
	if (c->flags & SHUNT_CONN_SLOW) {
		/* On its way out: what it leaves of the node's budget is for those that stay, and its reader's queue runs empty. */
		shunt_fall_back(c, SHUNT_SLOWER_THAN_TCP);
		return SK_PASS;
	}
	/* After shutdown(SHUT_WR) plain TCP answers EPIPE, tcp_bpf_sendmsg() would deliver: leave it to TCP. */
	if (sk->state != TCP_ESTABLISHED && sk->state != TCP_CLOSE_WAIT)
		return SK_PASS;
	tp = bpf_rdonly_cast(sk, bpf_core_type_id_kernel(struct tcp_sock)); /* only TCP sockets get here */
	size = msg->size;
	if (!c->peer_sk && !shunt_meet(c)) {
		shunt_carries(c, size, (__u64)tp);
		return SK_PASS;
	}
	peer = shunt_peer(c);
	/* A socket that was disconnected keeps its place and its cookie: connect(2) with AF_UNSPEC. */
	sender = bpf_get_current_task_btf();
	if (!peer || ((struct sock *)peer)->__sk_common.skc_state == TCP_CLOSE)
		return SK_PASS;
	special = shunt_special_send(sender);
	if (special) {
		/* Who sends one urgent byte sends another: a settled pair leaves for good. */
		if ((special & MSG_OOB) && !(c->flags & (SHUNT_CONN_UNUSUAL | SHUNT_CONN_HANDSHAKE))) {
			c->flags |= SHUNT_CONN_UNUSUAL;
			shunt_alarm();
			shunt_hurry_conductor((__u64)tp);
		}
		return SK_PASS;
	}
	if (shunt_changed(c, tp, peer)) {
		shunt_alarm(); /* the peer may have been passed by for long */
		shunt_hurry_conductor((__u64)tp);
		return SK_PASS;
	}

	if (tp->write_seq != c->clean_seq) {
		if (!shunt_may_resume(c, tp, peer)) {
			shunt_carries(c, size, (__u64)tp);
			return SK_PASS;
		}
		c->clean_seq = tp->write_seq;
	}
	backlog = ((struct sock *)peer)->sk_backlog.rmem_alloc.counter;
	if (backlog <= 0) {
		if (c->messages > SHUNT_BURST_STARTS)
			shunt_burst_ends(c, sender, false, tp);
		c->messages = 0;
	}
	reason = shunt_full(c, peer, backlog, size);
	if (reason) {
		if (c->messages > SHUNT_BURST_STARTS)
			shunt_burst_ends(c, sender, true, tp);
		if (reason == SHUNT_BACKLOG_BYTES && c->direction != SHUNT_BACKLOG_BYTES) {
			__u64 now = bpf_ktime_get_ns();

			shunt_flood_ends(c, tp, backlog, size, now);
			shunt_room_filled(c, now);
		}
		shunt_fall_back(c, reason);
		shunt_carries(c, size, (__u64)tp);
		return SK_PASS;
	}
	shunt_wait_for_lock(c, peer);
	if (shunt_send_to_peer(msg, c) != SK_PASS)
		return SK_PASS; /* the peer is closing */
	if (c->direction == SHUNT_BACKLOG_BYTES)
		shunt_room_drained(c, bpf_ktime_get_ns());
	if (!c->messages || c->direction != SHUNT_ACCELERATED)
		shunt_flood_begins(c, backlog);
	shunt_come_back(c);
	shunt_spares(c, size);
	if (size >= SHUNT_LARGE_MESSAGE && backlog <= 0)
		shunt_large_turn(c, sender, (__u64)tp);
	if (++c->messages == SHUNT_BURST_STARTS)
		shunt_burst_starts(c, sender);
	if (c->sender != (__u64)sender) {
		if (c->sender)
			c->flags |= SHUNT_CONN_MANY_SENDERS;
		c->sender = (__u64)sender;
	}
	c->redirected_bytes += size;
	c->redirected_messages++;
	shunt_note_lap(c);
	if (c->redirected_messages - c->flushed_messages >= SHUNT_FLUSH_MESSAGES || c->redirected_bytes - c->flushed_bytes >= SHUNT_FLUSH_BYTES) {
		if (!c->flushed_messages)
			shunt_not_hasty(c->listener, (__u64)tp);
		shunt_note_pace(c);
		shunt_note_way(c, tp, c->redirected_messages - c->flushed_messages, c->redirected_bytes - c->flushed_bytes);
		shunt_try_tcp(c, sender, (backlog > 0 ? backlog : 0) + (int)size, (__u64)tp); /* this message is counted already */
		shunt_flush(c);
	}
	return SK_PASS;
}
