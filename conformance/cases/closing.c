/* SPDX-License-Identifier: Apache-2.0 */
/* Orderly ends: close, half-close, shutdown, linger. */
#include "conformance.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char buffer[1 << 16];

static void shut_write(int fd)
{
	shutdown(fd, SHUT_WR);
}

static void shut_read(int fd)
{
	shutdown(fd, SHUT_RD);
}

static void shut_both(int fd)
{
	shutdown(fd, SHUT_RDWR);
}

static void close_it(int fd)
{
	close(fd);
}

static void end_of_stream(struct run *r)
{
	send_all(r->client, "last words", 10, 0);
	close(r->client);
	note_result("recv", recv_all(r->server, buffer, 10));
	for (int i = 0; i < 3; i++)
		note_result("eof", do_recv(r->server, buffer, 10, 0));
	note_readiness("then", r->server);
}

static void end_of_stream_wakes_reader(struct run *r)
{
	int64_t began = now_ms();
	thread t;

	send_all(r->client, "x", 1, 0);
	note_result("recv", do_recv(r->server, buffer, 1, 0));
	t = later(150, close_it, r->client);
	note_result("eof", do_recv(r->server, buffer, 1, 0));
	note_duration("woken", began, 150);
	join(t);
}

static void half_close(struct run *r)
{
	send_all(r->client, "request", 7, 0);
	note_result("shutdown", shutdown(r->client, SHUT_WR));
	note_result("request", recv_all(r->server, buffer, 100));
	note_result("eof", do_recv(r->server, buffer, 1, 0));
	note_result("answer", send_all(r->server, "answer", 6, 0));
	note_result("client", do_recv(r->client, buffer, 100, 0));
	note_result("again", send_all(r->server, "more", 4, 0));
	note_result("client", do_recv(r->client, buffer, 100, 0));
	close(r->server);
	note_result("client.eof", do_recv(r->client, buffer, 100, 0));
	note_readiness("then", r->client);
}

static void half_close_then_wait_for_answer(struct run *r)
{
	thread t;

	send_all(r->client, "request", 7, 0);
	note_result("request", recv_all(r->server, buffer, 7));
	t = later(100, shut_write, r->client);
	note_result("eof", do_recv(r->server, buffer, 1, 0));
	join(t);
	send_all(r->server, "answer", 6, 0);
	note_result("client", do_recv(r->client, buffer, 100, 0));
}

/* The FIN of the other direction wakes a writer's own reader, which must not mistake it for data. */
static void half_close_while_both_read(struct run *r)
{
	thread t = later(100, shut_write, r->server);

	send_all(r->client, "a", 1, 0);
	recv_all(r->server, buffer, 1);
	note_result("client.eof", do_recv(r->client, buffer, 10, 0));
	join(t);
	send_all(r->client, "still heard", 11, 0);
	note_result("server", do_recv(r->server, buffer, 100, 0));
}

/* As much as TCP takes without anybody reading, whatever the route: its smallest buffers hold some 80 KB. */
static uint64_t send_backlog(struct run *r)
{
	struct stream s = {0};
	uint64_t sum = 0;
	ssize_t sent = 0;

	for (int i = 0; i < 12; i++) {
		fill(&s, buffer, 5000);
		sum = hash(sum, buffer, 5000);
		sent += send_all(r->client, buffer, 5000, 0);
	}
	note_result("sent", sent);
	return sum;
}

static void half_close_with_backlog(struct run *r)
{
	uint64_t sum = send_backlog(r);

	note_result("shutdown", shutdown(r->client, SHUT_WR));
	let_it_arrive();
	note_readiness("before", r->server);
	note("all", "%d", recv_stream("server", r->server, 1 << 20, sizeof(buffer), 0) == sum);
	note_readiness("after", r->server);
	note_result("later", recv(r->server, buffer, sizeof(buffer), MSG_DONTWAIT));
}

static void close_with_backlog(struct run *r)
{
	uint64_t sum = send_backlog(r);

	close(r->client);
	let_it_arrive();
	note("all", "%d", recv_stream("server", r->server, 1 << 20, 3000, 500) == sum);
}

static void send_after_shutdown(struct run *r)
{
	send_all(r->client, "a", 1, 0);
	note_result("shutdown", shutdown(r->client, SHUT_WR));
	note_result("send", send(r->client, "b", 1, MSG_NOSIGNAL));
	note("sigpipe", "%d", sigpipes);
	note_result("send", send(r->client, "b", 1, 0));
	note("sigpipe", "%d", sigpipes);
	note_result("write", write(r->client, "b", 1));
	note_result("server", recv_all(r->server, buffer, 10));
}

/* Nothing was ever sent the other way when this end shuts down. */
static void send_after_shutdown_unused(struct run *r)
{
	note_result("shutdown", shutdown(r->server, SHUT_WR));
	note_result("send", send(r->server, "b", 1, MSG_NOSIGNAL));
	note_result("client.eof", do_recv(r->client, buffer, 10, 0));
	send_all(r->client, "up", 2, 0);
	note_result("server", do_recv(r->server, buffer, 10, 0));
}

static void shutdown_read(struct run *r)
{
	send_all(r->client, "before", 6, 0);
	let_it_arrive();
	note_result("shutdown", shutdown(r->server, SHUT_RD));
	note_readiness("shut", r->server);
	note_result("recv", recv(r->server, buffer, 100, MSG_DONTWAIT));
	note_result("recv", recv(r->server, buffer, 100, MSG_DONTWAIT));
	note_result("send", send(r->client, "after", 5, MSG_NOSIGNAL));
	let_it_arrive();
	note_readiness("after", r->server);
	note_result("recv", recv(r->server, buffer, 100, MSG_DONTWAIT));
	note_result("recv", recv(r->server, buffer, 100, MSG_DONTWAIT));
	note_result("answer", send_all(r->server, "answer", 6, 0));
	note_result("client", do_recv(r->client, buffer, 100, 0));
}

static void shutdown_read_wakes_reader(struct run *r)
{
	int64_t began = now_ms();
	thread t;

	send_all(r->client, "x", 1, 0);
	do_recv(r->server, buffer, 1, 0);
	t = later(150, shut_read, r->server);
	note_result("recv", do_recv(r->server, buffer, 1, 0));
	note_duration("woken", began, 150);
	join(t);
}

static void shutdown_both_wakes_reader(struct run *r)
{
	thread t;

	send_all(r->client, "x", 1, 0);
	do_recv(r->server, buffer, 1, 0);
	t = later(150, shut_both, r->server);
	note_result("recv", do_recv(r->server, buffer, 1, 0));
	join(t);
	note_result("send", send(r->server, "x", 1, MSG_NOSIGNAL));
	note_result("client", do_recv(r->client, buffer, 1, 0));
	note_readiness("server", r->server);
	note_result("again", shutdown(r->server, SHUT_RDWR));
	close(r->client);
	let_it_arrive();
	note_readiness("server", r->server);
	note_result("again", shutdown(r->server, SHUT_RDWR));
}

static void close_with_linger(struct run *r)
{
	struct linger l = {1, 2};
	int64_t began;

	setsockopt(r->client, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	send_all(r->client, buffer, 50000, 0);
	began = now_ms();
	note_result("close", close(r->client));
	note_duration("close", began, 0);
	recv_stream("server", r->server, 1 << 20, sizeof(buffer), 0);
}

static void peer_process_killed(struct run *r)
{
	pid_t child = fork();

	if (!child) {
		send_all(r->client, "from a child", 12, 0);
		do_recv(r->client, buffer, 1, 0);
		pause();
	}
	close(r->client);
	note_result("recv", recv_all(r->server, buffer, 12));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	note_result("eof", do_recv(r->server, buffer, 1, 0));
}

static void both_close(struct run *r)
{
	send_all(r->client, "a", 1, 0);
	send_all(r->server, "b", 1, 0);
	note_result("server", do_recv(r->server, buffer, 1, 0));
	note_result("client", do_recv(r->client, buffer, 1, 0));
	note_result("close", close(r->server));
	note_result("close", close(r->client));
}

const struct test_case closing_cases[] = {
	{"end_of_stream", end_of_stream, EVERY_MODE, 0},
	{"end_of_stream_wakes_reader", end_of_stream_wakes_reader, EVERY_MODE, 0},
	{"half_close", half_close, EVERY_MODE, 0},
	{"half_close_then_wait_for_answer", half_close_then_wait_for_answer, EVERY_MODE, 0},
	{"half_close_while_both_read", half_close_while_both_read, EVERY_MODE, 0},
	{"half_close_with_backlog", half_close_with_backlog, EVERY_MODE, 0},
	{"half_close_with_backlog_and_small_limits", half_close_with_backlog, EVERY_MODE, SMALL_LIMITS},
	{"close_with_backlog", close_with_backlog, EVERY_MODE, 0},
	{"close_with_backlog_and_small_limits", close_with_backlog, EVERY_MODE, SMALL_LIMITS},
	{"send_after_shutdown", send_after_shutdown, EVERY_MODE, 0},
	{"send_after_shutdown_unused", send_after_shutdown_unused, EVERY_MODE, 0},
	{"shutdown_read", shutdown_read, EVERY_MODE, 0},
	{"shutdown_read_wakes_reader", shutdown_read_wakes_reader, EVERY_MODE, 0},
	{"shutdown_both_wakes_reader", shutdown_both_wakes_reader, EVERY_MODE, 0},
	{"close_with_linger", close_with_linger, EVERY_MODE, 0},
	{"peer_process_killed", peer_process_killed, EVERY_MODE, 0},
	{"both_close", both_close, EVERY_MODE, 0},
	{0},
};
