/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#ifndef SHUNT_MAPS_H
#define SHUNT_MAPS_H

#include "kernel.h"
#include "shunt_abi.h"
#include "conn.h"
#include <bpf/bpf_helpers.h>

extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym;
extern void *bpf_cast_to_kern_ctx(void *obj) __ksym;

#define SHUNT_MAX_SOCKETS 131072       /* default; the node plugin may set another size before loading */
#define SHUNT_MAX_PAIRS 65536          /* connections between SYN and their first message */
#define SHUNT_STRANGERS 4096           /* power of two; those between request and ESTABLISHED, in few lines of the cache */
#define SHUNT_RINGS 16                /* powers of two; passing.h */
#define SHUNT_RING_SLOTS 1024
#define SHUNT_HASTES (SHUNT_RINGS * SHUNT_RING_SLOTS)
#define SHUNT_INDEX_PLACES 4096
#define SHUNT_PASSERS 16384
#define SHUNT_PORTS 1024              /* power of two; left.h */
#define SHUNT_TEMPOS 4096              /* power of two; shunt_tempo_of() */
#define SHUNT_LEDGER_SLOTS 4096        /* power of two; ledger.h */

/* enrolled sockets by cookie; shunt_redirect is attached to both maps, shunt_one_queue to the second only (see there) */
struct { __uint(type, BPF_MAP_TYPE_SOCKHASH); __uint(max_entries, SHUNT_MAX_SOCKETS); __type(key, __u64); __type(value, __u64); } shunt_sockets SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_SOCKHASH); __uint(max_entries, SHUNT_MAX_SOCKETS); __type(key, __u64); __type(value, __u64); } shunt_pollers SEC(".maps");
/* up to which of TCP's sequence numbers data was moved into the one queue of a socket in the second, by cookie (one_queue.bpf.c) */
struct { __uint(type, BPF_MAP_TYPE_LRU_HASH); __uint(max_entries, SHUNT_MAX_PAIRS); __type(key, __u64); __type(value, __u32); } shunt_moved SEC(".maps");
/* state of every socket that a policy matched; freed by the kernel with the socket */
struct { __uint(type, BPF_MAP_TYPE_SK_STORAGE); __uint(map_flags, BPF_F_NO_PREALLOC); __type(key, int); __type(value, struct shunt_conn); } shunt_conns SEC(".maps");
/* rendezvous of the two ends */
struct { __uint(type, BPF_MAP_TYPE_LRU_HASH); __uint(max_entries, SHUNT_MAX_PAIRS); __type(key, struct shunt_pair_key); __type(value, struct shunt_pair); } shunt_pairs SEC(".maps");
/* both ends of every connection that policies matched on both */
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(map_flags, BPF_F_NO_PREALLOC); __uint(max_entries, SHUNT_MAX_SOCKETS / 2); __type(key, struct shunt_pair_key); __type(value, struct shunt_bond); } shunt_bonds SEC(".maps");
/* cgroups, by id, one of whose programs was seen to splice */
struct { __uint(type, BPF_MAP_TYPE_LRU_HASH); __uint(max_entries, 4096); __type(key, __u64); __type(value, __u64); } shunt_splicers SEC(".maps");
/* programs that were seen to use connections, and what the node plugin found out about them */
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(map_flags, BPF_F_NO_PREALLOC); __uint(max_entries, 4096); __type(key, struct shunt_process); __type(value, __u32); } shunt_asked SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_LRU_HASH); __uint(max_entries, 16384); __type(key, struct shunt_process); __type(value, __u32); } shunt_programs SEC(".maps");
/* unread memory of the whole node, against shunt_config.node_budget_bytes */
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, struct shunt_backlog); } shunt_backlog SEC(".maps");
/* of whom it is made up */
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, SHUNT_LEDGER_SLOTS); __type(key, __u32); __type(value, struct shunt_holding); } shunt_ledger SEC(".maps");
/* what TCP carried of late for connections that would do better outside (carried.h) */
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, struct shunt_strain); } shunt_strain SEC(".maps");
/* how often an end had to leave since the datapath was installed (calm.h) */
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, __u32); } shunt_alarms SEC(".maps");
/* connections whose handshake was not watched, on their way to a bond */
struct { __uint(type, BPF_MAP_TYPE_LRU_HASH); __uint(max_entries, 16384); __type(key, struct shunt_pair_key); __type(value, struct shunt_stray); } shunt_strays SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_LRU_HASH); __uint(max_entries, 16384); __type(key, struct shunt_listener); __type(value, __u64); } shunt_listeners SEC(".maps");
/* work for the conductor, by inode of the network namespace; the node plugin walks a namespace only if it is named here */
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(map_flags, BPF_F_NO_PREALLOC); __uint(max_entries, 16384); __type(key, __u32); __type(value, struct shunt_work); } shunt_work SEC(".maps");
/* those that will wait for it if they live long enough (young.h), and a zeroed value to begin with */
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(map_flags, BPF_F_NO_PREALLOC); __uint(max_entries, 4096); __type(key, __u32); __type(value, struct shunt_young); } shunt_young SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __uint(map_flags, BPF_F_RDONLY_PROG); __type(key, __u32); __type(value, struct shunt_young); } shunt_no_young SEC(".maps");
/* fingerprints of local listeners that no policy matched, direct-mapped and overwritten: tells "not consenting" from "remote" for a store per connection */
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, SHUNT_STRANGERS); __type(key, __u32); __type(value, struct shunt_pair_key); } shunt_strangers SEC(".maps");

/* whether anything was left of late for the other end to find (left.h); the last place is for all of them */
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(map_flags, BPF_F_MMAPABLE); __uint(max_entries, SHUNT_PORTS + 1); __type(key, __u32); __type(value, struct shunt_left); } shunt_left SEC(".maps");
/* listeners whose connections are too short to watch, and such connections (hasty.h, passing.h); these are mmapable, so that each begins with a line of the cache */
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, SHUNT_TEMPOS); __type(key, __u32); __type(value, struct shunt_tempo); } shunt_tempos SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(map_flags, BPF_F_MMAPABLE); __uint(max_entries, SHUNT_HASTES); __type(key, __u32); __type(value, struct shunt_haste); } shunt_hastes SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(map_flags, BPF_F_MMAPABLE); __uint(max_entries, SHUNT_RINGS); __type(key, __u32); __type(value, struct shunt_turn); } shunt_turns SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, SHUNT_INDEX_PLACES); __type(key, __u32); __type(value, struct shunt_index); } shunt_by_isn SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, SHUNT_PASSERS); __type(key, __u32); __type(value, struct shunt_passer); } shunt_by_cookie SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, SHUNT_HASTES); __type(key, __u32); __type(value, struct shunt_riders); } shunt_riders SEC(".maps");

/* the live generation: the one word that makes a policy change atomic */
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, __u64); } shunt_active SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, SHUNT_SLOTS); __type(key, __u32); __type(value, struct shunt_slot); } shunt_slots SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, struct shunt_config); } shunt_config SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, SHUNT_COUNTER_ROWS); __type(key, __u32); __type(value, struct shunt_counters); } shunt_counters SEC(".maps");

/* Prototypes of the inner maps. Sizes of hashes and of arrays with BPF_F_INNER_MAP may differ between generations; type, key, value and flags may not.
 * Arrays are mmapable: the node plugin fills and reads them as memory. By size, not by type: clang writes a structure that is reached only through an inner map as a forward declaration, which libbpf refuses. */
struct shunt_ports_inner { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(map_flags, BPF_F_MMAPABLE); __uint(max_entries, 65536); __uint(key_size, sizeof(__u32)); __uint(value_size, sizeof(__u32)); };
struct shunt_classes_inner { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(map_flags, BPF_F_INNER_MAP | BPF_F_MMAPABLE); __uint(max_entries, 1); __uint(key_size, sizeof(__u32)); __uint(value_size, sizeof(struct shunt_class)); };
struct shunt_policies_inner { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(map_flags, BPF_F_MMAPABLE); __uint(max_entries, SHUNT_MAX_POLICIES); __uint(key_size, sizeof(__u32)); __uint(value_size, sizeof(struct shunt_policy)); };
struct shunt_bounds4_inner { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(map_flags, BPF_F_INNER_MAP | BPF_F_MMAPABLE); __uint(max_entries, 1); __uint(key_size, sizeof(__u32)); __uint(value_size, sizeof(struct shunt_bound4)); };
struct shunt_bounds6_inner { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(map_flags, BPF_F_INNER_MAP | BPF_F_MMAPABLE); __uint(max_entries, 1); __uint(key_size, sizeof(__u32)); __uint(value_size, sizeof(struct shunt_bound6)); };
struct shunt_names_inner { __uint(type, BPF_MAP_TYPE_HASH); __uint(map_flags, BPF_F_NO_PREALLOC); __uint(max_entries, 1); __uint(key_size, sizeof(struct shunt_component)); __uint(value_size, sizeof(__u32)); };
struct shunt_edges_inner { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(map_flags, BPF_F_INNER_MAP | BPF_F_MMAPABLE); __uint(max_entries, 1); __uint(key_size, sizeof(__u32)); __uint(value_size, sizeof(struct shunt_edge)); };
struct shunt_cgroups_inner { __uint(type, BPF_MAP_TYPE_LRU_HASH); __uint(max_entries, 8192); __uint(key_size, sizeof(__u64)); __uint(value_size, sizeof(__u32)); };

#define SHUNT_GENERATIONS(name, inner) \
	struct { __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS); __uint(max_entries, SHUNT_SLOTS); __type(key, __u32); __array(values, struct inner); } name SEC(".maps")

SHUNT_GENERATIONS(shunt_ports, shunt_ports_inner);
SHUNT_GENERATIONS(shunt_classes, shunt_classes_inner);
SHUNT_GENERATIONS(shunt_policies, shunt_policies_inner);
SHUNT_GENERATIONS(shunt_clients4, shunt_bounds4_inner);
SHUNT_GENERATIONS(shunt_clients6, shunt_bounds6_inner);
SHUNT_GENERATIONS(shunt_servers4, shunt_bounds4_inner);
SHUNT_GENERATIONS(shunt_servers6, shunt_bounds6_inner);
SHUNT_GENERATIONS(shunt_names, shunt_names_inner);
SHUNT_GENERATIONS(shunt_edges, shunt_edges_inner);
SHUNT_GENERATIONS(shunt_cgroups, shunt_cgroups_inner);

/* A buffer for a component of a cgroup path: too large for the 512-byte BPF stack. */
struct shunt_scratch {
	__u32 busy;
	__u32 pad;
	struct shunt_component component;
};
#define SHUNT_SCRATCHES 4
/* taken by compare-and-swap, not one per CPU alone: a sockops program in process context can be preempted or interrupted by another */
struct { __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); __uint(max_entries, SHUNT_SCRATCHES); __type(key, __u32); __type(value, struct shunt_scratch); } shunt_scratch SEC(".maps");

#endif
