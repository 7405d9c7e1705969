/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Connections that are left alone (hasty.h): what is known of each, from its handshake until it closes or a walk meets the end that counts it.
 *
 * Most of what such a connection costs is waiting for memory (docs/decisions/0029), so what it will need is fetched before. Each CPU takes slots one after the other from a ring: the next
 * ones are known, and their lines, and those of the sockets that they named before, are loaded while the kernel goes on with this one. The two ends find the slot by the fingerprint of the
 * handshake: it was the last one on that CPU, or a small index names it. A walk, which may come much later, looks through the rings.
 *
 * A slot is kept while its connection lives and no walk has met it: nothing else tells under which policy it is counted.
 */
#ifndef SHUNT_PASSING_H
#define SHUNT_PASSING_H

#include "account.h"
#include "clock.h"
#include "hasty.h"
#include "maps.h"
#include "program.h"

#define SHUNT_RING_AGAIN 2               /* slots that are looked at for one that is free: of the last ones, and of the next */
#define SHUNT_RING_TRIES 4
#define SHUNT_HANDSHAKE_NS 1000000000ull /* after so long a handshake that has not finished may lose its slot */

static __always_inline __u64 shunt_fingerprint(const struct shunt_pair_key *key)
{
	return (__u64)key->client_isn << 32 | key->server_isn;
}

/* Where a socket stands in the kernel's table. */
static __always_inline __u64 shunt_tuple_of(const struct sock_common *c)
{
	return (__u64)c->skc_hash << 32 | (__u32)c->skc_dport << 16 | c->skc_num;
}

/* Whether its connection lives and no walk has met it. The socket's memory may be another's by now; one that looks the same there costs no more than a connection that is watched. */
static __always_inline bool shunt_is_kept(const struct shunt_haste *h)
{
	struct sock_common *c = bpf_rdonly_cast((void *)h->owner, bpf_core_type_id_kernel(struct sock_common));

	return h->owner && (c->skc_state == TCP_ESTABLISHED || c->skc_state == TCP_SYN_RECV) && shunt_tuple_of(c) == h->owner_tuple;
}

static __always_inline bool shunt_is_free(const struct shunt_haste *h, __u64 now)
{
	return h->over ? !shunt_is_kept(h) : !h->began_ns || shunt_is_over(now, h->began_ns, SHUNT_HANDSHAKE_NS);
}

/* The slot that a CPU's ring comes to at a turn. */
static __always_inline struct shunt_haste *shunt_slot_at(__u32 ring, __u32 turn, __u32 *slot)
{
	*slot = (ring & (SHUNT_RINGS - 1)) * SHUNT_RING_SLOTS + (turn & (SHUNT_RING_SLOTS - 1));
	return bpf_map_lookup_elem(&shunt_hastes, slot);
}

/* Where both ends look for a fingerprint's slot. A later one with the same place takes it: then the ends of the earlier do not find each other that way, and are watched. */
static __always_inline struct shunt_index *shunt_indexed(const struct shunt_pair_key *key)
{
	__u32 i = (key->client_isn ^ key->server_isn) & (SHUNT_INDEX_PLACES - 1);

	return bpf_map_lookup_elem(&shunt_by_isn, &i);
}

/* Has the CPU fetch what it will look at when the next ones come: loads whose values nobody waits for. */
static __always_inline void shunt_foresee_next(__u32 ring, __u32 turn)
{
	__u32 slot;
	struct shunt_haste *next = shunt_slot_at(ring, turn + 1, &slot), *then = shunt_slot_at(ring, turn + 2, &slot);
	struct sock_common *owner;

	if (!next || !then)
		return;
	owner = bpf_rdonly_cast((void *)next->owner, bpf_core_type_id_kernel(struct sock_common));
	if (owner)
		(void)*(volatile __u16 *)&owner->skc_num;
	(void)*(volatile __u64 *)&then->began_ns;
}

/* Leaves the connection alone: its slot, or NULL if the next ones are kept. */
static __attribute__((noinline)) struct shunt_haste *shunt_let_pass(const struct shunt_pair_key *key, __u64 listener, __u64 now, bool after_pause)
{
	__u32 ring = bpf_get_smp_processor_id() & (SHUNT_RINGS - 1), turn = 0, slot, i;
	struct shunt_turn *turns = bpf_map_lookup_elem(&shunt_turns, &ring);
	struct shunt_index mine = { .server_isn = key->server_isn }, *at = shunt_indexed(key);
	struct shunt_haste *h = NULL;
	__u64 before;

	if (!turns || !at)
		return NULL;
	/* The last ones again, if their connections are over already: then all of it is in the caches. */
	for (i = 0; i < SHUNT_RING_AGAIN + SHUNT_RING_TRIES; i++) {
		turn = i < SHUNT_RING_AGAIN ? turns->next - 1 - i : __sync_fetch_and_add(&turns->next, 1);
		h = shunt_slot_at(ring, turn, &slot);
		before = h ? h->fingerprint : 0;
		if (h && shunt_is_free(h, now) && __sync_val_compare_and_swap(&h->fingerprint, before, shunt_fingerprint(key)) == before)
			break;
		h = NULL;
	}
	if (!h)
		return NULL;
	h->began_ns = now;
	h->over = 0;
	h->owner = 0;
	h->listener = listener;
	h->flags = 0;
	h->slot = slot;
	h->after_pause = after_pause;
	if (after_pause) {
		struct shunt_riders *who = bpf_map_lookup_elem(&shunt_riders, &slot);

		if (who)
			__builtin_memset(who, 0, sizeof(*who));
	}
	mine.slot = slot;
	*(volatile __u64 *)at = *(__u64 *)&mine; /* not looked at before: a store is not waited for */
	turns->last = slot;
	if (i >= SHUNT_RING_AGAIN)
		shunt_foresee_next(ring, turn);
	return h;
}

/*
 * What is left alone bears a mark that costs nothing: callbacks for retransmissions, which are rare and answered with nothing. It tells a walk that the connection is counted,
 * should it turn out to last.
 */
#define SHUNT_LEFT_ALONE_FLAGS (BPF_SOCK_OPS_RTO_CB_FLAG | BPF_SOCK_OPS_RETRANS_CB_FLAG)
#define SHUNT_AFTER_PAUSE_FLAG BPF_SOCK_OPS_PARSE_UNKNOWN_HDR_OPT_CB_FLAG /* as rare: its program is noted */

/*
 * An end whose program is to be noted finds its slot by its cookie. Cookies are numbers in a row, of which each CPU takes 4,096 at a time (gen_cookie_next()), so that who has its place is as good as always
 * itself. In the other index fingerprints take places at random, and a program may come to its connection hundreds of connections later.
 */
static __always_inline struct shunt_passer *shunt_passer_of(__u64 cookie)
{
	__u32 i = cookie & (SHUNT_PASSERS - 1);

	return bpf_map_lookup_elem(&shunt_by_cookie, &i);
}

static __always_inline void shunt_mark_left_alone(struct bpf_sock_ops *ctx, const struct shunt_haste *h, bool client)
{
	int flags = ctx->bpf_sock_ops_cb_flags | SHUNT_LEFT_ALONE_FLAGS;

	if (h->after_pause) {
		__u64 cookie = bpf_get_socket_cookie(ctx);
		struct shunt_passer mine = { .cookie = cookie, .slot = h->slot | (client ? SHUNT_PASSER_CLIENT : 0) }, *at = shunt_passer_of(cookie);

		if (at)
			*(volatile __u64 *)at = *(__u64 *)&mine;
		flags |= SHUNT_AFTER_PAUSE_FLAG;
	}
	bpf_sock_ops_cb_flags_set(ctx, flags);
}

static __always_inline bool shunt_was_left_alone(struct tcp_sock *tp)
{
	return (tp->bpf_sock_ops_cb_flags & (SHUNT_LEFT_ALONE_FLAGS | BPF_SOCK_OPS_STATE_CB_FLAG)) == SHUNT_LEFT_ALONE_FLAGS;
}

/* It may be one of a pool, and idle when a walk finds that it lasts: so its program is noted before. */
static __always_inline bool shunt_wants_program(struct tcp_sock *tp)
{
	return (tp->bpf_sock_ops_cb_flags & (SHUNT_LEFT_ALONE_FLAGS | SHUNT_AFTER_PAUSE_FLAG | BPF_SOCK_OPS_STATE_CB_FLAG)) == (SHUNT_LEFT_ALONE_FLAGS | SHUNT_AFTER_PAUSE_FLAG);
}

/*
 * The connection that is left alone, or NULL if it is not one whose handshake was of late. Over loopback all of a handshake is done on one CPU, one after the other, and its slot is that which was
 * taken last there.
 */
static __always_inline struct shunt_haste *shunt_passing(const struct shunt_pair_key *key)
{
	__u32 ring = bpf_get_smp_processor_id() & (SHUNT_RINGS - 1);
	struct shunt_turn *turns = bpf_map_lookup_elem(&shunt_turns, &ring);
	struct shunt_index *at;
	struct shunt_haste *h;
	__u32 slot;

	if (!turns)
		return NULL;
	slot = turns->last;
	h = bpf_map_lookup_elem(&shunt_hastes, &slot);
	if (h && h->fingerprint == shunt_fingerprint(key))
		return h;
	at = shunt_indexed(key);
	if (!at || at->server_isn != key->server_isn)
		return NULL;
	slot = at->slot;
	h = bpf_map_lookup_elem(&shunt_hastes, &slot);
	return h && h->fingerprint == shunt_fingerprint(key) ? h : NULL;
}

struct shunt_quest {
	__u64 fingerprint;
	__u32 begin;
	__u32 slot;
};

static long shunt_compare_slot(__u64 i, void *context)
{
	struct shunt_quest *quest = context;
	__u32 slot = quest->begin + i;
	struct shunt_haste *h = bpf_map_lookup_elem(&shunt_hastes, &slot);

	if (!h || h->fingerprint != quest->fingerprint)
		return 0;
	quest->slot = slot;
	return 1;
}

/* The same for a walk, which may come when the index knows others. */
static __attribute__((noinline)) struct shunt_haste *shunt_passing_of_old(const struct shunt_pair_key *key)
{
	struct shunt_quest quest = { .fingerprint = shunt_fingerprint(key), .slot = SHUNT_HASTES };
	struct shunt_haste *h = shunt_passing(key);
	__u32 ring;

	if (h)
		return h;
	for (ring = 0; ring < SHUNT_RINGS; ring++) {
		__u32 at = ring;
		struct shunt_turn *turns = bpf_map_lookup_elem(&shunt_turns, &at);

		if (!turns || !(turns->next | turns->last))
			continue; /* never used: the first slots of a ring are taken "again", before its first turn */
		quest.begin = ring * SHUNT_RING_SLOTS;
		bpf_loop(SHUNT_RING_SLOTS, shunt_compare_slot, &quest, 0);
		if (quest.slot != SHUNT_HASTES)
			break;
	}
	return bpf_map_lookup_elem(&shunt_hastes, &quest.slot); /* none has the number that stands for "not found" */
}

/* The fingerprint of the handshake, at any time until the socket is closed. bytes_acked counts a client's SYN (tcp_finish_connect()), a server's not; FINs count with both numbers. */
static __always_inline struct shunt_pair_key shunt_fingerprint_of(struct tcp_sock *tp, bool client)
{
	__u32 own = tp->snd_una - (__u32)tp->bytes_acked - (client ? 0 : 1), other = tp->rcv_nxt - (__u32)tp->bytes_received - 1;
	struct shunt_pair_key key = { .client_isn = client ? own : other, .server_isn = client ? other : own };

	return key;
}

/*
 * Not who was seen to make a call that the end itself would have to remember (shunt_see()): such an end shows its program again when it is watched. Runs in the program's own context.
 */
static __always_inline void shunt_note_passing_program(struct tcp_sock *tp, bool plain)
{
	__u64 cookie = ((struct sock *)tp)->__sk_common.skc_cookie.counter;
	struct shunt_passer *at = shunt_passer_of(cookie);
	struct shunt_pair_key key;
	struct shunt_riders *who;
	struct shunt_haste *h;
	__u32 slot, end;

	if (!at || at->cookie != (__u32)cookie)
		return;
	end = at->slot & SHUNT_PASSER_CLIENT ? SHUNT_CLIENT : SHUNT_SERVER;
	slot = at->slot & SHUNT_PASSER_SLOT;
	key = shunt_fingerprint_of(tp, end == SHUNT_CLIENT);
	h = bpf_map_lookup_elem(&shunt_hastes, &slot);
	if (!h || h->fingerprint != shunt_fingerprint(&key))
		return;
	who = bpf_map_lookup_elem(&shunt_riders, &slot);
	if (!who || (plain && (who->programs[end].id || who->unusual[end])))
		return;
	who->unusual[end] = !plain;
	who->programs[end].id = 0;
	if (plain)
		shunt_name_program(&who->programs[end]);
	if (h->fingerprint != shunt_fingerprint(&key))
		who->programs[end].id = 0; /* the slot was taken meanwhile */
}

static __always_inline void shunt_take_rider(struct shunt_conn *c, __u32 slot, bool client)
{
	struct shunt_riders *who = bpf_map_lookup_elem(&shunt_riders, &slot);

	if (who)
		c->program = who->programs[client ? SHUNT_CLIENT : SHUNT_SERVER];
}

/*
 * The end that counts it is ESTABLISHED, or will be at once: its handshake is over, though the client of a server may still look for it (Fast Open). From here on it is counted, once. It is not
 * live, for nothing sees it close.
 */
static __always_inline void shunt_count_passing(struct shunt_haste *h, const struct sock_common *owner, __u32 verdict)
{
	struct shunt_counters *r = shunt_row(shunt_row_of(h->listener));

	h->verdict = verdict;
	h->owner_tuple = shunt_tuple_of(owner);
	h->owner = (__u64)owner;
	barrier();
	h->over = 1;
	if (r)
		shunt_count(r->verdicts, verdict, 1);
}

/* Whether it is this end that counts it. */
static __always_inline bool shunt_counts_passing(const struct shunt_haste *h, bool client)
{
	return client == !!(h->flags & SHUNT_PAIR_CLIENT_OWNS);
}

#endif
