/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Counters by policy and verdict. A connection is counted once, by its owner, under its present verdict. */
#ifndef SHUNT_ACCOUNT_H
#define SHUNT_ACCOUNT_H

#include "maps.h"
#include "lap.h"
#include "ledger.h"
#include <bpf/bpf_core_read.h>

#define SHUNT_FLUSH_MESSAGES 32
#define SHUNT_FLUSH_BYTES (256u << 10)

static __always_inline struct shunt_counters *shunt_row(__u32 row)
{
	return bpf_map_lookup_elem(&shunt_counters, &row);
}

static __always_inline void shunt_count(__u64 *verdicts, __u32 verdict, __s64 by)
{
	__sync_fetch_and_add(&verdicts[verdict & (SHUNT_VERDICTS - 1)], by);
}

/* What the winning policy means for this socket. */
static __always_inline void shunt_take_policy(struct shunt_conn *c, const struct shunt_policy *p)
{
	__u32 zero = 0;
	__u64 *active = bpf_map_lookup_elem(&shunt_active, &zero);

	c->generation = active ? *active : 0;
	c->row = p->row;
	c->backlog_bytes = p->backlog_bytes;
	c->backlog_messages = p->backlog_messages;
	shunt_new_lap(c);
	c->flags &= ~(SHUNT_CONN_MAY_BLOCK | SHUNT_CONN_WANTS_HANDSHAKE | SHUNT_CONN_PEER_OBSERVES);
	if (p->blocking == SHUNT_BLOCKING_ACCEPT)
		c->flags |= SHUNT_CONN_MAY_BLOCK;
	if (p->enrolment == SHUNT_ENROLMENT_HANDSHAKE)
		c->flags |= SHUNT_CONN_WANTS_HANDSHAKE;
}

/* The inode of a socket's network namespace. */
static __always_inline __u32 shunt_namespace_of(__u64 sk)
{
	struct sock_common *common = bpf_rdonly_cast((void *)sk, bpf_core_type_id_kernel(struct sock_common));

	return common->skc_net.net->ns.inum;
}

/* Adds to a namespace's row. */
static __always_inline void shunt_add_work(__u32 netns, const struct shunt_work *more)
{
	struct shunt_work *work = bpf_map_lookup_elem(&shunt_work, &netns);

	if (!work) {
		bpf_map_update_elem(&shunt_work, &netns, more, BPF_NOEXIST);
		return;
	}
	if (more->candidates)
		__sync_fetch_and_add(&work->candidates, 1);
	if (more->urgent)
		__sync_fetch_and_add(&work->urgent, 1);
	if (more->patient)
		__sync_fetch_and_add(&work->patient, 1);
	if (more->measured)
		__sync_fetch_and_add(&work->measured, 1);
}

/* One more connection waits for the conductor. */
static __always_inline void shunt_call_conductor(__u64 sk)
{
	struct shunt_work more = { .candidates = 1 };

	shunt_add_work(shunt_namespace_of(sk), &more);
}

/* It is slower than TCP until the conductor comes. */
static __always_inline void shunt_hurry_conductor(__u64 sk)
{
	struct shunt_work more = { .candidates = 1, .urgent = 1 };

	shunt_add_work(shunt_namespace_of(sk), &more);
}

/* What TCP does for it is being measured: the next look is to follow soon. */
static __always_inline void shunt_recall_conductor(__u64 sk)
{
	struct shunt_work more = { .candidates = 1, .measured = 1 };

	shunt_add_work(shunt_namespace_of(sk), &more);
}

/* Somebody may have been missed, though hardly: it is worth a walk every few seconds. */
static __always_inline void shunt_remind_conductor(__u64 sk)
{
	struct shunt_work more = { .patient = 1 };

	shunt_add_work(shunt_namespace_of(sk), &more);
}

/* First verdict of a connection: from here on it is live. */
static __always_inline void shunt_open(struct shunt_conn *c, __u32 verdict)
{
	struct shunt_counters *r = shunt_row(c->row);

	c->flags |= SHUNT_CONN_OWNER;
	c->verdict = verdict;
	if (!r)
		return;
	shunt_count(r->verdicts, verdict, 1);
	__sync_fetch_and_add(&r->live, 1);
	if (verdict == SHUNT_ACCELERATED)
		__sync_fetch_and_add(&r->accelerated_live, 1);
}

static __always_inline void shunt_move(struct shunt_conn *c, __u32 verdict)
{
	struct shunt_counters *r = shunt_row(c->row);

	if (!r || c->verdict == verdict)
		return;
	shunt_count(r->verdicts, c->verdict, -1);
	shunt_count(r->verdicts, verdict, 1);
	if (c->verdict == SHUNT_ACCELERATED)
		__sync_fetch_and_add(&r->accelerated_live, -1);
	if (verdict == SHUNT_ACCELERATED)
		__sync_fetch_and_add(&r->accelerated_live, 1);
	c->verdict = verdict;
}

/* Brings what this end redirected into the counters. Per message that would cost two atomic additions on a shared cache line. */
static __always_inline void shunt_flush(struct shunt_conn *c)
{
	struct shunt_counters *r;

	if (c->flushed_messages == c->redirected_messages)
		return;
	r = shunt_row(c->row);
	if (r) {
		__sync_fetch_and_add(&r->redirected_messages, c->redirected_messages - c->flushed_messages);
		__sync_fetch_and_add(&r->redirected_bytes, c->redirected_bytes - c->flushed_bytes);
	}
	c->flushed_messages = c->redirected_messages;
	c->flushed_bytes = c->redirected_bytes;
}

/* Another policy matches now: the connection is counted there, under the same verdict. */
static __always_inline void shunt_change_row(struct shunt_conn *c, __u32 row)
{
	struct shunt_counters *from = shunt_row(c->row), *to = shunt_row(row);

	shunt_flush(c);
	c->row = row;
	if (!(c->flags & SHUNT_CONN_OWNER) || !from || !to)
		return;
	shunt_count(from->verdicts, c->verdict, -1);
	shunt_count(to->verdicts, c->verdict, 1);
	__sync_fetch_and_add(&from->live, -1);
	__sync_fetch_and_add(&to->live, 1);
	if (c->verdict == SHUNT_ACCELERATED) {
		__sync_fetch_and_add(&from->accelerated_live, -1);
		__sync_fetch_and_add(&to->accelerated_live, 1);
	}
}

/* The other end accounts for this connection from now on. */
static __always_inline void shunt_disown(struct shunt_conn *c)
{
	struct shunt_counters *r = shunt_row(c->row);

	if (!(c->flags & SHUNT_CONN_OWNER) || !r)
		return;
	shunt_count(r->verdicts, c->verdict, -1);
	__sync_fetch_and_add(&r->live, -1);
	if (c->verdict == SHUNT_ACCELERATED)
		__sync_fetch_and_add(&r->accelerated_live, -1);
	c->flags &= ~SHUNT_CONN_OWNER;
}

/* Last words of a connection. */
static __always_inline void shunt_close(struct shunt_conn *c)
{
	struct shunt_counters *r = shunt_row(c->row);

	shunt_flush(c);
	shunt_leave_ledger(c);
	if (!(c->flags & SHUNT_CONN_OWNER) || !r)
		return;
	if (c->verdict == SHUNT_UNDECIDED)
		shunt_move(c, c->flags & SHUNT_CONN_LEFT_ALONE ? SHUNT_SLOWER_THAN_TCP : SHUNT_NOT_SETTLED);
	__sync_fetch_and_add(&r->live, -1);
	if (c->verdict == SHUNT_ACCELERATED)
		__sync_fetch_and_add(&r->accelerated_live, -1);
	c->flags &= ~SHUNT_CONN_OWNER;
}

/* This direction leaves redirecting for TCP; counted when it happens, not once per message that follows. */
static __always_inline void shunt_fall_back(struct shunt_conn *c, __u32 reason)
{
	struct shunt_counters *r;

	if (c->direction == reason)
		return;
	c->direction = reason;
	r = shunt_row(c->row);
	if (r)
		shunt_count(r->fallbacks, reason, 1);
}

/* This direction redirects; counted if it had left for TCP before, whoever found that it drained: the program itself or the conductor. */
static __always_inline void shunt_come_back(struct shunt_conn *c)
{
	struct shunt_counters *r;

	if (c->direction == SHUNT_ACCELERATED)
		return;
	if (c->direction != SHUNT_UNDECIDED) {
		r = shunt_row(c->row);
		if (r)
			__sync_fetch_and_add(&r->returns, 1);
	}
	c->direction = SHUNT_ACCELERATED;
}

#endif
