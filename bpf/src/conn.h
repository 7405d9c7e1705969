/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What the programs remember: a struct shunt_conn per socket that a policy matched, a struct shunt_pair per connection. */
#ifndef SHUNT_CONN_H
#define SHUNT_CONN_H

#include "kernel.h"

/* May this socket's next message go to the peer's queue? Only the socket's own lock holder changes it. */
enum shunt_state {
	SHUNT_STATE_WATCHED = 0,   /* not in the sockhash */
	SHUNT_STATE_ENROLLED = 1,  /* in the sockhash; redirects while nothing of its own is unread in TCP */
};

enum shunt_conn_flags {
	SHUNT_CONN_CLIENT = 1,     /* this end opened the connection */
	SHUNT_CONN_OWNER = 2,      /* this end accounts for the connection: the server of a local pair, else the only local end */
};

/* shunt_conns: SK_STORAGE. Read and written under the socket's lock only (sockops, sk_msg and iter/tcp all hold it). */
struct shunt_conn {
	__u64 cookie;
	__u64 peer_cookie;         /* key of the peer in shunt_sockets; 0 until known */
	__u64 peer_sk;             /* address of the peer's struct sock; trusted only while skc_cookie there is peer_cookie */
	__u32 client_isn;          /* fingerprint, the key of shunt_pairs */
	__u32 server_isn;
	__u32 clean_seq;           /* own write_seq at which every TCP byte of this direction is known to be read */
	__u32 messages;            /* redirected since the peer's queue was last empty */
	__u32 row;                 /* of shunt_counters */
	__u8 state;                /* enum shunt_state */
	__u8 flags;                /* enum shunt_conn_flags */
	__u8 verdict;              /* enum shunt_verdict, as accounted; owners only */
	__u8 direction;            /* SHUNT_ACCELERATED, or why this direction takes TCP at present */
	__u64 backlog_bytes;
	__u32 backlog_messages;
	__u32 pending_messages;    /* redirected, not yet added to shunt_counters */
	__u64 pending_bytes;
};

/*
 * Both ends of a connection know both initial sequence numbers at ESTABLISHED, through NAT, v4-mapped listeners, syncookies and
 * network namespaces, where addresses do not agree.
 */
struct shunt_pair_key {
	__u32 client_isn;
	__u32 server_isn;
};

enum shunt_pair_flags {
	SHUNT_PAIR_DUPLICATE = 1,          /* two different connections showed this fingerprint: pair neither */
	SHUNT_PAIR_SERVER_CONSENTS = 2,
	SHUNT_PAIR_SERVER_HANDSHAKE = 4,
	SHUNT_PAIR_SERVER_SEEN = 8,        /* the server's socket reached ESTABLISHED and accounts for the connection */
	SHUNT_PAIR_CLIENT_SEEN = 16,       /* the client is on this host */
	SHUNT_PAIR_CLIENT_CONSENTS = 32,
	SHUNT_PAIR_CLIENT_HANDSHAKE = 64,
	SHUNT_PAIR_CLIENT_ENROLLED = 128,
	SHUNT_PAIR_CLIENT_FAST_OPEN = 256,
	SHUNT_PAIR_CLIENT_MPTCP = 512,
	SHUNT_PAIR_CLIENT_WROTE = 1024,    /* the client sent by TCP before the server was ready */
	SHUNT_PAIR_CLIENT_MAP_FULL = 2048,
	SHUNT_PAIR_CLIENT_REFUSED = 4096,
	SHUNT_PAIR_READY = 8192,           /* both ends are in the sockhash */
};

/* shunt_pairs: LRU_HASH. Made by the server's request socket if a policy matches it, before the client is ESTABLISHED. */
struct shunt_pair {
	__u8 client[16];
	__u64 netns;               /* cookie of the server's network namespace */
	__u64 client_cookie;
	__u64 client_sk;
	__u64 server_cookie;
	__u64 server_sk;
	__u32 flags;               /* enum shunt_pair_flags, changed atomically: the two ends run on different CPUs */
	__u16 client_port;
	__u16 pad;
};

#endif
