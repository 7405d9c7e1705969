/* SPDX-License-Identifier: Apache-2.0 */
/* How much is pending: FIONREAD (Java's available(), nginx, .NET), SIOCOUTQ. */
#include "conformance.h"
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static char buffer[1 << 18];

static void note_pending(const char *what, int fd)
{
	int n = -1;

	if (ioctl(fd, FIONREAD, &n))
		note(what, "%s", errno_name(errno));
	else
		note(what, "%d", n);
}

static void pending_grows_and_shrinks(struct run *r)
{
	note_pending("empty", r->server);
	send_all(r->client, buffer, 1000, 0);
	let_it_arrive();
	note_pending("one", r->server);
	send_all(r->client, buffer, 500, 0);
	let_it_arrive();
	note_pending("two", r->server);
	do_recv(r->server, buffer, 300, 0);
	note_pending("part", r->server);
	do_recv(r->server, buffer, 100, MSG_PEEK);
	note_pending("peeked", r->server);
	recv_all(r->server, buffer, 1200);
	note_pending("drained", r->server);
	send_all(r->server, buffer, 70000, 0);
	let_it_arrive();
	note_pending("client", r->client);
	note_pending("server", r->server);
}

static void pending_at_end_of_stream(struct run *r)
{
	send_all(r->client, buffer, 1000, 0);
	shutdown(r->client, SHUT_WR);
	let_it_arrive();
	note_pending("closed", r->server);
	recv_all(r->server, buffer, 1000);
	note_pending("drained", r->server);
	note_result("eof", do_recv(r->server, buffer, 1, 0));
	note_pending("eof", r->server);
}

static void pending_after_reset(struct run *r)
{
	struct linger l = {1, 0};

	send_all(r->client, buffer, 1000, 0);
	let_it_arrive();
	setsockopt(r->client, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	close(r->client);
	let_it_arrive();
	note_pending("reset", r->server);
}

/* Over the limit the guard gives later messages to TCP, which lie behind the redirected ones. */
static void pending_after_fallback(struct run *r)
{
	for (int i = 0; i < 6; i++) {
		send_all(r->client, buffer, 7000, 0);
		let_it_arrive();
		note_pending("filled", r->server);
	}
	for (int i = 0; i < 6; i++) {
		note_result("read", recv_all(r->server, buffer, 7000));
		note_pending("left", r->server);
	}
	send_all(r->client, buffer, 10, 0);
	let_it_arrive();
	note_pending("again", r->server);
}

/* An application that reads exactly what FIONREAD says, as nginx and .NET do. */
static void read_what_is_pending(struct run *r)
{
	size_t done = 0;

	for (int i = 0; i < 8; i++)
		send_all(r->client, buffer, 6000, 0);
	let_it_arrive();
	while (done < 48000) {
		int n = 0;

		if (!wait_for(r->server, POLLIN, 1000))
			break;
		ioctl(r->server, FIONREAD, &n);
		if (!n) {
			note("readable", "but nothing is pending");
			break;
		}
		done += do_recv(r->server, buffer, n, 0);
	}
	note("bytes", "%zu", done);
}

static void pending_to_send(struct run *r)
{
	int n = -1;

	ioctl(r->client, SIOCOUTQ, &n);
	note("unused", "%d", n);
	send_all(r->client, buffer, 1000, 0);
	let_it_arrive();
	ioctl(r->client, SIOCOUTQ, &n);
	note("arrived", "%d", n);
	ioctl(r->client, SIOCOUTQNSD, &n);
	note("not sent", "%d", n);
}

static void pending_to_send_with_stopped_reader(struct run *r)
{
	int n = -1;

	while (send(r->client, buffer, sizeof(buffer), MSG_DONTWAIT) > 0)
		;
	note_result("full", -1);
	let_it_arrive();
	ioctl(r->client, SIOCOUTQ, &n);
	note("queued", "%s", n > 0 ? "something" : "nothing");
}

const struct test_case pending_cases[] = {
	{"pending_grows_and_shrinks", pending_grows_and_shrinks, EVERY_MODE, 0},
	{"pending_at_end_of_stream", pending_at_end_of_stream, EVERY_MODE, 0},
	{"pending_after_reset", pending_after_reset, EVERY_MODE, ONLY_LOOPBACK},
	{"pending_after_fallback", pending_after_fallback, EVERY_MODE, SMALL_LIMITS},
	{"read_what_is_pending", read_what_is_pending, EVERY_MODE, SMALL_LIMITS},
	{"pending_to_send", pending_to_send, EVERY_MODE, ONLY_LOOPBACK},
	{"pending_to_send_with_stopped_reader", pending_to_send_with_stopped_reader, EVERY_MODE, ONLY_LOOPBACK},
	{0},
};
