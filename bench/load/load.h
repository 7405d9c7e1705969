/* SPDX-License-Identifier: Apache-2.0 */
/* One load over one set of connections: a client and its server, two processes, driven slice by slice from standard input. */
#ifndef SHUNT_LOAD_H
#define SHUNT_LOAD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What a stream's reader asks recv for: what proxies and HTTP servers do. */
#define READ_SIZE (64u << 10)
/* Byte p of a stream is (p / 64) % 251: writes stay aligned, and a lost, repeated or swapped message shows. */
#define PATTERN_STEP 64u
#define PATTERN_PERIOD (PATTERN_STEP * 251u)

enum work { REQUEST, STREAM, SHORT };

struct options {
	enum work work;
	uint32_t size;         /* of a request and of its reply, or of one write of a stream */
	int connections;
	bool blocking;         /* plain blocking sockets instead of non-blocking ones and epoll */
	bool nagle;            /* without TCP_NODELAY */
	int client_cpu, server_cpu;
	const char *address;   /* IPv4, or the abstract name of a Unix socket */
	uint16_t port;         /* 0: Unix sockets */
	const char *client_net, *server_net; /* network namespaces, or NULL */
	const char *server_group;            /* cgroup.procs of another cgroup for the server, or NULL */
};

/* Shared by both processes. */
struct shared {
	volatile uint64_t consumed; /* bytes of streams that the server has read, all connections together */
	volatile uint64_t wrong;    /* bytes that were not the ones expected */
};

struct result {
	uint64_t operations, bytes, failures;
	uint64_t wall_ns;
	uint64_t p50_ns, p99_ns;
};

extern struct options options;
extern struct shared *shared;

/* Does not return. Writes one byte to `ready` when it listens. */
void serve(int ready);

void client_open(void);
void client_run(uint64_t ns, struct result *result);

int listen_here(void);
int connect_there(void);       /* a connected socket in the mode of the options */
int connect_start(void);       /* a non-blocking one that may still be connecting */
void set_nonblocking(int fd);
void no_delay(int fd);
void enter_net(const char *path);
void pin(int cpu);

uint64_t now_ns(void);
_Noreturn void die(const char *what);
void *must_allocate(size_t size);

#endif
