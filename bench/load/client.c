/* SPDX-License-Identifier: Apache-2.0 */
/* The asking end. A slice ends when its time is over and nothing is under way any more, so the next one starts clean. */
#define _GNU_SOURCE
#include "load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define STUCK_NS 5000000000ull /* nothing moved for so long: counted as a failure */

struct link {
	int fd;
	bool connecting, under_way, watches_room;
	uint32_t sent, received;
	uint8_t tag;
	uint64_t began, offset;
};

/* Latencies in buckets of 1/16 of a power of two: at most 6 % wrong. */
static uint32_t histogram[64 * 16];

static struct link *links;
static int poll_fd = -1;
static uint8_t *outgoing, *incoming;

static void record(uint64_t ns)
{
	int power = 63 - __builtin_clzll(ns | 16);

	histogram[power * 16 + (int)(ns >> (power - 4) & 15)]++;
}

static uint64_t percentile(double share, uint64_t count)
{
	uint64_t rank = (uint64_t)((double)count * share), seen = 0;

	for (int i = 0; i < 64 * 16; i++) {
		seen += histogram[i];
		if (seen > rank)
			return (1ull << (i / 16)) + ((uint64_t)(i % 16) << (i / 16 > 4 ? i / 16 - 4 : 0));
	}
	return 0;
}

static void watch(struct link *l, uint32_t events, int operation)
{
	struct epoll_event e = { .events = events, .data.ptr = l };

	if (epoll_ctl(poll_fd, operation, l->fd, &e))
		die("epoll_ctl");
}

static bool push(struct link *l, struct result *r)
{
	while (l->sent < options.size) {
		ssize_t n;

		outgoing[0] = l->tag;
		n = send(l->fd, l->sent ? outgoing + 1 : outgoing, options.size - l->sent, MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			r->failures++;
			return false;
		}
		l->sent += (uint32_t)n;
	}
	if (!options.blocking && l->watches_room != (l->sent < options.size)) {
		l->watches_room = l->sent < options.size;
		watch(l, EPOLLIN | (l->watches_room ? EPOLLOUT : 0), EPOLL_CTL_MOD);
	}
	return true;
}

static void ask(struct link *l, struct result *r)
{
	l->under_way = true;
	l->sent = l->received = 0;
	l->tag++;
	if (options.work != SHORT)
		l->began = now_ns();
	push(l, r);
}

/* True once the whole reply is there. */
static bool hear(struct link *l, struct result *r)
{
	ssize_t n = recv(l->fd, incoming, options.size - l->received, 0);

	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0) {
		r->failures++;
		l->under_way = false;
		return false;
	}
	if (!l->received && incoming[0] != l->tag)
		r->failures++;
	l->received += (uint32_t)n;
	if (l->received < options.size)
		return false;
	l->under_way = false;
	record(now_ns() - l->began);
	r->operations++;
	r->bytes += 2ull * options.size;
	return true;
}

static void request_blocking(uint64_t end, struct result *r)
{
	struct link *l = &links[0];

	while (now_ns() < end && !r->failures) {
		ask(l, r);
		while (!hear(l, r) && !r->failures)
			;
	}
}

static void dial(struct link *l, struct result *r)
{
	l->began = now_ns();
	l->fd = connect_start();
	l->under_way = l->connecting = l->fd >= 0;
	l->watches_room = true;
	if (l->fd < 0)
		r->failures++;
	else
		watch(l, EPOLLIN | EPOLLOUT, EPOLL_CTL_ADD);
}

static void hang_up(struct link *l)
{
	close(l->fd);
	l->under_way = l->connecting = false;
}

static void on_event(struct link *l, uint32_t events, struct result *r)
{
	if (l->connecting) {
		if (events & (EPOLLERR | EPOLLHUP)) {
			r->failures++;
			hang_up(l);
			return;
		}
		l->connecting = false;
		ask(l, r);
		return;
	}
	if (events & EPOLLOUT && !push(l, r))
		l->under_way = false;
	if (events & (EPOLLIN | EPOLLERR | EPOLLHUP) && l->under_way) {
		bool whole = hear(l, r);

		if (options.work == SHORT && (whole || !l->under_way))
			hang_up(l);
	}
}

static void request_many(uint64_t end, struct result *r)
{
	struct epoll_event events[64];
	int under_way = options.connections;

	for (int i = 0; i < options.connections; i++)
		options.work == SHORT ? dial(&links[i], r) : ask(&links[i], r);
	while (under_way) {
		int n = epoll_wait(poll_fd, events, 64, (int)(STUCK_NS / 1000000));

		/* A socket that stays readable without data would keep epoll from ever timing out. */
		if (n <= 0 || now_ns() > end + STUCK_NS) {
			r->failures += (uint64_t)under_way;
			return;
		}
		for (int i = 0; i < n; i++) {
			struct link *l = events[i].data.ptr;

			on_event(l, events[i].events, r);
			if (l->under_way)
				continue;
			if (now_ns() < end && r->failures < 100) {
				options.work == SHORT ? dial(l, r) : ask(l, r);
				if (l->under_way)
					continue;
			}
			under_way--;
		}
	}
}

static bool write_once(struct link *l, struct result *r)
{
	ssize_t n = send(l->fd, outgoing + l->offset % PATTERN_PERIOD, options.size, MSG_NOSIGNAL);

	if (n < 0) {
		r->failures += errno != EAGAIN;
		return false;
	}
	l->offset += (uint64_t)n;
	r->operations++;
	r->bytes += (uint64_t)n;
	return true;
}

/* Each connection gets its turn as long as it has room, at most 16 writes. */
static void write_many(uint64_t end, struct result *r)
{
	struct epoll_event events[64];

	while (now_ns() < end && r->failures < 100) {
		int n = epoll_wait(poll_fd, events, 64, 100);

		for (int i = 0; i < n; i++)
			for (int turn = 0; turn < 16 && write_once(events[i].data.ptr, r); turn++)
				;
	}
}

static void stream(uint64_t end, struct result *r)
{
	uint64_t before = shared->wrong, start = shared->consumed, moved = now_ns(), consumed, last = 0;

	if (options.blocking)
		while (now_ns() < end && write_once(&links[0], r))
			;
	else
		write_many(end, r);
	/* A stream has arrived when its last byte was read: what is still queued counts neither as sent nor as free. */
	while ((consumed = __atomic_load_n(&shared->consumed, __ATOMIC_ACQUIRE) - start) < r->bytes) {
		if (consumed != last) {
			last = consumed;
			moved = now_ns();
		} else if (now_ns() - moved > STUCK_NS) {
			r->failures++;
			break;
		}
		usleep(50);
	}
	r->failures += shared->wrong - before;
}

void client_open(void)
{
	size_t room = options.size + PATTERN_PERIOD;

	links = must_allocate((size_t)options.connections * sizeof(*links));
	incoming = must_allocate(options.size);
	outgoing = must_allocate(room);
	for (size_t i = 0; i < room; i++)
		outgoing[i] = (uint8_t)(i / PATTERN_STEP % 251);
	poll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (poll_fd < 0)
		die("epoll_create1");
	for (int i = 0; options.work != SHORT && i < options.connections; i++) {
		links[i].fd = connect_there();
		if (!options.blocking)
			watch(&links[i], options.work == STREAM ? EPOLLOUT : EPOLLIN, EPOLL_CTL_ADD);
	}
}

void client_run(uint64_t ns, struct result *r)
{
	uint64_t start = now_ns(), end = start + ns;

	memset(r, 0, sizeof(*r));
	memset(histogram, 0, sizeof(histogram));
	if (options.work == STREAM)
		stream(end, r);
	else if (options.blocking)
		request_blocking(end, r);
	else
		request_many(end, r);
	r->wall_ns = now_ns() - start;
	r->p50_ns = percentile(0.50, r->operations);
	r->p99_ns = percentile(0.99, r->operations);
}
