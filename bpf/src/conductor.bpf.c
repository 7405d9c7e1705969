/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * shunt_conductor (iter/tcp): visits the sockets of one network namespace, each under its own lock (bpf_iter_tcp_seq_show() takes lock_sock()),
 * and enrols, re-judges or un-enrols it. The node plugin starts a walk by reading the pinned iterator from inside the namespace; walks never run
 * side by side, which is what makes a decision about two ends, taken in two visits, sound.
 *
 * Enrolment (Settled): each end must be found fit under its own lock; the second of two fit ends enters the sockhash first, the first follows at its
 * next visit. Neither redirects before both are in. An end that stays alone leaves like every other, for shunt_one_queue moves what comes by TCP into its queue.
 * So that it need not, a byte is written for it, which tells the node plugin to walk once more at once; for a pair that its programs or its pace send out as well.
 *
 * A walk that comes to a busy end whose last message is still unread does not pass it by: the program answers 1, so that the read that walks ends with EAGAIN (bpf_iter_run_prog()), and the
 * next read visits the same socket once more.
 *
 * Un-enrolment, two phases, of both ends together: (1) LEAVING under the own lock, and LEFT once no redirect of this end is under way; (2) when the peer has LEFT and the own
 * queue is empty, the key is deleted. Deleting earlier would free unread bytes (sk_psock_drop()).
 */
#include "classify.h"
#include "account.h"
#include "adopt.h"
#include "bond.h"
#include "calm.h"
#include "fitness.h"
#include "hasty.h"
#include "leave.h"
#include "program.h"
#include "proof.h"
#include "slow.h"
#include "window.h"
#include "young.h"

#define SHUNT_FIT_FOR_NS 2000000000ull    /* how long a peer's fitness is believed; it is proven again when it enters */
#define SHUNT_PAUSES 384u                 /* how often a walk waits for an end to be quiet; as often again when its peer is in already */
#define SHUNT_PAUSES_AGAIN_NS 1000000000ull /* and not again for so long, doubled each time */
#define SHUNT_PAUSES_DOUBLINGS 7
#define SHUNT_ALONE_NS 1000000000ull      /* how long an end may wait in the sockhash for its peer */
#define SHUNT_ALONE_VISITS 6              /* but as many visits at least: among many sockets they are far apart */

struct shunt_visit {
	struct shunt_conn *c;
	struct shunt_end *me;
	struct shunt_end *peer;
	struct sock *sk;
	struct tcp_sock *tp;
	__u64 now;
	__u64 settle_ns;
	int sleepers;                         /* on this socket: they come and go under its lock */
	bool draining;
	bool busy;                            /* fit, but for what is unread just now */
};

/* The policy set changed since this socket was classified: judge it anew. A function of its own, as those of adopt.h. */
static __attribute__((noinline)) int shunt_reclassify(struct shunt_conn *c, struct tcp_sock *tp, __u64 generation)
{
	struct shunt_view view = {};
	struct sock *sk = (struct sock *)tp;
	struct shunt_policy policy, *p;
	struct shunt_end *me, *peer;

	shunt_look(&view, (__u64)tp, c->flags & SHUNT_CONN_CLIENT);
	view.cgroup = (__u64)BPF_CORE_READ(sk, sk_cgrp_data.cgroup);
	p = shunt_classify(&view, &policy) ? &policy : NULL;
	c->generation = generation;
	if (p) {
		if (c->row != p->row)
			shunt_change_row(c, p->row);
		shunt_take_policy(c, p);
		if (!(c->flags & SHUNT_CONN_WANTS_HANDSHAKE))
			c->flags &= ~(SHUNT_CONN_HANDSHAKE | SHUNT_CONN_VOUCHED);
	}
	c->refusal = !p ? SHUNT_NO_POLICY : shunt_consents(p) ? SHUNT_UNDECIDED : shunt_own_refusal(p);
	if (!shunt_ends_of(c, &me, &peer)) {
		/* Its peer had no policy when this one was classified; it may have one now: the adopter looks for it. */
		c->flags |= SHUNT_CONN_STRAY;
		if (c->searches)
			c->searches = 1; /* it has posted: where the policy changes with every walk it would begin anew for ever */
		return 0;
	}
	me->flags &= ~SHUNT_END_CONSENTS;
	if (!c->refusal)
		me->flags |= SHUNT_END_CONSENTS;
	me->reason = SHUNT_UNDECIDED;
	return 0;
}

static __always_inline bool shunt_wanted(const struct shunt_visit *v)
{
	return !v->draining && (v->me->flags & v->peer->flags & SHUNT_END_CONSENTS) && !((v->me->flags | v->peer->flags) & (SHUNT_END_CLOSED | SHUNT_END_LEAVING)) &&
	       !v->me->reason && !v->peer->reason;
}

/* Takes an end out of the sockhash. Only where nothing is queued for it and nothing can be any more. */
static __always_inline void shunt_take_out(struct shunt_visit *v)
{
	shunt_delete(v->c->cookie, v->c->flags & SHUNT_CONN_POLLER);
	v->c->state = SHUNT_STATE_WATCHED;
	v->c->peer_sk = 0;
	v->me->fit_ns = 0;
	v->me->flags &= ~(SHUNT_END_IN | SHUNT_END_READ | SHUNT_END_LEAVING | SHUNT_END_LEFT | SHUNT_END_POLLER);
}

/* Phase 1. */
static __always_inline void shunt_leave(struct shunt_visit *v)
{
	v->c->state = SHUNT_STATE_LEAVING;
	v->me->flags |= SHUNT_END_LEAVING;
	shunt_alarm();
	if ((v->peer->flags & (SHUNT_END_IN | SHUNT_END_CLOSED)) == SHUNT_END_IN)
		v->me->reason == SHUNT_SLOWER_THAN_TCP ? shunt_hurry_conductor(v->peer->sk) : shunt_call_conductor(v->peer->sk); /* into its own namespace */
}

/*
 * A thread inside recv or send keeps the psock beyond the key. In shunt_pollers, what came by TCP before may be on its way into it; in shunt_sockets nothing but redirected data ever
 * gets there, and the thread goes on by TCP.
 */
static __always_inline bool shunt_holds_nothing(const struct shunt_visit *v, struct sk_psock *psock)
{
	return shunt_ingress_empty(psock) && (!(v->c->flags & SHUNT_CONN_POLLER) || !shunt_redirect_under_way(psock, v->c, v->sleepers));
}

/* No redirect of this end is under way: it never redirected since it was enrolled, or its only thread came back to send, or no thread is in there at all. */
static __always_inline bool shunt_is_dry(const struct shunt_visit *v, struct sk_psock *psock)
{
	return !v->c->sender || (v->c->flags & SHUNT_CONN_DRY) || !shunt_redirect_under_way(psock, v->c, v->sleepers);
}

/*
 * Of a Handshake client that no bond, or a bond without it, knows: its server was refused, or its own cgroup was detached before the server's
 * ESTABLISHED. Nobody can redirect to it.
 */
static __always_inline void shunt_withdraw(struct shunt_visit *v)
{
	struct sk_psock *psock = shunt_psock(v->sk);

	if (psock && !shunt_holds_nothing(v, psock))
		return;
	shunt_delete(v->c->cookie, v->c->flags & SHUNT_CONN_POLLER);
	v->c->state = SHUNT_STATE_WATCHED;
}

/*
 * Asked before an end enters, not only before it is redirected to: in shunt_pollers splice(2) would not even see TCP data. An end whose program is not known
 * yet, because it neither read nor wrote by now, waits.
 */
static __always_inline __u32 shunt_trust(struct shunt_visit *v)
{
	__u32 program = v->c->flags & SHUNT_CONN_WANTS_HANDSHAKE ? SHUNT_PROGRAM_NEVER_SPLICES : shunt_program_of(v->c);

	if (program == SHUNT_PROGRAM_UNKNOWN)
		return SHUNT_UNDECIDED;
	if (program == SHUNT_PROGRAM_MAY_SPLICE)
		return SHUNT_MAY_SPLICE;
	v->me->flags |= SHUNT_END_READS;
	return SHUNT_ACCELERATED;
}

static __always_inline void shunt_visit_enrolled(struct shunt_visit *v)
{
	__u32 trust = SHUNT_ACCELERATED;
	struct shunt_conn *c = v->c;

	if (!(v->me->flags & SHUNT_END_IN)) {
		shunt_withdraw(v); /* a Handshake client whose server did not follow */
		return;
	}
	/* With Handshake the owner of the policy vouched for the program; only what would hang or misdeliver counts. */
	v->me->reason = c->flags & SHUNT_CONN_HANDSHAKE ? (shunt_splices(v->sk, c) ? SHUNT_SPLICE_USER : 0) : shunt_unfit(v->sk, v->tp, c);
	if (!v->me->reason && (c->flags & SHUNT_CONN_SLOW)) {
		v->me->reason = SHUNT_SLOWER_THAN_TCP;
		shunt_slow_leaves(c, v->tp->write_seq, v->now);
	}
	if (!v->me->reason)
		trust = shunt_trust(v);
	if (trust == SHUNT_MAY_SPLICE)
		v->me->reason = trust;
	if (!shunt_wanted(v) || trust != SHUNT_ACCELERATED) {
		shunt_leave(v);
		return;
	}
	if (!(v->peer->flags & SHUNT_END_IN)) {
		if (++c->visits_alone >= SHUNT_ALONE_VISITS && v->now - c->enrolled_ns > SHUNT_ALONE_NS)
			shunt_leave(v);
		return;
	}
	/*
	 * Drained proof for readers that may sleep, if the reader itself has not given it (proof.h). Under this end's lock: all that came is read and nobody is inside recv. If the peer
	 * has sent nothing since (its write_seq is still what was read here), nobody can have gone to sleep inside tcp_recvmsg(), which is entered only for TCP data.
	 */
	if (shunt_nothing_unread(v->sk, v->tp) && shunt_nobody_waits(v->sk, v->sleepers)) {
		v->me->read_seq = v->tp->copied_seq;
		v->me->flags |= SHUNT_END_READ;
	} else if (v->me->read_seq != v->tp->copied_seq) {
		v->me->flags &= ~SHUNT_END_READ;
	}
	if (v->tp->write_seq != c->clean_seq && (v->peer->flags & SHUNT_END_READ) && v->peer->read_seq == v->tp->write_seq)
		c->clean_seq = v->tp->write_seq;
}

static __always_inline void shunt_visit_leaving(struct shunt_visit *v)
{
	struct sk_psock *psock = shunt_psock(v->sk);

	if (!psock) {
		shunt_take_out(v);
		return;
	}
	if (!(v->me->flags & SHUNT_END_LEFT)) {
		if (!shunt_is_dry(v, psock))
			return;
		v->me->flags |= SHUNT_END_LEFT;
	}
	if ((v->peer->flags & SHUNT_END_IN) && !(v->peer->flags & (SHUNT_END_LEFT | SHUNT_END_CLOSED)))
		return; /* the peer may still redirect to this end */
	if ((v->c->flags & SHUNT_CONN_SLOW) && (v->peer->flags & (SHUNT_END_IN | SHUNT_END_CLOSED)) == SHUNT_END_IN) {
		shunt_take_reader_out(v->peer, v->tp, v->now);
		return; /* the reader first: from outside, this end could not help it out any more */
	}
	if (shunt_holds_nothing(v, psock))
		shunt_take_out(v);
}

/* The other end's socket, unlocked, or NULL if it is another's by now. */
static __always_inline struct tcp_sock *shunt_peer_of(const struct shunt_end *peer)
{
	struct tcp_sock *tp = bpf_rdonly_cast((void *)peer->sk, bpf_core_type_id_kernel(struct tcp_sock));

	return peer->sk && (__u64)((struct sock *)tp)->__sk_common.skc_cookie.counter == peer->cookie ? tp : NULL;
}

static __always_inline void shunt_visit_watched(struct shunt_visit *v, struct sock_common *skc)
{
	struct shunt_conn *c = v->c;
	__u32 fitness, received;
	long error;

	if (v->me->reason == SHUNT_SLOWER_THAN_TCP && !(v->peer->flags & (SHUNT_END_IN | SHUNT_END_CLOSED)) && shunt_slow_returns(c, v->tp, shunt_peer_of(v->peer), v->now))
		v->me->reason = 0;
	/* The kernel refuses a socket that is in somebody else's sockhash, such as that of an earlier version of Shunt; it may have left by now. */
	if (v->me->reason == SHUNT_KERNEL_REFUSED)
		v->me->reason = SHUNT_UNDECIDED;
	if (v->me->reason == SHUNT_MAY_SPLICE)
		v->me->reason = SHUNT_UNDECIDED; /* the node plugin may have changed its mind, for its own settings changed */
	shunt_note_lasting(c, v->now, (__u64)v->tp);
	if (!shunt_wanted(v))
		return;
	fitness = shunt_fitness(v->sk, v->tp, c, v->now, v->settle_ns, v->sleepers);
	if (fitness == SHUNT_ACCELERATED)
		fitness = shunt_trust(v);
	if (fitness != SHUNT_ACCELERATED) {
		if (fitness)
			v->me->fit_ns = 0;
		v->busy = fitness == SHUNT_UNDECIDED && c->program.id && v->now - c->born_ns >= v->settle_ns && !shunt_nothing_unread(v->sk, v->tp);
		v->me->reason = fitness;
		return;
	}
	v->me->fit_ns = v->now;
	if (!(v->peer->flags & SHUNT_END_IN) && v->now - v->peer->fit_ns > SHUNT_FIT_FOR_NS)
		return;
	if (shunt_is_nonblocking(v->sk)) {
		c->flags |= SHUNT_CONN_POLLER;
		received = v->tp->rcv_nxt; /* and read */
		bpf_map_update_elem(&shunt_moved, &c->cookie, &received, BPF_ANY);
		error = bpf_map_update_elem(&shunt_pollers, &c->cookie, skc, BPF_NOEXIST);
	} else {
		c->flags &= ~SHUNT_CONN_POLLER;
		error = bpf_map_update_elem(&shunt_sockets, &c->cookie, skc, BPF_NOEXIST);
	}
	if (error) {
		v->me->reason = error == -E2BIG ? SHUNT_MAP_FULL : SHUNT_KERNEL_REFUSED;
		return;
	}
	c->state = SHUNT_STATE_ENROLLED;
	c->enrolled_ns = v->now;
	shunt_not_hasty(c->listener, (__u64)v->tp);
	c->visits_alone = 0;
	c->pauses = c->never_quiet = 0;
	c->messages = 0;
	c->clean_seq = v->tp->write_seq - 1; /* not clean: redirecting begins with the drained proof */
	c->flags &= ~(SHUNT_CONN_HANDSHAKE | SHUNT_CONN_SLOW | SHUNT_CONN_TRIES | SHUNT_CONN_MANY_SENDERS | SHUNT_CONN_DRY | SHUNT_CONN_ASLEEP);
	if (v->sleepers)
		c->flags |= SHUNT_CONN_ASLEEP;
	shunt_nothing_is_slow(c);
	shunt_new_pace(c);
	c->sender = 0;
	v->me->flags |= SHUNT_END_IN | (c->flags & SHUNT_CONN_POLLER ? SHUNT_END_POLLER : 0);
}

/* What the connection's owner counts it under, now. */
static __always_inline __u32 shunt_present_verdict(const struct shunt_visit *v)
{
	/* It stays accelerated until both ends are out: whoever drains waits for that. */
	if (v->c->verdict == SHUNT_ACCELERATED && ((v->me->flags | v->peer->flags) & SHUNT_END_IN))
		return SHUNT_ACCELERATED;
	if (v->c->refusal)
		return v->c->refusal;
	if (v->draining)
		return SHUNT_DRAINING;
	if (!(v->peer->flags & SHUNT_END_CONSENTS))
		return SHUNT_PEER_NOT_CONSENTING;
	if (v->me->flags & v->peer->flags & SHUNT_END_IN)
		return v->c->verdict == SHUNT_FIRST_BYTE_BY_TCP ? SHUNT_FIRST_BYTE_BY_TCP : SHUNT_ACCELERATED;
	if (v->me->reason)
		return v->me->reason;
	if (v->peer->reason)
		return v->peer->reason;
	return v->c->verdict == SHUNT_SLOWER_THAN_TCP ? SHUNT_SLOWER_THAN_TCP : SHUNT_UNDECIDED; /* on its way back */
}

/* Whether another walk could change anything for this socket by itself. */
static __always_inline bool shunt_unfinished(const struct shunt_visit *v)
{
	if (v->c->state == SHUNT_STATE_LEAVING)
		return true;
	if (!shunt_wanted(v))
		return v->c->state == SHUNT_STATE_ENROLLED || (v->peer->flags & SHUNT_END_IN) || v->me->reason == SHUNT_SLOWER_THAN_TCP;
	if (v->c->state == SHUNT_STATE_WATCHED && shunt_is_expected(v->c, v->now, v->settle_ns))
		return false;
	if (v->c->state == SHUNT_STATE_WATCHED)
		return v->c->program.id || (v->c->flags & SHUNT_CONN_WANTS_HANDSHAKE); /* else its first use calls (shunt_see()) */
	return !(v->peer->flags & SHUNT_END_IN) || v->c->clean_seq != v->tp->write_seq;
}

/* Whether the next walk better follows at once: one end is alone in its sockhash, or a pair that redirecting does not suit is on its way out, by TCP from within the sockhash meanwhile. */
static __always_inline bool shunt_halfway(const struct shunt_visit *v)
{
	if (v->c->state == SHUNT_STATE_LEAVING)
		return v->me->reason || v->peer->reason;
	return shunt_wanted(v) && ((v->me->flags ^ v->peer->flags) & SHUNT_END_IN);
}

/* Whether the walk shall wait for a busy end. A stream whose ends share a CPU is quiet for some 10 us, between its reader's last recv and what its sender copies next: so it is looked at often, not long. */
static __always_inline bool shunt_pauses(struct shunt_visit *v)
{
	struct shunt_conn *c = v->c;

	if (c->pauses && v->now - c->paused_ns > SHUNT_PAUSES_AGAIN_NS << c->never_quiet) {
		c->pauses = 0;
		if (c->never_quiet < SHUNT_PAUSES_DOUBLINGS)
			c->never_quiet++;
	}
	if (c->pauses >= (v->peer->flags & SHUNT_END_IN ? 2 * SHUNT_PAUSES : SHUNT_PAUSES))
		return false;
	c->pauses++;
	c->paused_ns = v->now;
	return true;
}

/* One visit. */
static __attribute__((noinline)) int shunt_tend(struct bpf_iter__tcp *ctx, struct sock_common *skc, struct tcp_sock *tp, struct shunt_conn *c, struct shunt_config *config)
{
	struct shunt_pair_key key = { .client_isn = c->client_isn, .server_isn = c->server_isn };
	struct shunt_visit v = { .tp = tp, .c = c };
	struct shunt_bond *bond;
	__u8 one = 1;

	v.sk = (struct sock *)v.tp;
	v.now = bpf_ktime_get_ns();
	v.sleepers = shunt_sleepers(v.sk);
	v.settle_ns = config->settle_ns;
	v.draining = config->flags & SHUNT_CONFIG_DRAINING;
	bond = v.c->flags & SHUNT_CONN_STRAY ? NULL : bpf_map_lookup_elem(&shunt_bonds, &key);
	if (bond) {
		bool client = v.c->flags & SHUNT_CONN_CLIENT;

		v.me = &bond->ends[client ? SHUNT_CLIENT : SHUNT_SERVER];
		v.peer = &bond->ends[client ? SHUNT_SERVER : SHUNT_CLIENT];
		if (v.me->cookie != v.c->cookie)
			return 0;
	}
	if (!v.me || !v.peer) {
		if ((v.c->flags & SHUNT_CONN_OWNER) && v.c->refusal)
			shunt_move(v.c, v.c->refusal);
		if (v.c->state == SHUNT_STATE_ENROLLED && v.now - v.c->born_ns > SHUNT_ALONE_NS)
			shunt_withdraw(&v);
		return 0;
	}
	if (skc->skc_state != TCP_ESTABLISHED) {
		if (v.c->state == SHUNT_STATE_WATCHED)
			return 0; /* closing: leave it be; what is enrolled may still un-enrol */
	} else if (v.c->state == SHUNT_STATE_WATCHED) {
		shunt_visit_watched(&v, skc);
	}
	if ((v.c->flags & SHUNT_CONN_ASLEEP) && !v.sleepers)
		v.c->flags &= ~SHUNT_CONN_ASLEEP;
	if (v.c->state == SHUNT_STATE_ENROLLED)
		shunt_visit_enrolled(&v);
	if (v.c->state == SHUNT_STATE_LEAVING)
		shunt_visit_leaving(&v);
	if (v.c->state == SHUNT_STATE_ENROLLED)
		shunt_narrow_window(c, skc, tp);
	else if (v.c->state == SHUNT_STATE_WATCHED)
		shunt_widen_window(c, skc, tp);
	shunt_mark_program_known(skc, tp, c);
	/* Between two requests it would be fit: the walk stops here for a moment, and goes on with another visit of this socket. */
	if (v.busy && shunt_pauses(&v))
		return 1;
	if (v.c->flags & SHUNT_CONN_OWNER)
		shunt_move(v.c, shunt_present_verdict(&v));
	c->calm = 0;
	if (shunt_is_tried(c, v.now))
		shunt_recall_conductor((__u64)v.tp);
	else if (shunt_unfinished(&v))
		shunt_call_conductor((__u64)v.tp);
	else if (c->state == SHUNT_STATE_ENROLLED)
		c->calm = shunt_present_calm();
	if (shunt_halfway(&v))
		bpf_seq_write(ctx->meta->seq, &one, sizeof(one));
	return 0;
}

SEC("iter/tcp")
int shunt_conductor(struct bpf_iter__tcp *ctx)
{
	struct sock_common *skc = ctx->sk_common;
	struct shunt_config *config;
	struct shunt_conn *c;
	struct tcp_sock *tp;
	__u32 zero = 0;
	__u64 *active;
	__u8 one = 1;

	if (!skc)
		return 0;
	tp = bpf_skc_to_tcp_sock(skc);
	if (!tp)
		return 0;
	active = bpf_map_lookup_elem(&shunt_active, &zero);
	config = bpf_map_lookup_elem(&shunt_config, &zero);
	if (!active || !config)
		return 0;
	if (skc->skc_state == TCP_LISTEN) {
		shunt_note_listener(skc);
		return 0;
	}
	c = bpf_sk_storage_get(&shunt_conns, tp, NULL, 0);
	/* It was thought to be short, and lasts until now. */
	if (!c && skc->skc_state == TCP_ESTABLISHED && !(config->flags & SHUNT_CONFIG_DRAINING) && shunt_was_left_alone(tp))
		c = shunt_adopt(skc, tp, config->settle_ns);
	if (!c)
		return 0;
	if ((c->flags & (SHUNT_CONN_STRAY | SHUNT_CONN_LEFT_ALONE)) == (SHUNT_CONN_STRAY | SHUNT_CONN_LEFT_ALONE) && skc->skc_state == TCP_ESTABLISHED) {
		shunt_search(c, skc, tp);
		if (shunt_still_searches(c)) {
			shunt_call_conductor((__u64)tp);
			if (c->searches == 1)
				bpf_seq_write(ctx->meta->seq, &one, sizeof(one)); /* the next walk brings the two together */
		}
	}
	if (!(config->flags & SHUNT_CONFIG_DRAINING) && shunt_is_calm(c, skc, tp, *active))
		return 0;
	if (c->generation != *active)
		shunt_reclassify(c, tp, *active);
	return shunt_tend(ctx, skc, tp, c, config);
}
