/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The contract between the BPF programs and the node plugin: every map, its key and its value.
 * All structs are laid out without implicit padding; sizes are asserted below and compared by the node plugin with
 * bpf_map_info when it opens a map. Numbers are host byte order unless a field says "network order".
 */
#ifndef SHUNT_ABI_H
#define SHUNT_ABI_H

/*
 * Raised when the meaning of a map that programs of two versions would share changes, those of conn.h included. Pins of an older layout are drained, never
 * reused; those of a newer one are left alone (docs/operations.md). So that versions can tell and drain one another, these are the same in every layout:
 * shunt_meta begins with a u32, the layout; struct shunt_config begins with layout_version and flags, of which bit 0 is DRAINING; reading shunt_conductor_iter
 * to its end walks a namespace; shunt_work has u32 keys, inodes of namespaces, and its values begin with a u64, how many wait; who is enrolled is in
 * shunt_sockets or shunt_pollers; shunt_watch_link holds the watch.
 */
#define SHUNT_LAYOUT_VERSION 11

#define SHUNT_SLOTS 2              /* two policy generations: the live one and the idle one */
#define SHUNT_MAX_POLICIES 1024    /* per node; policy.md */
#define SHUNT_POLICY_WORDS 16      /* 1024 bits */
#define SHUNT_COUNTER_ROWS 2048    /* twice the policies: a deleted policy keeps its row until it is needed */
#define SHUNT_COMPONENT_SIZE 256   /* NAME_MAX + 1: one component of a cgroup path, zero padded */
#define SHUNT_CGROUP_DEPTH 64      /* deepest cgroup that is classified; deeper ones are no_policy */

/* Value of shunt_active; its lowest bit is the slot. Written with one aligned 8-byte store, which is the flip. */
#define SHUNT_SLOT(generation) ((generation) & 1)

/* Where a class comes from. The order is the order of shunt_slot.any_class. */
enum shunt_dimension {
	SHUNT_DIM_PORT = 0,
	SHUNT_DIM_CGROUP = 1,
	SHUNT_DIM_CLIENT = 2,
	SHUNT_DIM_SERVER = 3,
	SHUNT_DIMENSIONS = 4,
};

#define SHUNT_ADDRESS_TABLES 4     /* clients and servers, of IPv4 and of IPv6 */
#define SHUNT_BLOCKS 65536         /* of IPv4: all addresses that share their first 16 bits */

enum shunt_action { SHUNT_ACTION_BYPASS = 0, SHUNT_ACTION_ACCELERATE = 1 };
enum shunt_mode { SHUNT_MODE_OBSERVE = 0, SHUNT_MODE_ENFORCE = 1 };
enum shunt_enrolment { SHUNT_ENROLMENT_SETTLED = 0, SHUNT_ENROLMENT_HANDSHAKE = 1 };
enum shunt_blocking { SHUNT_BLOCKING_EXCLUDE = 0, SHUNT_BLOCKING_ACCEPT = 1 };

/*
 * What became of a connection. Exactly one holds at any time for every connection that a policy matched; it is counted
 * in shunt_counters.verdicts under that number, and moves there when it changes, so the numbers always add up.
 */
enum shunt_verdict {
	SHUNT_UNDECIDED = 0,  /* classified, not decided yet: not a reason, and never the last verdict of a closed connection */
	SHUNT_ACCELERATED = 1,
	SHUNT_REMOTE_PEER = 2,
	SHUNT_NO_POLICY = 3,
	SHUNT_BYPASSED_BY_POLICY = 4,
	SHUNT_OBSERVED_ONLY = 5,
	SHUNT_PEER_NOT_CONSENTING = 6,
	SHUNT_FIRST_BYTE_BY_TCP = 7,
	SHUNT_NOT_SETTLED = 8,
	SHUNT_BLOCKING_SOCKET = 9,
	SHUNT_RECEIVE_LOW_WATER = 10,
	SHUNT_SPLICE_USER = 11,
	SHUNT_ULP = 12,
	SHUNT_MPTCP = 13,
	SHUNT_FAST_OPEN = 14,
	SHUNT_UNPAIRED = 15,
	SHUNT_DUPLICATE_FINGERPRINT = 16,
	SHUNT_MAP_FULL = 17,
	SHUNT_BACKLOG_BYTES = 18,
	SHUNT_BACKLOG_MESSAGES = 19,
	SHUNT_NODE_BUDGET = 20,
	SHUNT_SLOWER_THAN_TCP = 21,
	SHUNT_DRAINING = 22,
	SHUNT_KERNEL_REFUSED = 23,
	SHUNT_SOCKET_OPTION = 24,  /* time stamps, SO_PEEK_OFF, TCP_INQ, MSG_ZEROCOPY, urgent data or F_SETOWN: they do not work beside the TCP queue */
	SHUNT_MAY_SPLICE = 25,    /* a program that could call splice(2), which does not see redirected data, reads or writes it */
	SHUNT_VERDICTS = 32,  /* room for more without a new layout */
};

/* shunt_slots: ARRAY[SHUNT_SLOTS], key u32 slot. Written while the slot is idle. */
struct shunt_slot {
	__u64 generation;
	__u32 policies;                      /* used rows of the slot's shunt_policies */
	__u32 words;                         /* used words of a class: (policies + 63) / 64 */
	__u32 cgroup_start;                  /* DFA state of the cgroup root */
	__u32 cgroup_start_class;            /* class of the cgroup root itself */
	__u32 any_class[SHUNT_DIMENSIONS];   /* class of a value that no policy names in that dimension */
	__u32 bounds[SHUNT_ADDRESS_TABLES];  /* entries of shunt_clients4, _clients6, _servers4 and _servers6 that are bounds; 0: no policy names an address there */
	__u32 edge_mask;                     /* entries of shunt_edges in use, a power of two, less one */
	__u32 pad;
};

/* One bit per policy, in winning order: the first bit set in the AND of the four classes is the winner. */
struct shunt_class {
	__u64 summary;                       /* bit w is set when words[w] != 0 */
	__u64 words[SHUNT_POLICY_WORDS];
};

struct shunt_policy {
	__u32 row;                           /* of shunt_counters */
	__u8 action;                         /* enum shunt_action */
	__u8 mode;                           /* enum shunt_mode */
	__u8 enrolment;                      /* enum shunt_enrolment */
	__u8 blocking;                       /* enum shunt_blocking */
	__u64 backlog_bytes;                 /* per direction; above it the direction takes TCP */
	__u32 backlog_messages;
	__u32 flags;                         /* SHUNT_POLICY_* */
};
#define SHUNT_POLICY_ANY_ADDRESS 1u      /* names neither clients nor servers: wins as soon as port and cgroup say so */

/*
 * Addresses are cut into intervals of one class; an entry is the first address of one and its class. Before the first, any_class holds. Numbers are in host order,
 * so that they compare as addresses do; IPv4-mapped addresses are IPv4.
 *
 * Of an IPv4 table, the first SHUNT_BLOCKS + 1 entries are an index: entry b says which class the first address of block b has, and as `at` the first bound behind
 * that address. The bounds inside a block are those from its `at` to the next block's. A table without bounds is not looked at and need not have the index.
 */
struct shunt_bound4 { __u32 at; __u32 address_class; };
struct shunt_bound6 { __u64 high; __u64 low; __u32 address_class; __u32 pad; };

/* Component of a cgroup path, as the kernel names it, zero padded to the full size because hash keys compare bytes. */
struct shunt_component { __u8 name[SHUNT_COMPONENT_SIZE]; };

/*
 * Transition of the cgroup automaton; states are numbered from 1, and a free entry has state 0. component 0 stands for every component that has no transition of its
 * own. The entries are a hash table with linear probing: the entry for a key is at SHUNT_EDGE_HASH(state, component) & edge_mask or the next SHUNT_EDGE_PROBES - 1, and
 * no free entry is before it. An array and not a map of type HASH, which takes a call of 1 us for each entry when it is filled.
 */
struct shunt_edge { __u32 state; __u32 component; __u32 next; __u32 cgroup_class; };
#define SHUNT_EDGE_PROBES 64
#define SHUNT_EDGE_HASH(state, component) (((((state) * 0x9e3779b1u) ^ (component)) * 0x85ebca6bu) >> 12)

/*
 * Maps of one generation, each an ARRAY_OF_MAPS[SHUNT_SLOTS] holding an inner map (arrays with BPF_F_MMAPABLE):
 *   shunt_ports      ARRAY[65536]  u32 port            -> u32 class
 *   shunt_classes    ARRAY         u32 class           -> struct shunt_class    (BPF_F_INNER_MAP: size may differ)
 *   shunt_policies   ARRAY[1024]   u32 winning order   -> struct shunt_policy
 *   shunt_clients4   ARRAY         u32                 -> struct shunt_bound4   (BPF_F_INNER_MAP)
 *   shunt_clients6   ARRAY         u32                 -> struct shunt_bound6   (BPF_F_INNER_MAP)
 *   shunt_servers4   ARRAY         u32                 -> struct shunt_bound4   (BPF_F_INNER_MAP)
 *   shunt_servers6   ARRAY         u32                 -> struct shunt_bound6   (BPF_F_INNER_MAP)
 *   shunt_names      HASH          struct shunt_component -> u32 component (from 1)
 *   shunt_edges      ARRAY         u32                 -> struct shunt_edge     (BPF_F_INNER_MAP)
 *   shunt_cgroups    LRU_HASH      u64 cgroup id       -> u32 class; a cache that the programs fill; emptied before every generation
 * A missing edge (neither the component's nor component 0's) leads to a dead state whose class is any_class[CGROUP].
 */

/* shunt_config: ARRAY[1]. Written by the node plugin before the programs are attached, and on drain. */
struct shunt_config {
	__u32 layout_version;
	__u32 flags;                         /* SHUNT_CONFIG_* */
	__u64 settle_ns;                     /* Settled: youngest age at which a connection is enrolled */
	__u64 node_budget_bytes;             /* redirected but unread bytes on this node; 0 = no limit */
	__u64 cgroup_id;                     /* of the cgroup that shunt_watch is attached to */
	__u64 reserved[4];
};
#define SHUNT_CONFIG_DRAINING 1u         /* enrol nobody; the conductor un-enrols whom it visits (two phases) */

/*
 * shunt_backlog: ARRAY[1], begins with an s64: kernel memory that redirected, unread data holds on this node, in bytes. Kept in steps of SHUNT_BACKLOG_STEP per
 * direction, so it lags by less than that for each; what was read since is crossed out when somebody needs it (bpf/src/ledger.h).
 */
#define SHUNT_BACKLOG_STEP (64u << 10)
#define SHUNT_MESSAGE_COST 1024u         /* slab per queued message beyond its bytes: struct sk_msg is 712 bytes, from kmalloc-1k */

/*
 * shunt_work: HASH, key u32 inode of a network namespace (as stat(2) of /proc/PID/ns/net shows it). The watch adds candidates; before a walk the node plugin
 * zeroes the row but for the time, and the walk adds what it could not finish.
 */
struct shunt_work {
	__u64 candidates;                    /* connections that wait for the conductor */
	__u64 urgent;                        /* of them, that are slower than TCP until it comes */
	__u32 patient;                       /* events after which a walk shall look some time, for somebody may have been missed */
	__u32 measured;                      /* of the candidates, whose TCP is being measured: the next look is to follow soon */
	__u64 walked_ns;                     /* bpf_ktime_get_ns() when the last walk began; the node plugin's */
};

/*
 * shunt_young: HASH, key u32 inode of a network namespace. Connections that wait for nothing but their settle time, by when they were established: how many of them live.
 * The node plugin only reads it, and walks when an epoch is over, its settle time as well, and somebody of it lives. A later epoch takes the slot.
 */
#define SHUNT_YOUNG_SHIFT 25           /* an epoch: 33.5 ms of bpf_ktime_get_ns() */
#define SHUNT_YOUNG_SLOTS 16           /* a power of two */
#define SHUNT_YOUNG_COUNT 24           /* bits */
struct shunt_young {
	__u64 alive[SHUNT_YOUNG_SLOTS];      /* at epoch % SHUNT_YOUNG_SLOTS: epoch << SHUNT_YOUNG_COUNT | how many live, changed as one */
};

/*
 * A process that was seen to read or write a connection that waits for Settled. Its id comes back after its end, and exec(2) keeps it: hence the other two.
 *   shunt_asked      HASH          struct shunt_process -> u32, unused   the node plugin shall look at it, and takes it out again
 *   shunt_programs   LRU_HASH      struct shunt_process -> u32, enum shunt_program
 */
struct shunt_process {
	__u64 started_ns;                    /* since boot; /proc/PID/stat has it in hundredths of a second */
	__u64 executable;                    /* its inode number */
	__u32 id;                            /* in the initial PID namespace */
	__u32 pad;
};
enum shunt_program { SHUNT_PROGRAM_UNKNOWN = 0, SHUNT_PROGRAM_NEVER_SPLICES = 1, SHUNT_PROGRAM_MAY_SPLICE = 2 };

/* shunt_counters: ARRAY[SHUNT_COUNTER_ROWS], key = shunt_policy.row; added to atomically, read at any time. */
struct shunt_counters {
	__u64 verdicts[SHUNT_VERDICTS];      /* connections, by their present or last verdict */
	__u64 fallbacks[SHUNT_VERDICTS];     /* times a direction left redirecting for TCP, by the reason */
	__u64 redirected_bytes;              /* flushed per connection every few messages, and when it closes */
	__u64 redirected_messages;
	__u64 returns;                       /* times a direction went back from TCP to redirecting, drained */
	__u64 live;                          /* connections open now */
	__u64 accelerated_live;
	__u64 reserved[3];
};

/*
 * One record of the iterator shunt_report: a live socket that a policy matched. Addresses are 16 bytes in network order, IPv4 as ::ffff:a.b.c.d;
 * client and server are as this socket sees them.
 */
struct shunt_report {
	__u8 client[16];
	__u8 server[16];
	__u16 client_port;
	__u16 server_port;
	__u32 netns;                         /* inode */
	__u64 cgroup;                        /* id */
	__u64 cookie;
	__u64 peer_cookie;                   /* 0 = no local peer known */
	__u64 age_ns;
	__u64 redirected_bytes;              /* sent by this end */
	__u64 redirected_messages;
	__u64 tcp_bytes;                     /* sent by this end through TCP and acknowledged */
	__u32 row;                           /* of shunt_counters */
	__u8 verdict;                        /* enum shunt_verdict; of the connection if is_owner, else SHUNT_UNDECIDED */
	__u8 direction;                      /* SHUNT_ACCELERATED, SHUNT_UNDECIDED (nothing sent yet) or why this end takes TCP at present */
	__u8 state;                          /* 0 watched, 1 enrolled, 2 leaving */
	__u8 is_client : 1, is_owner : 1, unused : 6;
};

#define SHUNT_ASSERT_SIZE(type, size) _Static_assert(sizeof(struct type) == (size), #type " changed its size")
SHUNT_ASSERT_SIZE(shunt_slot, 64);
SHUNT_ASSERT_SIZE(shunt_class, 136);
SHUNT_ASSERT_SIZE(shunt_policy, 24);
SHUNT_ASSERT_SIZE(shunt_bound4, 8);
SHUNT_ASSERT_SIZE(shunt_bound6, 24);
SHUNT_ASSERT_SIZE(shunt_component, 256);
SHUNT_ASSERT_SIZE(shunt_edge, 16);
SHUNT_ASSERT_SIZE(shunt_config, 64);
SHUNT_ASSERT_SIZE(shunt_counters, 576);
SHUNT_ASSERT_SIZE(shunt_report, 104);
SHUNT_ASSERT_SIZE(shunt_process, 24);
SHUNT_ASSERT_SIZE(shunt_work, 32);
SHUNT_ASSERT_SIZE(shunt_young, 128);

#endif
