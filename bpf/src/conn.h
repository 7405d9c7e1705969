/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What the programs remember: a struct shunt_conn per socket that a policy matched, a struct shunt_pair per connection. */
#ifndef SHUNT_CONN_H
#define SHUNT_CONN_H

#include "kernel.h"
#include "shunt_abi.h"

/* Where a socket stands. Changed under the socket's own lock only. */
enum shunt_state {
	SHUNT_STATE_WATCHED = 0,   /* not in the sockhash */
	SHUNT_STATE_ENROLLED = 1,  /* in the sockhash; redirects while nothing of its own is unread in TCP */
	SHUNT_STATE_LEAVING = 2,   /* still in the sockhash, sends by TCP; out once nothing can be redirected to it any more and its queue is empty */
};

enum shunt_conn_flags {
	SHUNT_CONN_CLIENT = 1,     /* this end opened the connection */
	SHUNT_CONN_OWNER = 2,      /* this end accounts for the connection: the server of a local pair (with syncookies the client), else the only local end */
	SHUNT_CONN_MAY_BLOCK = 4,  /* blockingSockets: Accept */
	SHUNT_CONN_STRAY = 8,      /* its handshake was not watched, and its other end is not found yet (adopt.h) */
	SHUNT_CONN_SPLICED = 16,   /* its program read it with splice(2), which looks only at sk_receive_queue and would not see redirected data */
	SHUNT_CONN_YOUNG = 32,     /* in shunt_young, from its handshake on: a walk comes when it has settled (young.h) */
	SHUNT_CONN_POLLER = 64,    /* when enrolled: in shunt_pollers, else in shunt_sockets */
	SHUNT_CONN_HANDSHAKE = 256, /* was enrolled at the handshake */
	SHUNT_CONN_PEER_POLLER = 128, /* of the peer that peer_cookie names */
	SHUNT_CONN_PEER_OBSERVES = 1 << 20, /* the peer's policy says Observe */
	SHUNT_CONN_WANTS_HANDSHAKE = 1 << 21, /* its policy says enrolment: Handshake */
	SHUNT_CONN_LEFT_ALONE = 1 << 24, /* was counted before it was adopted (hasty.h) */
	SHUNT_CONN_UNCOUNTED = 1 << 25, /* adopted, and neither end counts it yet */
	SHUNT_CONN_TRIES = 1 << 26, /* leaves because no rule tells whether TCP is faster (trial.h) */
	SHUNT_CONN_TRIED_BUSY = 1 << 27, /* and was sending when TCP was last looked at */
	SHUNT_CONN_UNUSUAL = 4096, /* its program made a call that only TCP answers as it should (proof.h), or sent an urgent byte */
	SHUNT_CONN_SLOW = 512,     /* TCP is faster for what this end sends (slow.h) */
	SHUNT_CONN_MANY_SENDERS = 1024, /* more than one thread redirected since it was enrolled */
	SHUNT_CONN_WAITS_FOR_ALL = 8192, /* its program read with MSG_WAITALL */
	SHUNT_CONN_ASLEEP = 16384, /* entered while somebody slept on it, who may still do so in tcp_recvmsg() and hold no reference on the psock */
	SHUNT_CONN_VOUCHED = 1 << 22, /* was enrolled at the handshake: its policy's owner vouches for its program, so it may come back as it was */
	SHUNT_CONN_DRY = 2048,     /* leaving, and the only thread that ever redirected came back to send: no redirect is under way */
};

/* shunt_conns: SK_STORAGE. Read and written under the socket's lock only (sockops, sk_msg and iter/tcp all hold it). */
struct shunt_conn {
	__u64 cookie;
	__u64 peer_cookie;         /* key of the peer in its sockhash */
	__u64 peer_sk;             /* address of the peer's struct sock, 0 until it may be redirected to; trusted only while skc_cookie there is peer_cookie */
	__u64 born_ns;             /* bpf_ktime_get_ns() at ESTABLISHED */
	__u64 enrolled_ns;
	__u64 generation;          /* of the policy set that classified it */
	__u32 client_isn;          /* fingerprint, the key of shunt_pairs and shunt_bonds */
	__u32 server_isn;
	__u32 clean_seq;           /* own write_seq at which every TCP byte of this direction is known to be read */
	__u32 messages;            /* that may be unread at the peer: redirected since its queue was last empty, less those that lap.h knows are read */
	__u32 row;                 /* of shunt_counters */
	__u32 flags;               /* enum shunt_conn_flags */
	__u8 state;                /* enum shunt_state */
	__u8 verdict;              /* enum shunt_verdict, as accounted; owners only */
	__u8 direction;            /* SHUNT_ACCELERATED, or why this direction takes TCP at present */
	__u8 refusal;              /* why this socket's own policy keeps it out, enum shunt_verdict; 0 = it consents */
	__u32 backlog_messages;
	__u64 backlog_bytes;
	__u8 searches;             /* of a stray for its peer */
	__u8 visits_alone;         /* of the conductor, enrolled, while its peer was not */
	__u8 floods;               /* in a row (floods.h) */
	__u8 returns;              /* in a row that measuring TCP brought about (pace.h) */
	__u16 never_quiet;         /* how often walks waited for it to be quiet in vain */
	__u16 pauses;              /* of walks that waited for it to be quiet, the last one at paused_ns */
	__u32 lap_seq;             /* lap.h */
	__u32 slot;                /* of shunt_ledger, from 1 (ledger.h); 0 = nothing of this direction is noted */
	__u32 flood_read;          /* floods.h: what was read when redirecting began */
	__u64 redirected_bytes;    /* by this end, so far */
	__u64 redirected_messages;
	__u64 flushed_bytes;       /* of these, already added to shunt_counters */
	__u64 flushed_messages;
	__u64 sender;              /* address of the task that redirected last; compared, never followed */
	__u64 paused_ns;
	/* room.h */
	__u64 room;                /* unread bytes that its reader deserves at present; 0 = nothing is known of it */
	__u64 filled_ns;
	__u32 window_clamp;        /* what it was before it was lowered (window.h); 0 = it was not */
	__u32 held_in_vain;        /* when it last waited for its reader's lock in vain (held.h) */
	/* bursts.h */
	__u64 burst_bytes;         /* redirected_bytes when the present queue was SHUNT_BURST_STARTS messages long */
	__u64 burst_sender;
	__u32 burst_preempted;
	__u32 slowness;            /* messages in queues as a stream of small writes on one CPU makes them */
	/* slow.h */
	__u64 slow_ns;             /* when it left for being slow */
	__u32 slow_times;
	__u32 turns;               /* answers that it read after short requests, since then */
	__u32 turn_seq;
	__u32 calm;                /* calm.h; 0 = something is left to do */
	/* carried.h */
	__s64 carried;             /* since it was enrolled: what TCP carried from within the sockhash, less what redirecting made up for; bytes, and some for each message */
	/* pace.h */
	__u64 by_tcp;              /* bytes that TCP carried from within the sockhash */
	__u64 pace_at;             /* by_tcp and redirected_bytes when it was last looked at, */
	__u64 pace_ns;             /* and when that was */
	__u64 pace_since_ns;       /* when it began to send, after a long pause */
	__u64 pace_bytes;          /* of late, sent */
	__u64 pace_took_ns;        /* in this time */
	__u64 outside_ns;          /* since when TCP is measured outside, and of a trial when it was last looked at; 0 = it is not */
	__u64 outside_bytes;       /* bytes_acked then */
	__u32 outside_jiffies;
	union {
		__u32 outside_busy;      /* jiffies in which something was under way by then, of this end */
		__u32 tried_kib;         /* of a trial: what TCP carried so far while this end was busy, */
	};
	union {
		__u32 outside_peer_busy; /* and of the other */
		__u32 tried_us;          /* and for how long it was */
	};
	__u64 tcp_pace;            /* as it was measured, bytes in a millisecond */
	__u64 spared_until_ns;     /* for TCP is not faster */
	/* trial.h */
	__u64 answered_ns;         /* when its peer was last seen to have sent (nagle.h) */
	__u64 beside_ns;           /* when its reader was last seen to read on another CPU */
	__u32 sender_lost;         /* which thread its sender was and how often it had lost its CPU when that was last looked at, */
	__u32 sender_read;         /* and what was read by then */
	/* turns.h */
	__u32 large_seen;          /* of its peer's large messages */
	__u32 large_turns;         /* large messages in a row, less one, that answered one from another CPU */
	__u64 large_sender;        /* address of the task that sent them */
	__u64 large_since_ns;      /* when the first one was sent */
	__u64 large_ran_ns;        /* its sender's time on a CPU by then */
	/* nagle.h */
	__u32 peer_sent;           /* of its peer, when this end last looked */
	__u32 one_way;             /* messages that this end redirected since the peer did */
	__u64 one_way_ns;          /* when it began to */
	__u64 listener;            /* hasty.h: whose tempo it tells; 0 = nobody's */
	struct shunt_process program; /* the first that was seen to read or write it; id 0 = none yet */
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
	SHUNT_PAIR_CLIENT_CLOSED = 8192,
	SHUNT_PAIR_CLIENT_POLLER = 16384,
	SHUNT_PAIR_SERVER_OBSERVES = 65536, /* its policy says Accelerate and Observe */
	SHUNT_PAIR_CLIENT_OBSERVES = 131072,
	SHUNT_PAIR_CLIENT_OWNS = 262144,   /* syncookies: no request was seen, so the client made this and accounts for the connection */
	SHUNT_PAIR_SERVER_POLLER = 32768,  /* its listener is non-blocking, so what it accepts most likely will be */
};

/* shunt_pairs: LRU_HASH. Made by the server's request socket if a policy matches it, before the client is ESTABLISHED; else by the client. */
struct shunt_pair {
	__u8 client[16];
	__u64 netns;               /* cookie of the server's network namespace */
	__u64 client_cookie;
	__u64 client_sk;
	__u32 flags;               /* enum shunt_pair_flags, changed atomically: the two ends run on different CPUs */
	__u16 client_port;
	__u16 server_port;
	__u64 generation;          /* under which the server's policy was found */
	__u64 listener;            /* hasty.h; 0 if its policy does not consent */
	struct shunt_policy policy;
};

enum shunt_end_flags {
	SHUNT_END_CONSENTS = 1,    /* its own policy says Accelerate and Enforce */
	SHUNT_END_IN = 2,          /* in the sockhash */
	SHUNT_END_LEFT = 4,        /* redirects nothing any more, and no redirect of it is under way */
	SHUNT_END_READ = 8,        /* read_seq holds */
	SHUNT_END_CLOSED = 16,
	SHUNT_END_POLLER = 64,     /* in shunt_pollers */
	SHUNT_END_LEAVING = 128,   /* on its way out: its peer leaves too, and does not enter meanwhile */
	SHUNT_END_READS = 32,      /* may be redirected to: its program never splices, or is trusted not to (Handshake) */
};

/* One end, written under that end's lock only, read by the other end. */
struct shunt_end {
	__u64 cookie;
	__u64 sk;
	__u64 fit_ns;              /* when the conductor last found it fit to be enrolled; 0 = not fit */
	__u32 flags;               /* enum shunt_end_flags */
	__u32 read_seq;            /* copied_seq when nothing was unread and nobody asleep in tcp_recvmsg() */
	__u8 reason;               /* why it is not fit, enum shunt_verdict; 0 = nothing lasting */
	__u8 sent;                 /* changes now and then while it redirects (nagle.h) */
	__u16 large_cpu;           /* on which it sent its last large message (turns.h) */
	__u32 large_messages;      /* that it sent */
};

/*
 * shunt_bonds: HASH, key struct shunt_pair_key. Both ends of a connection that two policies matched, from the server's ESTABLISHED to the
 * second close. Not an LRU like shunt_pairs: un-enrolment depends on it, and half-open connections never get here.
 */
enum { SHUNT_CLIENT = 0, SHUNT_SERVER = 1 };
struct shunt_bond {
	struct shunt_end ends[2];
};

/* shunt_strays: LRU_HASH, key the fingerprint, turned round for a server. What an end without a bond posts, for the other to find (adopt.h). */
struct shunt_stray {
	__u64 cookie;
	__u64 sk;
	__u64 netns;               /* cookie */
	__u32 flags;               /* enum shunt_stray_flags, changed atomically */
	__u32 consents;
};
enum shunt_stray_flags {
	SHUNT_STRAY_AMBIGUOUS = 1, /* another socket has the same fingerprint and role: neither is paired */
	SHUNT_STRAY_CLOSED = 2,
};

/* shunt_tempos: ARRAY, direct-mapped. How connections to a listener, or to a port of other hosts, have been of late (hasty.h); the two CPUs that write one at once may lose a count. */
struct shunt_tempo {
	__u64 listener;
	__u64 since_ns;            /* arrivals are counted since then */
	__u64 last_ns;             /* of them */
	__u64 sampled_ns;          /* when the last one was watched to see whether it is short */
	__u64 short_ns;            /* when the last short one closed; after a pause, until when nobody expects that */
	__u32 arrivals;
	__u32 short_ones;          /* watched, in a row */
	__u16 fast;                /* enum shunt_fast */
	__u16 unanswered;          /* arrivals since a watched one closed */
	__u16 at_once;             /* the most of those since the last pause */
	__u16 before;              /* the most before it, as long as they were short */
	__u32 bursts;              /* in a row, all of them short */
	__u32 reminded;            /* when the conductor was asked for a walk (SHUNT_HASTY_REMINDER_SHIFT) */
};

/* shunt_left: ARRAY. Times in coarse ns, 0 = never. */
struct shunt_left {
	__u64 paired_ns;           /* a request wrote to shunt_pairs */
	__u64 passed_ns;           /* a request wrote to shunt_hastes */
	__u64 passed_by;           /* its listener: shunt_listener_key() */
	__u64 waited_ns;           /* anywhere: a client did either, for a server that it does not know */
};

/*
 * shunt_hastes: ARRAY, a ring of slots for each CPU, or for every 16th (passing.h). A connection that is left alone, from its request (of a client alone: from its ESTABLISHED) until it closes or a walk meets the end that
 * counts it. A line of the cache, for this is what such a connection costs.
 */
struct shunt_haste {
	__u64 fingerprint;
	__u64 listener;
	__u64 began_ns;
	__u64 owner;               /* address of the struct sock that counts it: the server's, or a client's that is alone; 0 before its ESTABLISHED, and when a walk has met it */
	__u64 owner_tuple;         /* shunt_tuple_of() it */
	__u32 flags;               /* of enum shunt_pair_flags what the client says of itself; SHUNT_PAIR_CLIENT_OWNS: it is alone, unless SHUNT_PAIR_SERVER_SEEN */
	__u32 over;                /* its handshake */
	__u32 after_pause;
	__u32 verdict;             /* under which it is counted */
	__u32 slot;                /* its own number */
	__u32 pad;
};

/* shunt_turns: ARRAY, a line of the cache for each ring. */
struct shunt_turn {
	__u32 next;                /* slot of the ring to be looked at, counted on for ever */
	__u32 last;                /* slot that was taken */
	__u32 pad[14];
};

/* shunt_by_isn: ARRAY, written as a word. Where both ends of a handshake find their slot. */
struct shunt_index {
	__u32 server_isn;
	__u32 slot;
};

/* shunt_by_cookie: ARRAY, written as a word. The slot of an end that is left alone after a pause. */
struct shunt_passer {
	__u32 cookie;              /* its low half */
	__u32 slot;                /* SHUNT_PASSER_SLOT and whether it is the client */
};
enum { SHUNT_PASSER_CLIENT = 1 << 31, SHUNT_PASSER_SLOT = 0xffff };

/* shunt_riders: ARRAY, for each slot of shunt_hastes. Who uses a connection that is left alone after a pause. */
struct shunt_riders {
	struct shunt_process programs[2]; /* SHUNT_CLIENT, SHUNT_SERVER: the first that was seen to read or write it; id 0 = none yet */
	__u32 unusual[2];                 /* its program made a call that is not noted here */
};

/* shunt_ledger: ARRAY. What one direction has unread at its reader; free while that is nothing (ledger.h). */
struct shunt_holding {
	__u64 word;                /* cookie of the sender, shifted, and steps of SHUNT_BACKLOG_STEP */
	__u64 reader;              /* address of its struct tcp_sock */
	__u64 reader_cookie;
	__u64 messages;            /* unread, when it was noted */
};

/* shunt_backlog: ARRAY[1]. */
struct shunt_backlog {
	__s64 held;                /* the sum of the ledger, in bytes */
	__s64 audited;             /* of it, after the last look */
	__u64 next_audit_ns;
};

/* shunt_strain: ARRAY[1]. Two CPUs that begin it anew at once may lose a count. */
struct shunt_strain {
	__u64 since_ns;
	__s64 carried;             /* bytes by TCP since then, for connections whose own account (shunt_conn.carried) is above 0 */
	__u64 tried_ns;            /* when a connection last left for a trial */
};

/* shunt_listeners: LRU_HASH; tells which end of an old connection is the server's where its socket does not (adopt.h). */
struct shunt_listener {
	__u32 netns;               /* inode */
	__u16 port;
	__u16 pad;
};

#endif
