/* SPDX-License-Identifier: Apache-2.0 */
/* A load whose every byte is known beforehand: both ends of many connections in one process, so that each end can say what the other must have sent. */
#ifndef LOAD_H
#define LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOST_BYTES_AT_ONCE (4u << 20)
#define HANGS_AFTER_MS 40000
#define HANGS_AFTER_TURNS 50    /* of an event loop, each of which serves all of its connections: on a busy machine one may take a second */

enum side { CLIENT = 0, SERVER = 1 };

/* How the programs at both ends of a connection work; each has a port of its own, so that each can have a policy of its own. */
enum kind {
	LEVEL,             /* epoll, level triggered */
	EDGE,              /* epoll, edge triggered; takes a short read for "drained", as nginx does */
	EARLY_LEVEL,       /* the same on another port, for a policy that enrols at the handshake */
	EARLY_EDGE,
	THREADS,           /* blocking; a thread reads, a thread writes */
	REQUESTS,          /* blocking; one thread: request, then answer */
	KINDS,
};
extern const char *const kind_names[KINDS];

/* What one end sends, and what the other received of it. */
struct stream {
	uint64_t start;            /* where in the pool of bytes it begins: another place for every stream */
	uint64_t sent;
	uint64_t received;
	int64_t progress_ms;       /* when anything last happened to it */
	int64_t seen_ms;           /* progress_ms, as supervise() knows it, and which turn its ends were at when it learnt of it */
	uint64_t seen_turns[2];
	bool ended;                /* by its sender */
	bool seen_to_end;          /* by its reader */
};

struct end {
	int fd;                    /* -1: none */
	bool readable, writable, registered;
	bool hung_up;              /* the end is in sight: a short read does not mean that no edge was missed */
	uint32_t interest;         /* of epoll, as registered */
	int64_t reads_again_ms, writes_again_ms;
	uint64_t random;
};

struct connection {
	enum kind kind;
	unsigned number, generation;
	int64_t ends_ms;           /* when its ends have sent enough */
	bool aborts;               /* the client ends it with a reset instead */
	bool slow[2];              /* by side: its reader */
	struct stream from[2];     /* by side: its sender */
	struct end ends[2];
	int left;                  /* ends that are open */
};

struct settings {
	const char *to;
	int port;
	bool listens_on_6;
	const char *client_namespace, *server_namespace;
	unsigned connections;
	int64_t ends_ms;
	uint64_t seed;
};
extern struct settings settings;
extern struct connection *connections;
extern unsigned of_port[65536]; /* the client's port -> number of the connection */

/* run.c */
int64_t now_ms(void);
bool time_is_up(void);
bool is_over(const struct connection *c);
uint64_t draw(uint64_t *state);
uint64_t between(uint64_t *state, uint64_t least, uint64_t most);
uint64_t draw_size(uint64_t *state, uint64_t most); /* 1..most, small ones as likely as large ones */
int64_t rest_after(uint64_t *state, uint64_t written); /* milliseconds that a writer rests */
void in_namespace(const char *file);
int port_of(enum kind kind);
int open_listener(int port, int flags);
int open_client(struct connection *c, int flags);
struct connection *accept_one(int listener, int flags); /* NULL: nobody waits */
void begin(struct connection *c);
void wrong(const struct connection *c, enum side reader, const char *format, ...) __attribute__((format(printf, 3, 4), noreturn));

/* bytes.c */
void make_pool(void);
const uint8_t *bytes_at(const struct stream *s, uint64_t offset);
void check(struct connection *c, enum side reader, const uint8_t *got, size_t count);
void check_end(struct connection *c, enum side reader);

/* tally.c */
#define WAITS "recv (blocking)"
void count_bytes(enum kind kind, uint64_t received);
void count_connection(enum kind kind, bool aborted);
void count_result(const struct connection *c, enum side side, const char *call, int error); /* fails at one that neither plain TCP would give nor the policy accepts */
void count_spurious(enum kind kind);
void print_tally(void);

/* events.c, threads.c */
extern uint64_t turns[2]; /* by side: how often its event loop came by */
void *run_events(void *side);
void *accept_threads(void *kind);
void *run_threads(void *connection);

#endif
