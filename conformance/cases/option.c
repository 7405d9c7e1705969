/* SPDX-License-Identifier: Apache-2.0 */
/* Socket options, protocols beside plain TCP, and what the kernel reports. */
#include "conformance.h"
#include "place.h"
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

static char buffer[1 << 18];

static void set(int fd, int level, int option, int value, const char *what)
{
	note_result(what, setsockopt(fd, level, option, &value, sizeof(value)));
}

static void exchange(struct run *r)
{
	note_result("send", send_all(r->client, "ping", 4, 0));
	note_result("server", recv_all(r->server, buffer, 4));
	note_result("send", send_all(r->server, "pong", 4, 0));
	note_result("client", recv_all(r->client, buffer, 4));
}

static void options_read_back(struct run *r)
{
	static const struct {
		const char *name;
		int level, option;
	} options[] = {
		{"SO_TYPE", SOL_SOCKET, SO_TYPE}, {"SO_PROTOCOL", SOL_SOCKET, SO_PROTOCOL}, {"SO_ERROR", SOL_SOCKET, SO_ERROR}, {"SO_ACCEPTCONN", SOL_SOCKET, SO_ACCEPTCONN},
		{"SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE}, {"SO_RCVLOWAT", SOL_SOCKET, SO_RCVLOWAT}, {"SO_ZEROCOPY", SOL_SOCKET, SO_ZEROCOPY},
		{"TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY}, {"TCP_CORK", IPPROTO_TCP, TCP_CORK}, {"TCP_USER_TIMEOUT", IPPROTO_TCP, TCP_USER_TIMEOUT},
		{"TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE}, {"TCP_REPAIR", IPPROTO_TCP, TCP_REPAIR}, {"TCP_MAXSEG", IPPROTO_TCP, TCP_MAXSEG}, {"TCP_LINGER2", IPPROTO_TCP, TCP_LINGER2},
	};

	exchange(r);
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
		int value = -1;
		socklen_t size = sizeof(value);

		if (getsockopt(r->server, options[i].level, options[i].option, &value, &size))
			note(options[i].name, "%s", errno_name(errno));
		else
			note(options[i].name, "%d", value);
	}
}

static void options_set_late(struct run *r)
{
	exchange(r);
	set(r->client, IPPROTO_TCP, TCP_NODELAY, 1, "nodelay");
	set(r->client, SOL_SOCKET, SO_SNDBUF, 8192, "sndbuf");
	set(r->server, SOL_SOCKET, SO_RCVBUF, 4096, "rcvbuf");
	set(r->client, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 4096, "notsent");
	note_result("congestion", setsockopt(r->client, IPPROTO_TCP, TCP_CONGESTION, "reno", 4));
	set(r->client, SOL_SOCKET, SO_PRIORITY, 3, "priority");
	for (int i = 0; i < 20; i++)
		exchange(r);
}

static void small_buffers(int fd)
{
	int size = 4096;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

static void *send_quarter(void *argument)
{
	send_stream(*(int *)argument, 9, 1 << 18, 1, 20000);
	return NULL;
}

static void with_small_buffers(struct run *r)
{
	thread t = start(send_quarter, &r->client);

	note("hash", "%016lx", recv_stream("server", r->server, 1 << 18, 5000, 0));
	join(t);
}

static void keepalive(int fd)
{
	int one = 1;

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &one, sizeof(one));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &one, sizeof(one));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &one, sizeof(one));
}

static void kept_alive(struct run *r)
{
	for (int i = 0; i < 6; i++) {
		exchange(r);
		pause_ms(i < 4 ? 300 : 1300);
	}
	exchange(r);
}

static void user_timeout(struct run *r)
{
	set(r->client, IPPROTO_TCP, TCP_USER_TIMEOUT, 1000, "option");
	exchange(r);
	pause_ms(1500);
	exchange(r);
}

/* A reader that is late, but not later than the time-out. */
static void user_timeout_with_unread_data(struct run *r)
{
	set(r->client, IPPROTO_TCP, TCP_USER_TIMEOUT, 700, "option");
	exchange(r);
	send_all(r->client, buffer, 20000, 0);
	pause_ms(1200);
	note_readiness("client", r->client);
	note_result("server", recv_all(r->server, buffer, 20000));
	exchange(r);
}

static void kernel_tls_attempt(struct run *r)
{
	exchange(r);
	note_result("ulp", setsockopt(r->client, IPPROTO_TCP, TCP_ULP, "tls", 3));
	note_result("ulp", setsockopt(r->server, IPPROTO_TCP, TCP_ULP, "no such protocol", 16));
	exchange(r);
}

static void multipath(struct run *r)
{
	struct run m;

	(void)r;
	place.protocol = IPPROTO_MPTCP;
	m.listener = open_listener(NULL, 4);
	m.client = open_client(NULL);
	m.server = accept_one(m.listener);
	as_the_mode_has_it(m.client);
	as_the_mode_has_it(m.server);
	use_once(&m);
	wait_until_enrolled();
	exchange(&m);
	shutdown(m.client, SHUT_WR);
	note_result("eof", do_recv(m.server, buffer, 1, 0));
	exchange(&(struct run){m.server, m.client, -1});
}

static void take_fast_open(int fd)
{
	int queue = 5;

	setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN, &queue, sizeof(queue));
}

static void give_fast_open(int fd)
{
	int one = 1;

	if (setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &one, sizeof(one)))
		broken("TCP_FASTOPEN_CONNECT: %s", errno_name(errno));
}

/* The first connection fetches a cookie, the second sends its first bytes with the SYN. */
static void fast_open(struct run *r)
{
	struct sockaddr_storage to;
	socklen_t size = listener_address(&to);
	int first, listener = open_listener(take_fast_open, 4);

	first = open_client(give_fast_open);
	send_all(first, "cookie", 6, 0);
	r->server = accept_one(listener);
	recv_all(r->server, buffer, 6);
	close(r->server);
	close(first);
	r->client = open_socket_to_listener();
	note_result("sendto", sendto(r->client, "in the SYN", 10, MSG_FASTOPEN, (struct sockaddr *)&to, size));
	r->server = accept_one(listener);
	as_the_mode_has_it(r->client);
	as_the_mode_has_it(r->server);
	note_result("recv", recv_all(r->server, buffer, 10));
	note("text", "%.10s", buffer);
	wait_until_enrolled();
	exchange(r);
	exchange(r);
}

static void defer_accept(int fd)
{
	int seconds = 2;

	setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds));
}

static void accepted_with_first_data(struct run *r)
{
	int listener = open_listener(defer_accept, 4);

	r->client = open_client(NULL);
	send_all(r->client, "hello", 5, 0);
	r->server = accept_one(listener);
	as_the_mode_has_it(r->client);
	as_the_mode_has_it(r->server);
	wait_until_enrolled();
	send_all(r->client, " world", 6, 0);
	note_result("recv", recv_all(r->server, buffer, 11));
	note("text", "%.11s", buffer);
	exchange(r);
}

static void state_reported(struct run *r)
{
	struct tcp_info info;
	socklen_t size = sizeof(info);

	exchange(r);
	getsockopt(r->server, IPPROTO_TCP, TCP_INFO, &info, &size);
	note("state", "%d", info.tcpi_state);
	shutdown(r->client, SHUT_WR);
	note_result("eof", do_recv(r->server, buffer, 1, 0));
	getsockopt(r->server, IPPROTO_TCP, TCP_INFO, &info, &size);
	note("state", "%d", info.tcpi_state);
}

static void bytes_reported(struct run *r)
{
	struct tcp_info info;
	socklen_t size = sizeof(info);

	exchange(r);
	let_it_arrive();
	getsockopt(r->server, IPPROTO_TCP, TCP_INFO, &info, &size);
	note("sent", "%llu acked %llu received %llu", (unsigned long long)info.tcpi_bytes_sent, (unsigned long long)info.tcpi_bytes_acked, (unsigned long long)info.tcpi_bytes_received);
}

const struct test_case option_cases[] = {
	{"options_read_back", options_read_back, EVERY_MODE, ONLY_LOOPBACK},
	{"options_set_late", options_set_late, EVERY_MODE, ONLY_LOOPBACK},
	{"with_small_buffers", with_small_buffers, EVERY_MODE, ONLY_LOOPBACK, NULL, NULL, NULL, small_buffers},
	{"kept_alive", kept_alive, BLOCKING | POLLED, 0, NULL, NULL, NULL, keepalive},
	{"user_timeout", user_timeout, BLOCKING | POLLED, ONLY_LOOPBACK},
	{"user_timeout_with_unread_data", user_timeout_with_unread_data, BLOCKING | POLLED, ONLY_LOOPBACK},
	{"kernel_tls_attempt", kernel_tls_attempt, EVERY_MODE, ONLY_LOOPBACK},
	{"multipath", multipath, EVERY_MODE, CONNECTS_LATER, "mptcp", "mptcp"},
	{"fast_open", fast_open, EVERY_MODE, CONNECTS_LATER | ONLY_LOOPBACK, "fast_open", "fast_open"},
	{"accepted_with_first_data", accepted_with_first_data, EVERY_MODE, CONNECTS_LATER, "not_settled", "first_byte_by_tcp"},
	{"state_reported", state_reported, EVERY_MODE, ONLY_LOOPBACK},
	{"bytes_reported", bytes_reported, EVERY_MODE, ONLY_LOOPBACK | STATISTICS},
	{0},
};
