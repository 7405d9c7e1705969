/* SPDX-License-Identifier: Apache-2.0 */
/* What poll, select and signals say, and when. */
#include "conformance.h"
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

static char buffer[1 << 18];

static void readiness_through_a_life(struct run *r)
{
	note_readiness("fresh", r->server);
	send_all(r->client, "0123456789", 10, 0);
	let_it_arrive();
	note_readiness("data", r->server);
	do_recv(r->server, buffer, 5, 0);
	note_readiness("part", r->server);
	do_recv(r->server, buffer, 5, 0);
	note_readiness("drained", r->server);
	shutdown(r->client, SHUT_WR);
	let_it_arrive();
	note_readiness("half", r->server);
	note_readiness("own half", r->client);
	do_recv(r->server, buffer, 5, 0);
	note_readiness("after eof", r->server);
	close(r->server);
	let_it_arrive();
	note_readiness("both", r->client);
}

static void readiness_with_data_and_end(struct run *r)
{
	send_all(r->client, "0123456789", 10, 0);
	close(r->client);
	let_it_arrive();
	note_readiness("data and end", r->server);
	do_recv(r->server, buffer, 10, 0);
	note_readiness("end", r->server);
}

static void selected(struct run *r)
{
	struct timeval none = {0, 0};
	fd_set in, out;

	for (int i = 0; i < 2; i++) {
		FD_ZERO(&in);
		FD_ZERO(&out);
		FD_SET(r->server, &in);
		FD_SET(r->server, &out);
		note_result("select", select(r->server + 1, &in, &out, NULL, &none));
		note("readable", "%d writable %d", !!FD_ISSET(r->server, &in), !!FD_ISSET(r->server, &out));
		send_all(r->client, "x", 1, 0);
		let_it_arrive();
	}
}

static void send_a_byte(int fd)
{
	send_all(fd, "!", 1, 0);
}

static void poll_is_woken_by_data(struct run *r)
{
	for (int i = 0; i < 3; i++) {
		int64_t began = now_ms();
		thread t = later(120, send_a_byte, r->client);
		struct pollfd p = {.fd = r->server, .events = POLLIN};

		note_result("poll", poll(&p, 1, 3000));
		note_duration("woken", began, 120);
		note_result("recv", recv(r->server, buffer, 10, MSG_DONTWAIT));
		join(t);
	}
}

static void poll_times_out(struct run *r)
{
	struct pollfd p = {.fd = r->server, .events = POLLIN};
	int64_t began;

	send_a_byte(r->client);
	do_recv(r->server, buffer, 1, 0);
	began = now_ms();
	note_result("poll", poll(&p, 1, 200));
	note_duration("waited", began, 200);
}

static volatile int io_signals;

static void on_io(int signal)
{
	(void)signal;
	io_signals++;
}

static void signal_driven(struct run *r)
{
	signal(SIGIO, on_io);
	fcntl(r->server, F_SETOWN, getpid());
	fcntl(r->server, F_SETFL, fcntl(r->server, F_GETFL) | O_ASYNC);
	let_it_arrive();
	io_signals = 0;
	send_a_byte(r->client);
	let_it_arrive();
	note("data", "%d", io_signals > 0);
	do_recv(r->server, buffer, 10, 0);
	io_signals = 0;
	shutdown(r->client, SHUT_WR);
	let_it_arrive();
	note("end", "%d", io_signals > 0);
}

static void drain(int fd)
{
	while (recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT) > 0)
		pause_ms(1);
}

static void poll_is_woken_by_room(struct run *r)
{
	for (int i = 0; i < 2; i++) {
		int64_t began;
		thread t;

		while (send(r->client, buffer, sizeof(buffer), MSG_DONTWAIT) > 0)
			;
		note_readiness("full", r->client);
		began = now_ms();
		t = later(150, drain, r->server);
		note("writable", "%d", wait_for(r->client, POLLOUT, 3000));
		if (!i)
			note_duration("woken", began, mode == EPOLL_EDGE ? 0 : 150);
		join(t);
		pause_ms(100);
		drain(r->server);
	}
	send_a_byte(r->client);
	note_result("recv", do_recv(r->server, buffer, 10, 0));
}

const struct test_case readiness_cases[] = {
	{"readiness_through_a_life", readiness_through_a_life, EVERY_MODE, 0},
	{"readiness_with_data_and_end", readiness_with_data_and_end, EVERY_MODE, 0},
	{"selected", selected, EVERY_MODE, ONLY_LOOPBACK},
	{"poll_is_woken_by_data", poll_is_woken_by_data, EVERY_MODE, 0},
	{"poll_times_out", poll_times_out, EVERY_MODE, ONLY_LOOPBACK},
	{"signal_driven", signal_driven, EVERY_MODE, ONLY_LOOPBACK | MAY_LEAVE, "socket_option"},
	{"poll_is_woken_by_room", poll_is_woken_by_room, EVERY_MODE, 0},
	{"poll_is_woken_by_room_with_small_limits", poll_is_woken_by_room, EVERY_MODE, SMALL_LIMITS},
	{0},
};
