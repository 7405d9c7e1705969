/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* From a socket's own view of its connection to the policy that wins. The meaning is dev.shunt.policy.PolicyMatcher's. */
#ifndef SHUNT_CLASSIFY_H
#define SHUNT_CLASSIFY_H

#include "address.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>

#define SHUNT_NOBODY 0xffffffffu

static __always_inline bool shunt_is_loopback(const __u8 addr[16])
{
	const __u64 *halves = (const __u64 *)addr;

	return shunt_is_v4(addr) ? addr[12] == 127 : halves[0] == 0 && halves[1] == bpf_cpu_to_be64(1);
}

static __always_inline bool shunt_same_address(const __u8 a[16], const __u8 b[16])
{
	const __u64 *x = (const __u64 *)a, *y = (const __u64 *)b;

	return x[0] == y[0] && x[1] == y[1];
}

static __always_inline void shunt_set_v4(__u8 addr[16], __be32 v4)
{
	__u32 *words = (__u32 *)addr;

	words[0] = 0;
	words[1] = 0;
	words[2] = bpf_htonl(0xffff);
	words[3] = v4;
}

/*
 * Fills a view from a socket or request socket, whose struct sock_common holds the same fields (struct request_sock begins with it).
 * client: whether the socket's own address is the client's.
 */
static __always_inline void shunt_look(struct shunt_view *v, __u64 sk, bool client)
{
	struct sock_common *c = bpf_rdonly_cast((void *)sk, bpf_core_type_id_kernel(struct sock_common));
	__u8 *local = client ? v->client : v->server, *remote = client ? v->server : v->client;
	__u16 local_port = c->skc_num, remote_port = bpf_ntohs(c->skc_dport);

	if (c->skc_family == AF_INET) {
		shunt_set_v4(local, c->skc_rcv_saddr);
		shunt_set_v4(remote, c->skc_daddr);
	} else {
		BPF_CORE_READ_INTO((struct in6_addr *)local, (struct sock_common *)sk, skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO((struct in6_addr *)remote, (struct sock_common *)sk, skc_v6_daddr);
	}
	v->server_port = client ? remote_port : local_port;
	v->client_port = client ? local_port : remote_port;
}

static __always_inline __u32 shunt_word(void *map, const void *key, __u32 missing)
{
	__u32 *value = map ? bpf_map_lookup_elem(map, key) : NULL;

	return value ? *value : missing;
}

/* Place of a transition in shunt_edges, or SHUNT_NOBODY. A global function, because the walk calls it twice on each of up to 64 levels. */
__noinline __u32 shunt_find_edge(__u32 slot, __u32 state, __u32 component)
{
	struct shunt_slot *header = bpf_map_lookup_elem(&shunt_slots, &slot);
	void *edges = bpf_map_lookup_elem(&shunt_edges, &slot);
	__u32 key, i;

	if (!header || !edges)
		return SHUNT_NOBODY;
	key = SHUNT_EDGE_HASH(state, component);
	for (i = 0; i < SHUNT_EDGE_PROBES; i++) {
		struct shunt_edge *edge;

		key &= header->edge_mask;
		edge = bpf_map_lookup_elem(edges, &key);
		if (!edge || !edge->state)
			break;
		if (edge->state == state && edge->component == component)
			return key;
		key++;
	}
	return SHUNT_NOBODY;
}

/* One step of the cgroup automaton along the component that scratch holds. */
static __always_inline struct shunt_edge *shunt_step(void *names, void *edges, __u32 slot, __u32 state, struct shunt_scratch *s)
{
	__u32 component = shunt_word(names, &s->component, 0), key = shunt_find_edge(slot, state, component);

	if (key == SHUNT_NOBODY && component)
		key = shunt_find_edge(slot, state, 0);
	return bpf_map_lookup_elem(edges, &key);
}

/* All buffers are taken: others are being interrupted in the same walk. Nothing may remember this answer, or the cgroup would keep it. */
#define SHUNT_CLASS_UNKNOWN 0xffffffffu

/* The cgroup at this level above a cgroup, which has levels up to its own. */
static __always_inline struct cgroup *shunt_ancestor(__u64 cgroup, __u32 level)
{
	struct cgroup *ancestor = NULL;

	bpf_probe_read_kernel(&ancestor, sizeof(ancestor), (void *)(cgroup + bpf_core_field_offset(struct cgroup, ancestors) + level * sizeof(void *)));
	return ancestor;
}

/* Walks from the root to the socket's cgroup by the names the kernel holds, so that a cgroup made a moment ago is classified too. */
__noinline __u32 shunt_walk_cgroup(__u32 slot, __u64 address)
{
	struct shunt_slot *header = bpf_map_lookup_elem(&shunt_slots, &slot);
	struct cgroup *cgroup = (struct cgroup *)address;
	__u32 state, class, dead, i;
	struct shunt_scratch *s = NULL;
	void *names, *edges;
	int level;

	if (!header)
		return 0;
	dead = header->any_class[SHUNT_DIM_CGROUP];
	state = header->cgroup_start;
	class = header->cgroup_start_class;
	names = bpf_map_lookup_elem(&shunt_names, &slot);
	edges = bpf_map_lookup_elem(&shunt_edges, &slot);
	level = BPF_CORE_READ(cgroup, level);
	if (!names || !edges || level > SHUNT_CGROUP_DEPTH)
		return dead;
	for (i = 0; i < SHUNT_SCRATCHES; i++) {
		__u32 key = i;

		s = bpf_map_lookup_elem(&shunt_scratch, &key);
		if (!s)
			return dead;
		if (!__sync_val_compare_and_swap(&s->busy, 0, 1))
			break;
		s = NULL;
	}
	if (!s)
		return SHUNT_CLASS_UNKNOWN;
	for (i = 1; i <= SHUNT_CGROUP_DEPTH; i++) {
		struct cgroup *ancestor;
		struct shunt_edge *edge;

		if ((int)i > level)
			break;
		ancestor = shunt_ancestor(address, i);
		__builtin_memset(&s->component, 0, sizeof(s->component));
		bpf_probe_read_kernel_str(&s->component, sizeof(s->component), BPF_CORE_READ(ancestor, kn, name));
		edge = shunt_step(names, edges, slot, state, s);
		if (!edge) {
			class = dead;
			break;
		}
		state = edge->next;
		class = edge->cgroup_class;
	}
	s->busy = 0;
	return class;
}

static __always_inline __u32 shunt_cgroup_class(__u32 slot, __u64 address, __u32 missing)
{
	struct cgroup *cgroup = bpf_rdonly_cast((void *)address, bpf_core_type_id_kernel(struct cgroup));
	void *cache = bpf_map_lookup_elem(&shunt_cgroups, &slot);
	__u64 id = cgroup->kn->id;
	__u32 *known, class;

	if (!cache)
		return missing;
	known = bpf_map_lookup_elem(cache, &id);
	if (known)
		return *known;
	class = shunt_walk_cgroup(slot, address);
	if (class == SHUNT_CLASS_UNKNOWN)
		return missing;
	bpf_map_update_elem(cache, &id, &class, BPF_ANY);
	return class;
}

static const __u8 shunt_bit_of[64] = {
	0,  1,  2,  53, 3,  7,  54, 27, 4,  38, 41, 8,  34, 55, 48, 28, 62, 5,  39, 46, 44, 42, 22, 9,  24, 35, 59, 56, 49, 18, 29, 11,
	63, 52, 6,  26, 37, 40, 33, 47, 61, 45, 43, 21, 23, 58, 17, 10, 51, 25, 36, 32, 60, 20, 57, 16, 50, 31, 19, 15, 30, 14, 13, 12,
};

/* Index of the lowest bit set; x != 0. By a de Bruijn sequence: BPF has no such instruction, and branches would multiply the verifier's states. */
static __always_inline __u32 shunt_lowest(__u64 x)
{
	return shunt_bit_of[((x & -x) * 0x022fdd63cc95386dull) >> 58];
}

/* The first policy in all four classes, by its number in winning order, or SHUNT_NOBODY; a class may be given twice. */
static __always_inline __u32 shunt_first(__u64 summary, const struct shunt_class *a, const struct shunt_class *b, const struct shunt_class *c, const struct shunt_class *d)
{
	__u32 w, i;
	__u64 bits;

	for (i = 0; i < SHUNT_POLICY_WORDS && summary; i++) {
		w = shunt_lowest(summary) & (SHUNT_POLICY_WORDS - 1);
		bits = a->words[w] & b->words[w] & c->words[w] & d->words[w];
		if (bits)
			return w * 64 + shunt_lowest(bits);
		summary &= summary - 1;
	}
	return SHUNT_NOBODY;
}

/*
 * Copies the winning policy of a view and returns 1, or returns 0. A global function, so that the verifier looks at it once and not at every
 * caller. The generation is read once, so the whole classification sees one policy set: the node plugin
 * rewrites a slot only after a grace period in which no program can still hold it.
 *
 * Addresses come last and only if they matter, because their tables are large and seldom in a cache: not if nobody is left after port and cgroup, and not if the
 * first who is left names no address.
 */
__noinline int shunt_classify(struct shunt_view *v, struct shunt_policy *winner)
{
	struct shunt_class *port, *cgroup, *client, *server;
	struct shunt_policy *p;
	__u32 zero = 0, slot, key;
	struct shunt_slot *header;
	__u64 *active, summary;
	void *classes, *ports, *policies;

	if (!v || !winner)
		return 0;
	active = bpf_map_lookup_elem(&shunt_active, &zero);
	if (!active || !*active)
		return 0;
	slot = SHUNT_SLOT(*active);
	header = bpf_map_lookup_elem(&shunt_slots, &slot);
	classes = bpf_map_lookup_elem(&shunt_classes, &slot);
	ports = bpf_map_lookup_elem(&shunt_ports, &slot);
	policies = bpf_map_lookup_elem(&shunt_policies, &slot);
	if (!header || !header->policies || !classes || !ports || !policies)
		return 0;

	key = v->server_port;
	key = shunt_word(ports, &key, header->any_class[SHUNT_DIM_PORT]);
	port = bpf_map_lookup_elem(classes, &key);
	if (!port || !port->summary)
		return 0;
	key = shunt_cgroup_class(slot, v->cgroup, header->any_class[SHUNT_DIM_CGROUP]);
	cgroup = bpf_map_lookup_elem(classes, &key);
	if (!cgroup)
		return 0;
	summary = port->summary & cgroup->summary;
	key = shunt_first(summary, port, cgroup, port, cgroup);
	p = bpf_map_lookup_elem(policies, &key);
	if (!p)
		return 0;
	if (!(p->flags & SHUNT_POLICY_ANY_ADDRESS)) {
		key = shunt_client_class(slot, v);
		client = bpf_map_lookup_elem(classes, &key);
		if (!client || !(summary & client->summary))
			return 0;
		key = shunt_server_class(slot, v);
		server = bpf_map_lookup_elem(classes, &key);
		if (!server)
			return 0;
		key = shunt_first(summary & client->summary & server->summary, port, cgroup, client, server);
		p = bpf_map_lookup_elem(policies, &key);
		if (!p)
			return 0;
	}
	*winner = *p;
	return 1;
}

static __always_inline bool shunt_consents(const struct shunt_policy *p)
{
	return p->action == SHUNT_ACTION_ACCELERATE && p->mode == SHUNT_MODE_ENFORCE;
}

static __always_inline bool shunt_observes(const struct shunt_policy *p)
{
	return p->action == SHUNT_ACTION_ACCELERATE && p->mode == SHUNT_MODE_OBSERVE;
}

/* Why this socket's own policy keeps it out; only for a policy that does not consent. */
static __always_inline __u32 shunt_own_refusal(const struct shunt_policy *p)
{
	return p->action == SHUNT_ACTION_BYPASS ? SHUNT_BYPASSED_BY_POLICY : SHUNT_OBSERVED_ONLY;
}

#endif
