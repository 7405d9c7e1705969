/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * From an address to its class. A trie of the kernel takes a step, and most often a cache miss, for every prefix length at which its entries part: with thousands of
 * networks a dozen or more. Here an IPv4 address takes one look at the index of its first 16 bits, and one or two at the bounds inside that block.
 */
#ifndef SHUNT_ADDRESS_H
#define SHUNT_ADDRESS_H

#include "maps.h"
#include <bpf/bpf_endian.h>

#define SHUNT_STEPS4 17            /* halvings of the 65,536 bounds that a block can have */
#define SHUNT_STEPS6 18            /* halvings of 2 * 65,536 bounds: each network has a first address and one behind its last */

/* One socket's view. Addresses are 16 bytes in network order; IPv4 is ::ffff:a.b.c.d. */
struct shunt_view {
	__u8 client[16];
	__u8 server[16];
	__u64 cgroup;              /* address of the socket's struct cgroup */
	__u16 server_port;
	__u16 client_port;
	__u32 pad;
};

static __always_inline bool shunt_is_v4(const __u8 addr[16])
{
	const __u64 *high = (const __u64 *)addr;
	const __u32 *words = (const __u32 *)addr;

	return *high == 0 && words[2] == bpf_htonl(0xffff);
}

static __always_inline __u32 shunt_class4(void *table, __u32 address, __u32 class)
{
	__u32 key = address >> 16, low, high, i;
	struct shunt_bound4 *bound = bpf_map_lookup_elem(table, &key);

	if (!bound)
		return class;
	class = bound->address_class;
	low = bound->at;
	key++;
	bound = bpf_map_lookup_elem(table, &key);
	if (!bound)
		return class;
	high = bound->at;
	for (i = 0; i < SHUNT_STEPS4 && low < high; i++) {
		key = low + (high - low) / 2;
		bound = bpf_map_lookup_elem(table, &key);
		if (!bound)
			break;
		if (bound->at <= address) {
			class = bound->address_class;
			low = key + 1;
		} else {
			high = key;
		}
	}
	return class;
}

static __always_inline __u32 shunt_class6(void *table, __u32 bounds, const __u8 addr[16], __u32 class)
{
	__u64 a = bpf_be64_to_cpu(((const __u64 *)addr)[0]), b = bpf_be64_to_cpu(((const __u64 *)addr)[1]);
	__u32 key, low = 0, high = bounds, i;

	for (i = 0; i < SHUNT_STEPS6 && low < high; i++) {
		struct shunt_bound6 *bound;

		key = low + (high - low) / 2;
		bound = bpf_map_lookup_elem(table, &key);
		if (!bound)
			break;
		if (bound->high < a || (bound->high == a && bound->low <= b)) {
			class = bound->address_class;
			low = key + 1;
		} else {
			high = key;
		}
	}
	return class;
}

static __always_inline __u32 shunt_address_class(__u32 slot, __u32 dimension, void *outer4, void *outer6, const __u8 addr[16])
{
	__u32 first = (dimension - SHUNT_DIM_CLIENT) * 2, any;
	struct shunt_slot *header = bpf_map_lookup_elem(&shunt_slots, &slot);
	void *table;

	if (!header)
		return 0;
	any = header->any_class[dimension];
	if (shunt_is_v4(addr)) {
		table = header->bounds[first] ? bpf_map_lookup_elem(outer4, &slot) : NULL;
		return table ? shunt_class4(table, bpf_ntohl(((const __u32 *)addr)[3]), any) : any;
	}
	table = header->bounds[first + 1] ? bpf_map_lookup_elem(outer6, &slot) : NULL;
	return table ? shunt_class6(table, header->bounds[first + 1], addr, any) : any;
}

/* Global functions: the verifier walks the searches once, not on each way that leads to them. */
__noinline __u32 shunt_client_class(__u32 slot, struct shunt_view *v)
{
	return v ? shunt_address_class(slot, SHUNT_DIM_CLIENT, &shunt_clients4, &shunt_clients6, v->client) : 0;
}

__noinline __u32 shunt_server_class(__u32 slot, struct shunt_view *v)
{
	return v ? shunt_address_class(slot, SHUNT_DIM_SERVER, &shunt_servers4, &shunt_servers6, v->server) : 0;
}

#endif
