/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* What `mode: Observe` and the list of flows tell the node plugin: part of the contract of shunt_abi.h, in a file of its own. */
#ifndef SHUNT_OBSERVE_H
#define SHUNT_OBSERVE_H

#include "shunt_abi.h"

#define SHUNT_SIZES 6              /* classes of a message's size: up to 256 B, 2 KiB, 8 KiB, 32 KiB, 128 KiB, and more */
#define SHUNT_DURATIONS 5          /* classes of a connection's life: below 10 ms, 100 ms, 1 s, 10 s, and longer */
#define SHUNT_MAX_OBSERVATIONS 16384 /* sockets observed at a time; more are counted as missed */

/* What one socket's program did, message by message. */
struct shunt_traffic {
	__u64 replies[SHUNT_SIZES];          /* sends after something was received: request and response */
	__u64 streamed[SHUNT_SIZES];         /* sends that follow a send */
	__u64 sent_bytes;
	__u64 receives;
	__u64 received_bytes;
	__u64 same_cpu;                      /* receives on the CPU on which the data had arrived, which on one host is the sender's */
};

enum shunt_seen {
	SHUNT_SEEN_BLOCKING = 1,             /* a call that may wait: neither O_NONBLOCK nor MSG_DONTWAIT */
	SHUNT_SEEN_NONBLOCKING = 2,
	SHUNT_SEEN_HALF_CLOSE = 4,           /* shutdown(SHUT_WR) before the peer ended */
	SHUNT_SEEN_WAIT_ALL = 8,             /* recv with MSG_WAITALL */
	SHUNT_SEEN_SIGNAL = 16,              /* a signal ended a recv */
	SHUNT_SEEN_SPLICE = 32,              /* read by splice(2) */
	SHUNT_SEEN_OBSERVED = 256,           /* its own policy says Observe; else only its peer's does */
	SHUNT_SEEN_HANDSHAKE = 512,          /* its policy says enrolment: Handshake: its age does not matter */
	SHUNT_SEEN_RECEIVED_LAST = 1024,     /* the next send is a reply */
	SHUNT_SEEN_CLOSED = 2048,
	SHUNT_SEEN_JUDGED = 4096,            /* added to shunt_observed */
	SHUNT_SEEN_USED = 8192,              /* its program sent, received or closed, so that its fitness is known */
};

/*
 * shunt_seen: HASH, key u64 socket cookie. A socket of a connection at least one of whose ends is under `mode: Observe`, until both ends
 * are closed. Filled outside the socket's lock, hence atomically.
 */
struct shunt_observation {
	__u64 peer_cookie;                   /* 0 = no local peer known */
	__u64 born_ns;
	__u64 closed_ns;                     /* 0 = open */
	__u64 cgroup;                        /* id */
	__u32 row;                           /* of its policy in shunt_counters */
	__u32 seen;                          /* enum shunt_seen */
	__u32 lasting;                       /* bit n: enum shunt_verdict n speaks against the connection for good */
	__u32 present;                       /* bit n: verdict n held at its last call */
	struct shunt_traffic traffic;
};

/* shunt_observed: HASH, key u32 row of a policy with `mode: Observe`: its closed connections, summed. */
struct shunt_observed {
	__u64 verdicts[SHUNT_VERDICTS];      /* connections, by what would have become of them under Enforce */
	__u64 durations[SHUNT_DURATIONS];
	__u64 missed;                        /* connections that closed without having been observed: too many at a time */
	struct shunt_traffic accelerable;    /* of both ends of those that would have been accelerated */
	struct shunt_traffic other;          /* of the rest */
};

/* shunt_blockers: LRU_HASH. Closed sockets with blocking calls, by policy and cgroup, and what they were seen doing. */
struct shunt_blocker_key {
	__u64 cgroup;                        /* id */
	__u32 row;
	__u32 pad;
};
struct shunt_blocker {
	__u64 sockets;
	__u64 half_closes;
	__u64 wait_alls;
	__u64 signals;
};

enum shunt_flow_flags {
	SHUNT_FLOW_CLIENT = 1,
	SHUNT_FLOW_MATCHED = 2,              /* a policy matches this end */
	SHUNT_FLOW_OWNER = 4,                /* verdict is the connection's */
	SHUNT_FLOW_OBSERVED = 8,             /* its observation is in shunt_seen */
};

/* One record of the iterator shunt_flows: an established TCP socket, whether or not a policy matches it. Addresses as in struct shunt_report. */
struct shunt_flow {
	__u8 client[16];
	__u8 server[16];
	__u16 client_port;
	__u16 server_port;
	__u32 netns;                         /* inode */
	__u64 cgroup;                        /* id */
	__u64 cookie;                        /* 0 = the kernel never needed one */
	__u64 peer_cookie;                   /* 0 = no local peer known */
	__u64 age_ns;                        /* 0 = older than what the programs know */
	__u32 obstacles;                     /* bit n: verdict n of a socket's own fitness holds now */
	__u8 verdict;                        /* enum shunt_verdict */
	__u8 flags;                          /* enum shunt_flow_flags */
	__u8 pad[2];
};

SHUNT_ASSERT_SIZE(shunt_traffic, 128);
SHUNT_ASSERT_SIZE(shunt_observation, 176);
SHUNT_ASSERT_SIZE(shunt_observed, 560);
SHUNT_ASSERT_SIZE(shunt_blocker_key, 16);
SHUNT_ASSERT_SIZE(shunt_blocker, 32);
SHUNT_ASSERT_SIZE(shunt_flow, 80);

#endif
