/* SPDX-License-Identifier: Apache-2.0 */
/* The serving end: answers a request once it is there as a whole, or reads a stream and compares it. */
#define _GNU_SOURCE
#include "load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct peer {
	int fd;
	uint32_t received; /* of the present request */
	uint32_t to_send;  /* of the present reply */
	uint8_t tag;       /* first byte of the request; the reply begins with it */
	bool waits_for_room;
	uint64_t offset;   /* in the stream */
};

static uint8_t *incoming, *outgoing;
static uint32_t incoming_size;

static void compare(const uint8_t *data, size_t length, uint64_t offset)
{
	uint64_t last = offset + length - 1;

	if (data[0] != offset / PATTERN_STEP % 251 || data[length - 1] != last / PATTERN_STEP % 251)
		shared->wrong++;
}

/* One recv. False: the connection has ended. */
static bool take(struct peer *p)
{
	uint32_t want = options.work == STREAM ? incoming_size : options.size - p->received;
	ssize_t n = recv(p->fd, incoming, want, 0);

	if (n < 0 && errno == EAGAIN)
		return true;
	if (n <= 0) {
		if (n < 0)
			shared->wrong++;
		return false;
	}
	if (options.work == STREAM) {
		compare(incoming, (size_t)n, p->offset);
		p->offset += (uint64_t)n;
		__atomic_fetch_add(&shared->consumed, (uint64_t)n, __ATOMIC_RELEASE);
		return true;
	}
	if (!p->received)
		p->tag = incoming[0];
	p->received += (uint32_t)n;
	if (p->received == options.size) {
		p->received = 0;
		p->to_send = options.size;
	}
	return true;
}

/* Sends what it can of the reply. False: the connection has ended. */
static bool give(struct peer *p)
{
	while (p->to_send) {
		ssize_t n;

		outgoing[0] = p->tag;
		n = send(p->fd, p->to_send == options.size ? outgoing : outgoing + 1, p->to_send, MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			return true;
		if (n < 0)
			return false;
		p->to_send -= (uint32_t)n;
	}
	return true;
}

static void watch(int poll, struct peer *p, int operation)
{
	struct epoll_event e = { .events = EPOLLIN | (p->waits_for_room ? EPOLLOUT : 0), .data.ptr = p };

	if (epoll_ctl(poll, operation, p->fd, &e))
		die("epoll_ctl");
}

static struct peer *welcome(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | (options.blocking ? 0 : SOCK_NONBLOCK));
	struct peer *p;

	if (fd < 0)
		die("accept");
	no_delay(fd);
	p = must_allocate(sizeof(*p));
	p->fd = fd;
	return p;
}

static void serve_blocking(int listener)
{
	struct peer *p = welcome(listener);

	while (take(p) && give(p))
		;
}

static void serve_many(int listener)
{
	int poll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event events[64] = { { .events = EPOLLIN } };

	if (poll < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, listener, &events[0]))
		die("epoll");
	for (;;) {
		int n = epoll_wait(poll, events, 64, -1);

		for (int i = 0; i < n; i++) {
			struct peer *p = events[i].data.ptr;

			if (!p) {
				watch(poll, welcome(listener), EPOLL_CTL_ADD);
				continue;
			}
			if (!(p->to_send ? give(p) : take(p) && give(p))) {
				close(p->fd);
				free(p);
			} else if (p->waits_for_room != (p->to_send > 0)) {
				p->waits_for_room = p->to_send > 0;
				watch(poll, p, EPOLL_CTL_MOD);
			}
		}
	}
}

void serve(int ready)
{
	int listener;

	enter_net(options.server_net);
	listener = listen_here();
	incoming_size = options.work == STREAM ? READ_SIZE : options.size;
	incoming = must_allocate(incoming_size);
	outgoing = must_allocate(options.size + 1);
	memset(outgoing, 'r', options.size + 1);
	if (write(ready, "", 1) != 1)
		die("ready");
	close(ready);
	if (options.blocking)
		serve_blocking(listener);
	else
		serve_many(listener);
	_exit(0);
}
