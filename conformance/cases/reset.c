/* SPDX-License-Identifier: Apache-2.0 */
/* Disorderly ends: resets, unread data, listeners that go away. */
#include "conformance.h"
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char buffer[1 << 16];

static void reset(int fd)
{
	struct linger l = {1, 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	close(fd);
}

static void note_error(const char *what, int fd)
{
	int error = -1;
	socklen_t size = sizeof(error);

	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
	note(what, "%s", error ? errno_name(error) : "none");
}

static void use(struct run *r)
{
	send_all(r->client, "up", 2, 0);
	recv_all(r->server, buffer, 2);
	send_all(r->server, "down", 4, 0);
	recv_all(r->client, buffer, 4);
}

static void reset_wakes_reader(struct run *r)
{
	int64_t began = now_ms();
	thread t;

	use(r);
	t = later(150, reset, r->client);
	note_result("recv", do_recv(r->server, buffer, 10, 0));
	note_duration("woken", began, 150);
	join(t);
	note_result("recv", do_recv(r->server, buffer, 10, 0));
	note_result("recv", do_recv(r->server, buffer, 10, 0));
	note_result("send", send(r->server, "x", 1, MSG_NOSIGNAL));
	note_readiness("then", r->server);
}

static void reset_seen_by_poll(struct run *r)
{
	use(r);
	reset(r->client);
	let_it_arrive();
	note_readiness("reset", r->server);
	note_error("error", r->server);
	note_error("error", r->server);
	note_result("recv", recv(r->server, buffer, 10, MSG_DONTWAIT));
	note_result("send", send(r->server, "x", 1, MSG_NOSIGNAL));
}

static void reset_seen_by_writer(struct run *r)
{
	use(r);
	reset(r->client);
	let_it_arrive();
	note_result("send", send(r->server, "x", 1, 0));
	note("sigpipe", "%d", sigpipes);
	note_result("send", send(r->server, "x", 1, 0));
	note("sigpipe", "%d", sigpipes);
	note_result("recv", recv(r->server, buffer, 1, MSG_DONTWAIT));
}

static void reset_after_data(struct run *r)
{
	use(r);
	send_all(r->client, "last words", 10, 0);
	let_it_arrive();
	reset(r->client);
	let_it_arrive();
	note_readiness("reset", r->server);
	for (int i = 0; i < 3; i++)
		note_result("recv", recv(r->server, buffer, 100, MSG_DONTWAIT));
}

static void reset_after_much_data(struct run *r)
{
	use(r);
	for (int i = 0; i < 20; i++)
		send_all(r->client, buffer, 20000, 0);
	let_it_arrive();
	reset(r->client);
	let_it_arrive();
	note_result("recv", recv(r->server, buffer, 1000, MSG_DONTWAIT));
	note_result("recv", recv(r->server, buffer, 1000, MSG_DONTWAIT));
}

/* TCP answers data that was not read with RST, so that the sender learns that it was lost. */
static void closed_with_unread_data(struct run *r)
{
	use(r);
	send_all(r->client, "never read", 10, 0);
	let_it_arrive();
	close(r->server);
	let_it_arrive();
	note_readiness("client", r->client);
	note_result("recv", do_recv(r->client, buffer, 10, 0));
	note_result("send", send(r->client, "x", 1, MSG_NOSIGNAL));
	let_it_arrive();
	note_result("send", send(r->client, "x", 1, MSG_NOSIGNAL));
}

static void closed_with_part_unread(struct run *r)
{
	use(r);
	send_all(r->client, "half of this is read", 20, 0);
	note_result("server", recv_all(r->server, buffer, 10));
	close(r->server);
	let_it_arrive();
	note_result("recv", do_recv(r->client, buffer, 10, 0));
}

/* A server that answers without reading the whole request: what was answered may be lost to the RST. */
static void closed_with_unread_data_after_answer(struct run *r)
{
	use(r);
	send_all(r->client, "long request", 12, 0);
	let_it_arrive();
	send_all(r->server, "413", 3, 0);
	close(r->server);
	let_it_arrive();
	note_result("recv", do_recv(r->client, buffer, 10, 0));
	note_result("recv", do_recv(r->client, buffer, 10, 0));
}

static void send_to_closed_peer(struct run *r)
{
	use(r);
	close(r->server);
	let_it_arrive();
	note_readiness("closed", r->client);
	note_result("send", send(r->client, "x", 1, 0));
	let_it_arrive();
	note_readiness("sent", r->client);
	note_result("send", send(r->client, "x", 1, 0));
	note("sigpipe", "%d", sigpipes);
	note_result("recv", do_recv(r->client, buffer, 1, 0));
	note_result("recv", do_recv(r->client, buffer, 1, 0));
}

/* connect(AF_UNSPEC) resets the connection; the socket can then be connected again. */
static void disconnect_and_connect_again(struct run *r)
{
	struct sockaddr nothing = {.sa_family = AF_UNSPEC};
	int again;

	use(r);
	note_result("disconnect", connect(r->client, &nothing, sizeof(nothing)));
	note_result("server", do_recv(r->server, buffer, 1, 0));
	note_result("client", recv(r->client, buffer, 1, MSG_DONTWAIT));
	note_result("connect", connect_to_listener(r->client));
	if (!wait_for(r->listener, POLLIN, 2000))
		broken("no second connection");
	again = accept_one(r->listener);
	as_the_mode_has_it(again);
	as_the_mode_has_it(r->client);
	send_all(r->client, "second life", 11, 0);
	note_result("again", recv_all(again, buffer, 11));
	send_all(again, "yes", 3, 0);
	note_result("client", recv_all(r->client, buffer, 3));
	note_result("old server", recv(r->server, buffer, 100, MSG_DONTWAIT));
	close(again);
	note_result("eof", do_recv(r->client, buffer, 3, 0));
}

static void listener_closed_before_accept(struct run *r)
{
	r->listener = open_listener(NULL, 4);
	r->client = open_client(NULL);
	as_the_mode_has_it(r->client);
	wait_until_enrolled();
	close(r->listener);
	let_it_arrive();
	note_readiness("client", r->client);
	note_result("recv", do_recv(r->client, buffer, 1, 0));
	note_result("send", send(r->client, "x", 1, MSG_NOSIGNAL));
}

static void listener_closed_with_data_before_accept(struct run *r)
{
	r->listener = open_listener(NULL, 4);
	r->client = open_client(NULL);
	as_the_mode_has_it(r->client);
	wait_until_enrolled();
	send_all(r->client, "never accepted", 14, 0);
	let_it_arrive();
	close(r->listener);
	let_it_arrive();
	note_readiness("client", r->client);
	note_result("recv", do_recv(r->client, buffer, 1, 0));
}

static void accepted_late(struct run *r)
{
	r->listener = open_listener(NULL, 4);
	r->client = open_client(NULL);
	as_the_mode_has_it(r->client);
	send_all(r->client, "sent before accept", 18, 0);
	wait_until_enrolled();
	send_all(r->client, ", and more", 10, 0);
	r->server = accept_one(r->listener);
	as_the_mode_has_it(r->server);
	let_it_arrive();
	note_result("recv", do_recv(r->server, buffer, 100, 0));
	note("text", "%.28s", buffer);
	use(r);
	close(r->client);
	note_result("eof", do_recv(r->server, buffer, 1, 0));
}

const struct test_case reset_cases[] = {
	{"reset_wakes_reader", reset_wakes_reader, EVERY_MODE, 0},
	{"reset_seen_by_poll", reset_seen_by_poll, EVERY_MODE, 0},
	{"reset_seen_by_writer", reset_seen_by_writer, EVERY_MODE, 0},
	{"reset_after_data", reset_after_data, EVERY_MODE, 0},
	{"reset_after_much_data", reset_after_much_data, EVERY_MODE, SMALL_LIMITS},
	{"closed_with_unread_data", closed_with_unread_data, EVERY_MODE, 0},
	{"closed_with_part_unread", closed_with_part_unread, EVERY_MODE, 0},
	{"closed_with_unread_data_after_answer", closed_with_unread_data_after_answer, EVERY_MODE, 0},
	{"send_to_closed_peer", send_to_closed_peer, EVERY_MODE, 0},
	{"disconnect_and_connect_again", disconnect_and_connect_again, EVERY_MODE, 0},
	{"listener_closed_before_accept", listener_closed_before_accept, EVERY_MODE, CONNECTS_LATER | NO_MESSAGES, "not_settled"},
	{"listener_closed_with_data_before_accept", listener_closed_with_data_before_accept, EVERY_MODE, CONNECTS_LATER, "not_settled"},
	{"accepted_late", accepted_late, EVERY_MODE, CONNECTS_LATER, "not_settled"},
	{0},
};
