/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * How much redirected, unread data holds on this node, and for whom (docs/decisions/0021).
 *
 * A sender knows what its reader has unread when it sends. What is read afterwards nobody tells, for nothing runs where a program reads; and a sender that was given all it could use, and then pauses, or goes on by
 * TCP, or leaves, would be counted for ever. So each note says whose queue it stands for, and when the sum is about to keep somebody from being redirected, whoever that is looks at those queues and crosses out
 * what was read. What stands in the ledger is never more than what is unread was when it was noted, and after a look no more than is unread.
 *
 * A slot is one word that changes as one, whose it is and how much, and belongs to nobody while that is nothing.
 */
#ifndef SHUNT_LEDGER_H
#define SHUNT_LEDGER_H

#include "maps.h"
#include "fitness.h"

#define SHUNT_LEDGER_PROBES 8u
#define SHUNT_STEPS 0xffffull            /* of a slot's word: how many of SHUNT_BACKLOG_STEP */
#define SHUNT_STEPS_BITS 16
#define SHUNT_BEING_TAKEN SHUNT_STEPS    /* its other fields are about to be written */
#define SHUNT_NO_SLOT 0x7fffffffffffffffll
#define SHUNT_AUDIT_AFTER_NS 1000000ull  /* soonest next look, or SHUNT_AUDIT_SHARE times as long as the last one took, */
#define SHUNT_AUDIT_AT_LAST_NS 10000000ull /* but no longer than this, for it may have been preempted; */
#define SHUNT_AUDIT_SHARE 16u            /* at once where as great a part of the budget was noted since: that took far longer to copy */

/* The slot's word becomes its owner's with so many steps, if it is still as it was, and the node's sum follows. */
static __always_inline bool shunt_rewrite(struct shunt_holding *h, __u64 before, __u64 steps)
{
	struct shunt_backlog *node;
	__u32 zero = 0;

	node = bpf_map_lookup_elem(&shunt_backlog, &zero);
	if (!node || __sync_val_compare_and_swap(&h->word, before, (before & ~SHUNT_STEPS) | steps) != before)
		return false;
	__sync_fetch_and_add(&node->held, ((__s64)steps - (__s64)(before & SHUNT_STEPS)) * SHUNT_BACKLOG_STEP);
	return true;
}

/* What can still be unread of what the slot stands for. A queue of messages has no more of them than bytes. */
static __always_inline __u64 shunt_still_holds(const struct shunt_holding *h)
{
	struct tcp_sock *reader = bpf_rdonly_cast((void *)h->reader, bpf_core_type_id_kernel(struct tcp_sock));
	struct sock *sk = (struct sock *)reader;
	struct sk_psock *psock;
	int bytes;

	if ((__u64)sk->__sk_common.skc_cookie.counter != h->reader_cookie)
		return 0;
	bytes = sk->sk_backlog.rmem_alloc.counter;
	if (bytes <= 0)
		return 0;
	psock = shunt_psock(sk);
	if (!psock || shunt_ingress_empty(psock))
		return 0; /* what it holds came by TCP */
	return bytes + (__u64)((__u32)bytes < h->messages ? (__u32)bytes : h->messages) * SHUNT_MESSAGE_COST;
}

static long shunt_audit_slot(__u64 i, void *unused)
{
	__u32 at = i;
	struct shunt_holding *h = bpf_map_lookup_elem(&shunt_ledger, &at);
	__u64 word, steps, left;

	if (!h)
		return 1;
	word = *(volatile __u64 *)&h->word;
	steps = word & SHUNT_STEPS;
	if (!steps || steps == SHUNT_BEING_TAKEN)
		return 0;
	left = shunt_still_holds(h) / SHUNT_BACKLOG_STEP;
	if (left < steps)
		shunt_rewrite(h, word, left);
	return 0;
}

/* Crosses out what was read, for all. False: that was done a moment ago. */
static __always_inline bool shunt_audit(__u64 budget)
{
	__u64 now = bpf_ktime_get_ns(), next, wait;
	struct shunt_backlog *node;
	__u32 zero = 0;

	node = bpf_map_lookup_elem(&shunt_backlog, &zero);
	if (!node)
		return false;
	next = *(volatile __u64 *)&node->next_audit_ns;
	if ((now < next && node->held - node->audited < (__s64)(budget / SHUNT_AUDIT_SHARE)) || __sync_val_compare_and_swap(&node->next_audit_ns, next, now + SHUNT_AUDIT_AFTER_NS) != next)
		return false;
	bpf_loop(SHUNT_LEDGER_SLOTS, shunt_audit_slot, NULL, 0);
	node->audited = node->held;
	wait = (bpf_ktime_get_ns() - now) * SHUNT_AUDIT_SHARE;
	if (wait > SHUNT_AUDIT_AFTER_NS)
		node->next_audit_ns = now + (wait < SHUNT_AUDIT_AT_LAST_NS ? wait : SHUNT_AUDIT_AT_LAST_NS);
	return true;
}

/* A free slot for this direction; until its word is written nobody else touches it. */
static __always_inline struct shunt_holding *shunt_take_slot(struct shunt_conn *c)
{
	__u32 first = (__u32)c->cookie * 0x9e3779b1u >> 8, at, i;
	struct shunt_holding *h;
	__u64 before;

	for (i = 0; i < SHUNT_LEDGER_PROBES; i++) {
		at = (first + i) & (SHUNT_LEDGER_SLOTS - 1);
		h = bpf_map_lookup_elem(&shunt_ledger, &at);
		if (!h)
			break;
		before = *(volatile __u64 *)&h->word;
		if ((before & SHUNT_STEPS) || __sync_val_compare_and_swap(&h->word, before, c->cookie << SHUNT_STEPS_BITS | SHUNT_BEING_TAKEN) != before)
			continue;
		h->reader = c->peer_sk;
		h->reader_cookie = c->peer_cookie;
		c->slot = at + 1;
		return h;
	}
	return NULL;
}

/* Notes what this direction has unread now. Returns what the whole node has, or SHUNT_NO_SLOT where so many have something unread that this one cannot be noted. */
static __always_inline __s64 shunt_note_backlog(struct shunt_conn *c, __u64 bytes)
{
	__u64 steps = bytes / SHUNT_BACKLOG_STEP, before = 0;
	struct shunt_holding *h = NULL;
	struct shunt_backlog *node;
	__u32 zero = 0, at;

	if (!steps && !c->slot)
		return 0;
	node = bpf_map_lookup_elem(&shunt_backlog, &zero);
	if (!node)
		return 0;
	if (steps >= SHUNT_BEING_TAKEN)
		steps = SHUNT_BEING_TAKEN - 1;
	if (c->slot) {
		at = c->slot - 1;
		h = bpf_map_lookup_elem(&shunt_ledger, &at);
		if (h)
			before = *(volatile __u64 *)&h->word;
		if (before >> SHUNT_STEPS_BITS != c->cookie << SHUNT_STEPS_BITS >> SHUNT_STEPS_BITS)
			h = NULL; /* all of it was crossed out, and the slot is another's */
	}
	if (h && (before & SHUNT_STEPS) != steps && shunt_rewrite(h, before, steps))
		h->messages = c->messages;
	if (!steps || !h)
		c->slot = 0;
	if (steps && !h) {
		h = shunt_take_slot(c);
		if (!h)
			return SHUNT_NO_SLOT;
		h->messages = c->messages;
		__sync_lock_test_and_set(&h->word, c->cookie << SHUNT_STEPS_BITS | steps); /* after all that is in the slot */
		__sync_fetch_and_add(&node->held, steps * SHUNT_BACKLOG_STEP);
	}
	return node->held;
}

/* The sender closes. What its reader has not read yet stays noted until somebody looks. */
static __always_inline void shunt_leave_ledger(struct shunt_conn *c)
{
	if (c->slot)
		shunt_audit_slot(c->slot - 1, NULL);
	c->slot = 0;
}

#endif
