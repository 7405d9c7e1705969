/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A case is a function over the two ends of one connection. It does something with the socket API and notes what it saw, one `what=value` a line; the
 * runner compares the notes of a plain and of an accelerated connection. Notes must be equal on every run over plain TCP: no times, no addresses, no
 * counts that depend on scheduling.
 *
 * One case is written once and runs in four modes: its waiting helpers (do_recv() and friends) block, poll, or use epoll, as an application of that
 * kind would. Calls that must not wait are made directly.
 */
#ifndef CONFORMANCE_H
#define CONFORMANCE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

enum mode { BLOCKING = 1, POLLED = 2, EPOLL_LEVEL = 4, EPOLL_EDGE = 8 };
#define NON_BLOCKING (POLLED | EPOLL_LEVEL | EPOLL_EDGE)
#define EVERY_MODE (BLOCKING | NON_BLOCKING)

enum case_flags {
	CONNECTS_LATER = 1,   /* opens its own connections, and calls wait_until_enrolled() itself */
	SMALL_LIMITS = 2,     /* a policy of its own with a small backlog, so that the guard falls back to TCP early */
	ONLY_LOOPBACK = 4,    /* says nothing new on other routes */
	NO_MESSAGES = 8,      /* sends nothing that is sure to be redirected: being enrolled is all it needs to prove */
	STATISTICS = 16,      /* reads the kernel's own bookkeeping (TCP_INFO): compared and shown, but not part of the score */
	MAY_LEAVE = 32,       /* does what may make the datapath give the connection back to TCP, under the reason named in `settled` or `handshake` */
	UNUSED_BEFORE = 64,   /* nothing was sent or read when it starts; otherwise a byte went each way */
};

/* The connection under test. */
struct run {
	int client;
	int server;
	int listener;
};

struct test_case {
	const char *name;
	void (*body)(struct run *);
	unsigned modes;                     /* of enum mode, the ones it makes sense in */
	unsigned flags;                     /* of enum case_flags */
	const char *settled;                /* why Settled does not accelerate it; NULL = it does */
	const char *handshake;              /* the same for Handshake */
	void (*prepare)(struct run *);      /* on the connected pair, before it can be enrolled by Settled: what a program of this kind always does. Such cases are called ..._always */
	void (*socket_options)(int fd);     /* on the listener and the client, before they listen or connect */
};

extern const struct test_case transfer_cases[], closing_cases[], reset_cases[], receiving_cases[], urgent_cases[], pending_cases[], sending_cases[], splicing_cases[], readiness_cases[],
	edge_cases[], waiting_cases[], option_cases[], volume_cases[], late_cases[], uring_cases[];

/* ---- notes ---- */
__attribute__((format(printf, 2, 3))) void note(const char *what, const char *format, ...);
/* A result of a system call: the number, or the name of errno. Returns what it was given. */
ssize_t note_result(const char *what, ssize_t result);
/* Which of POLLIN, POLLOUT, POLLRDHUP, POLLPRI, POLLERR and POLLHUP a poll without waiting shows. */
void note_readiness(const char *what, int fd);
void note_events(const char *what, unsigned events);
/* Whether something that began at `start` (now_ms()) took about that long. */
void note_duration(const char *what, int64_t start, int expected_ms);
/* The case cannot go on: this is a fault of the test, not a difference. */
__attribute__((format(printf, 1, 2), noreturn)) void broken(const char *format, ...);
const char *errno_name(int error);

/* ---- sockets ---- */
extern enum mode mode;
int open_listener(void (*options)(int), int backlog);
int open_socket_to_listener(void);                /* a client's socket, not connected */
int connect_to_listener(int fd);                  /* 0 when connected, or -1 and errno */
int open_client(void (*options)(int));
int accept_one(int listener);
void in_client_namespace(void);
void in_server_namespace(void);
void unblock(int fd);                             /* O_NONBLOCK, unless the mode is blocking */
void as_the_mode_has_it(int fd);                  /* O_NONBLOCK and an epoll instance, if the mode wants them */
/* sendto(MSG_FASTOPEN) needs the address. */
socklen_t listener_address(struct sockaddr_storage *to);
/* Once in every case: tells the runner that what is to be open is open, and waits until it was enrolled or refused. */
void wait_until_enrolled(void);
void use_once(struct run *r);                     /* a byte each way */

/* ---- I/O that waits as the mode has it; -1 with ETIMEDOUT when nothing happens for so long ---- */
#define PATIENCE_MS 4000
ssize_t do_recv(int fd, void *buffer, size_t size, int flags);
ssize_t do_send(int fd, const void *buffer, size_t size, int flags);
ssize_t do_recvmsg(int fd, struct msghdr *message, int flags);
ssize_t send_all(int fd, const void *buffer, size_t size, int flags);
ssize_t recv_all(int fd, void *buffer, size_t size);  /* until size or end of stream */
bool wait_for(int fd, short events, int ms);

/* ---- what is sent ---- */
struct stream {
	uint64_t at, seed;
};
void fill(struct stream *s, void *buffer, size_t size);
uint64_t hash(uint64_t so_far, const void *buffer, size_t size);
/* Sends the stream's next bytes in pieces from least to most; returns the hash of all. */
uint64_t send_stream(int fd, uint64_t seed, size_t total, size_t least, size_t most);
/* Receives until end of stream or total; notes `what`.bytes and returns the hash. */
uint64_t recv_stream(const char *what, int fd, size_t total, size_t at_once, int pause_us);
/* A number from a seed, equal on every run. */
uint32_t next_random(uint64_t *seed);

/* ---- time and threads ---- */
int64_t now_ms(void);
void pause_ms(int ms);
/* Uses the connection, and gives the datapath time to notice what the case has just done to a socket. */
void let_it_be_noticed(struct run *r);
/* Long enough for whatever was sent to have arrived, also through a loaded machine. */
void let_it_arrive(void);
typedef unsigned long thread;
thread start(void *(*body)(void *), void *argument);
void join(thread t);
/* Runs body(argument) in a thread of its own after a while. */
thread later(int ms, void (*body)(int), int fd);
extern volatile int sigpipes;

#endif
