/* SPDX-License-Identifier: Apache-2.0 */
/* Exactly which events epoll reports, level and edge triggered, and what programs do with them. */
#include "conformance.h"
#include <sys/epoll.h>
#include <unistd.h>

static char buffer[1 << 18];

static int watch(int fd, uint32_t events)
{
	struct epoll_event e = {.events = events, .data.fd = fd};
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e))
		broken("epoll_ctl: %s", errno_name(errno));
	return epoll;
}

static void note_event(const char *what, int epoll)
{
	struct epoll_event e = {0};

	let_it_arrive();
	epoll_wait(epoll, &e, 1, 0);
	note_events(what, e.events);
}

static void edges(struct run *r)
{
	int epoll = watch(r->server, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);

	note_event("added", epoll);
	note_event("nothing new", epoll);
	send_all(r->client, "0123456789", 10, 0);
	note_event("data", epoll);
	note_event("nothing new", epoll);
	send_all(r->client, "0123456789", 10, 0);
	note_event("more data", epoll);
	do_recv(r->server, buffer, 5, 0);
	note_event("read a part", epoll);
	recv_all(r->server, buffer, 15);
	note_event("read all", epoll);
	send_all(r->client, "x", 1, 0);
	note_event("data again", epoll);
	shutdown(r->client, SHUT_WR);
	note_event("half closed", epoll);
	recv_all(r->server, buffer, 15);
	note_event("read the end", epoll);
	close(r->server);
	note_event("closed", epoll);
}

static void levels(struct run *r)
{
	int epoll = watch(r->server, EPOLLIN | EPOLLRDHUP);

	note_event("added", epoll);
	send_all(r->client, "0123456789", 10, 0);
	note_event("data", epoll);
	note_event("still", epoll);
	do_recv(r->server, buffer, 5, 0);
	note_event("read a part", epoll);
	do_recv(r->server, buffer, 5, 0);
	note_event("read all", epoll);
	shutdown(r->client, SHUT_WR);
	note_event("half closed", epoll);
}

static void one_shot(struct run *r)
{
	struct epoll_event again = {.events = EPOLLIN | EPOLLONESHOT};
	int epoll = watch(r->server, EPOLLIN | EPOLLONESHOT);

	send_all(r->client, "a", 1, 0);
	note_event("data", epoll);
	send_all(r->client, "b", 1, 0);
	note_event("disarmed", epoll);
	epoll_ctl(epoll, EPOLL_CTL_MOD, r->server, &again);
	note_event("armed", epoll);
	do_recv(r->server, buffer, 10, 0);
	epoll_ctl(epoll, EPOLL_CTL_MOD, r->server, &again);
	note_event("drained", epoll);
}

static void watched_after_data_came(struct run *r)
{
	int epoll;

	send_all(r->client, "a", 1, 0);
	let_it_arrive();
	epoll = watch(r->server, EPOLLIN | EPOLLET);
	note_event("data", epoll);
	note_event("nothing new", epoll);
}

/*
 * nginx and others take a read that was shorter than their buffer for "drained" and wait for the next edge without reading until EAGAIN.
 * TCP gives everything that has arrived in one read, so that is sound there.
 */
static void short_read_means_drained(struct run *r)
{
	int epoll = watch(r->server, EPOLLIN | EPOLLRDHUP | EPOLLET);
	struct epoll_event e;
	size_t done = 0, total = 0;

	for (int i = 0; i < 8; i++) {
		send_all(r->client, buffer, 5000, 0);
		total += 5000;
	}
	let_it_arrive();
	while (done < total) {
		ssize_t n;

		if (epoll_wait(epoll, &e, 1, 500) <= 0) {
			note("lost edge", "with unread data");
			break;
		}
		do {
			n = recv(r->server, buffer, sizeof(buffer), MSG_DONTWAIT);
			done += n > 0 ? n : 0;
		} while (n == (ssize_t)sizeof(buffer));
		note_result("read", n);
	}
	note("bytes", "%zu", done);
}

static void room_edges(struct run *r)
{
	struct pollfd more = {.fd = r->server, .events = POLLIN};
	int epoll = watch(r->client, EPOLLOUT | EPOLLET);
	size_t got = 0;
	ssize_t n;

	note_event("added", epoll);
	while (send(r->client, buffer, sizeof(buffer), MSG_DONTWAIT) > 0)
		;
	note_event("full", epoll);
	do {
		while ((n = recv(r->server, buffer, sizeof(buffer), MSG_DONTWAIT)) > 0)
			got += n;
	} while (poll(&more, 1, 200) > 0);
	note("drained", "%s", got ? "something" : "nothing");
	note_event("room again", epoll);
	note("room", "%d", send(r->client, buffer, 1000, MSG_DONTWAIT) == 1000);
	note_event("nothing new", epoll);
}

const struct test_case edge_cases[] = {
	{"edges", edges, EVERY_MODE, 0},
	{"levels", levels, EVERY_MODE, 0},
	{"one_shot", one_shot, EVERY_MODE, ONLY_LOOPBACK},
	{"watched_after_data_came", watched_after_data_came, EVERY_MODE, ONLY_LOOPBACK},
	{"short_read_means_drained", short_read_means_drained, EVERY_MODE, 0},
	{"short_read_means_drained_after_fallback", short_read_means_drained, EVERY_MODE, SMALL_LIMITS},
	{"room_edges", room_edges, EVERY_MODE, SMALL_LIMITS},
	{0},
};
