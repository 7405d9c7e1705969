/* SPDX-License-Identifier: Apache-2.0 */
/* Programs around epoll: one thread has all the clients, another all the servers. */
#define _GNU_SOURCE
#include "load.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define READ_AT_ONCE (256u << 10)
#define TICK_MS 2

uint64_t turns[2];

struct loop {
	enum side side;
	int poll;
	int listeners[KINDS];
	uint8_t *buffer;
};

static bool has_events(enum kind kind)
{
	return kind <= EARLY_EDGE;
}

static bool is_edge(enum kind kind)
{
	return kind == EDGE || kind == EARLY_EDGE;
}

static void watch(struct loop *l, struct connection *c, uint32_t interest)
{
	struct end *e = &c->ends[l->side];
	struct epoll_event event = {.events = interest, .data.u32 = KINDS + c->number};

	if (e->registered && e->interest == interest)
		return;
	if (epoll_ctl(l->poll, e->registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, e->fd, &event))
		wrong(c, l->side, "epoll_ctl failed with errno %d", errno);
	e->registered = true;
	e->interest = interest;
}

static void close_end(struct loop *l, struct connection *c)
{
	struct end *e = &c->ends[l->side];

	close(e->fd);
	e->fd = -1;
	if (!__atomic_sub_fetch(&c->left, 1, __ATOMIC_ACQ_REL))
		count_connection(c->kind, c->aborts);
}

static void abort_end(struct loop *l, struct connection *c)
{
	struct linger now = {.l_onoff = 1};

	setsockopt(c->ends[l->side].fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close_end(l, c);
}

/* A pause now and then: it lets a queue drain, or fill. */
static int64_t pause_after(struct end *e, bool slow, int64_t now)
{
	uint64_t chance = between(&e->random, 0, 999);

	if (slow)
		return now + (chance < 10 ? 1500 : (int64_t)between(&e->random, 1, 40));
	return chance < 60 ? now + (int64_t)between(&e->random, 1, 20) : 0;
}

static ssize_t send_some(struct end *e, const struct stream *s, size_t size)
{
	const uint8_t *from = bytes_at(s, s->sent);
	size_t half = size / 2;
	struct iovec parts[2] = {{(void *)from, half}, {(void *)(from + half), size - half}};

	switch (between(&e->random, 0, 2)) {
	case 0:
		return send(e->fd, from, size, MSG_NOSIGNAL);
	case 1:
		return write(e->fd, from, size);
	default:
		return writev(e->fd, parts, 2);
	}
}

/* Returns whether the connection is still there. */
static bool write_once(struct loop *l, struct connection *c, int64_t now)
{
	struct end *e = &c->ends[l->side];
	struct stream *s = &c->from[l->side];
	ssize_t n;

	if (c->aborts && l->side == CLIENT && is_over(c)) {
		abort_end(l, c);
		return false;
	}
	if (is_over(c)) {
		__atomic_store_n(&s->ended, true, __ATOMIC_RELEASE);
		if (shutdown(e->fd, SHUT_WR))
			count_result(c, l->side, "shutdown", errno == ENOTCONN && c->aborts ? ECONNRESET : errno);
		return true;
	}
	n = send_some(e, s, draw_size(&e->random, MOST_BYTES_AT_ONCE));
	if (n < 0) {
		count_result(c, l->side, "send", errno);
		e->writable = false;
		if (errno != EAGAIN)
			s->ended = true;
		return true;
	}
	__atomic_store_n(&s->sent, s->sent + n, __ATOMIC_RELEASE);
	__atomic_store_n(&s->progress_ms, now, __ATOMIC_RELAXED);
	e->writes_again_ms = now + rest_after(&e->random, n);
	if (!is_edge(c->kind))
		e->writable = false;
	return true;
}

static void read_once(struct loop *l, struct connection *c, int64_t now)
{
	struct end *e = &c->ends[l->side];
	bool slow = c->slow[l->side] && !time_is_up();
	size_t size = slow ? between(&e->random, 1, 20000) : between(&e->random, READ_AT_ONCE / 8, READ_AT_ONCE);
	ssize_t n = recv(e->fd, l->buffer, size, 0);

	if (n < 0) {
		e->readable = false;
		count_result(c, l->side, "recv", errno);
		if (errno != EAGAIN)
			check_end(c, l->side);
		else if (!is_edge(c->kind))
			count_spurious(c->kind);
		return;
	}
	if (n == 0) {
		check_end(c, l->side);
		return;
	}
	check(c, l->side, l->buffer, n);
	e->reads_again_ms = pause_after(e, slow, now);
	if (!is_edge(c->kind) || ((size_t)n < size && !e->hung_up))
		e->readable = false;
}

/* One turn of one end; returns whether it could go on at once. */
static bool serve(struct loop *l, struct connection *c, int64_t now)
{
	struct end *e = &c->ends[l->side];
	struct stream *out = &c->from[l->side], *in = &c->from[!l->side];
	bool writes, reads;

	writes = !out->ended && now >= e->writes_again_ms;
	reads = !in->seen_to_end && now >= e->reads_again_ms;
	if (writes && e->writable && !write_once(l, c, now))
		return true;
	if (reads && e->readable)
		read_once(l, c, now);
	if (now < e->reads_again_ms || now < e->writes_again_ms) {
		/* A pause of ours is no hang. */
		__atomic_store_n(&in->progress_ms, now, __ATOMIC_RELAXED);
		__atomic_store_n(&out->progress_ms, now, __ATOMIC_RELAXED);
	}
	if (out->ended && in->seen_to_end) {
		close_end(l, c);
		return true;
	}
	if (is_edge(c->kind))
		return (writes && e->writable && !out->ended) || (reads && e->readable && !in->seen_to_end);
	writes = !out->ended && now >= e->writes_again_ms;
	reads = !in->seen_to_end && now >= e->reads_again_ms;
	watch(l, c, (reads ? EPOLLIN : 0) | (writes ? EPOLLOUT : 0));
	return false;
}

static void enter(struct loop *l, struct connection *c)
{
	if (is_edge(c->kind))
		watch(l, c, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
	else
		watch(l, c, EPOLLIN | EPOLLOUT);
}

static void accept_all(struct loop *l, int listener)
{
	struct connection *c;

	while ((c = accept_one(listener, SOCK_NONBLOCK)))
		enter(l, c);
}

static void on_event(struct loop *l, const struct epoll_event *event)
{
	struct connection *c;
	struct end *e;

	if (event->data.u32 < KINDS) {
		accept_all(l, l->listeners[event->data.u32]);
		return;
	}
	c = &connections[event->data.u32 - KINDS];
	e = &c->ends[l->side];
	if (e->fd < 0)
		return;
	if ((event->events & EPOLLERR) && !c->aborts)
		wrong(c, l->side, "epoll reports EPOLLERR");
	if (event->events & (EPOLLIN | EPOLLHUP | EPOLLRDHUP | EPOLLERR))
		e->readable = true;
	if (event->events & (EPOLLHUP | EPOLLRDHUP | EPOLLERR))
		e->hung_up = true;
	if (event->events & (EPOLLOUT | EPOLLERR))
		e->writable = true;
}

/* Opens what is not open; returns how many are. */
static int renew(struct loop *l)
{
	int open = 0;

	for (unsigned i = 0; i < settings.connections; i++) {
		struct connection *c = &connections[i];

		if (!has_events(c->kind))
			continue;
		if (!__atomic_load_n(&c->left, __ATOMIC_ACQUIRE) && l->side == CLIENT && !time_is_up()) {
			begin(c);
			open_client(c, SOCK_NONBLOCK);
			enter(l, c);
		}
		open += c->left > 0;
	}
	return open;
}

void *run_events(void *argument)
{
	struct loop l = {.side = *(enum side *)argument, .poll = epoll_create1(EPOLL_CLOEXEC), .buffer = malloc(READ_AT_ONCE)};
	struct epoll_event events[256];
	bool busy = false;

	in_namespace(l.side == CLIENT ? settings.client_namespace : settings.server_namespace);
	for (int k = 0; l.side == SERVER && k < KINDS; k++) {
		struct epoll_event event = {.events = EPOLLIN, .data.u32 = k};

		if (!has_events(k))
			continue;
		l.listeners[k] = open_listener(port_of(k), SOCK_NONBLOCK);
		epoll_ctl(l.poll, EPOLL_CTL_ADD, l.listeners[k], &event);
	}
	for (;;) {
		int count = epoll_wait(l.poll, events, 256, busy ? 0 : TICK_MS);
		int64_t now = now_ms();
		int open = renew(&l);

		if (!open && time_is_up())
			return NULL;
		__atomic_fetch_add(&turns[l.side], 1, __ATOMIC_RELAXED);
		busy = false;
		for (int i = 0; i < count; i++)
			on_event(&l, &events[i]);
		for (unsigned i = 0; i < settings.connections; i++) {
			struct connection *c = &connections[i];

			if (has_events(c->kind) && __atomic_load_n(&c->ends[l.side].fd, __ATOMIC_ACQUIRE) >= 0 && c->ends[l.side].registered)
				busy |= serve(&l, c, now);
		}
	}
}
