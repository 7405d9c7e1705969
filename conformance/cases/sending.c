/* SPDX-License-Identifier: Apache-2.0 */
/* Flags and options of sending. */
#include "conformance.h"
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char buffer[1 << 18];

static void on(int fd, int level, int option)
{
	int one = 1;

	note_result("option", setsockopt(fd, level, option, &one, sizeof(one)));
}

static void enable_zerocopy(struct run *r)
{
	on(r->client, SOL_SOCKET, SO_ZEROCOPY);
}

/* The completion says that the buffer may be used again; an application waits for it. */
static void zerocopy(struct run *r)
{
	char control[256] = {0};
	struct msghdr m = {.msg_control = control, .msg_controllen = sizeof(control)};
	struct pollfd p = {.fd = r->client, .events = 0};

	note_result("send", do_send(r->client, buffer, 20000, MSG_ZEROCOPY));
	note_result("recv", recv_all(r->server, buffer, 20000));
	note_result("poll", poll(&p, 1, 1500));
	note_events("events", p.revents);
	note_result("completion", recvmsg(r->client, &m, MSG_ERRQUEUE | MSG_DONTWAIT));
	if (CMSG_FIRSTHDR(&m) && CMSG_FIRSTHDR(&m)->cmsg_len > sizeof(struct cmsghdr)) {
		struct sock_extended_err *e = (void *)CMSG_DATA(CMSG_FIRSTHDR(&m));

		note("completed", "origin %u from %u to %u", e->ee_origin, e->ee_info, e->ee_data);
	}
}

static void zerocopy_enabled_late(struct run *r)
{
	send_all(r->client, "x", 1, 0);
	do_recv(r->server, buffer, 1, 0);
	enable_zerocopy(r);
	zerocopy(r);
}

static void zerocopy_without_option(struct run *r)
{
	for (int i = 0; i < 2; i++) {
		note_result("send", do_send(r->client, buffer, 20000, i ? MSG_ZEROCOPY : 0));
		note_result("recv", recv_all(r->server, buffer, 20000));
	}
	note_readiness("then", r->client);
}

static void enable_transmit_timestamps(struct run *r)
{
	int flags = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY;

	note_result("option", setsockopt(r->client, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof(flags)));
}

static void transmit_timestamps(struct run *r)
{
	char control[256];
	struct msghdr m = {.msg_control = control, .msg_controllen = sizeof(control)};

	send_all(r->client, buffer, 1000, 0);
	note_result("recv", recv_all(r->server, buffer, 1000));
	let_it_arrive();
	note_readiness("client", r->client);
	note_result("timestamp", recvmsg(r->client, &m, MSG_ERRQUEUE | MSG_DONTWAIT));
}

static void transmit_timestamps_enabled_late(struct run *r)
{
	use_once(r);
	enable_transmit_timestamps(r);
	transmit_timestamps(r);
}

static ssize_t send_control(struct run *r, int level, int type)
{
	struct iovec v = {"abc", 3};
	char control[CMSG_SPACE(sizeof(int))] = {0};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	return sendmsg(r->client, &m, 0);
}

static void send_with_control(struct run *r, int level, int type)
{
	note_result("sendmsg", send_control(r, level, type));
	let_it_arrive();
	note_result("recv", recv(r->server, buffer, 100, MSG_DONTWAIT));
}

static void send_good_control(struct run *r)
{
	note_result("before", send_control(r, SOL_SOCKET, SO_TIMESTAMPING));
	note_result("before", recv_all(r->server, buffer, 3));
}

static void control_message_to_send(struct run *r)
{
	send_with_control(r, SOL_SOCKET, SO_TIMESTAMPING);
}

static void bad_control_message_to_send(struct run *r)
{
	send_with_control(r, SOL_SOCKET, 9999);
}

static void send_with_address(struct run *r)
{
	struct sockaddr_in nowhere = {.sin_family = AF_INET, .sin_port = htons(1)};

	nowhere.sin_addr.s_addr = htonl(0x01020304);
	note_result("sendto", sendto(r->client, "abc", 3, 0, (struct sockaddr *)&nowhere, sizeof(nowhere)));
	note_result("recv", do_recv(r->server, buffer, 100, 0));
}

static void send_flags(struct run *r)
{
	note_result("eor", send(r->client, "a", 1, MSG_EOR));
	note_result("confirm", send(r->client, "b", 1, MSG_CONFIRM));
	note_result("dontroute", send(r->client, "c", 1, MSG_DONTROUTE));
	note_result("nosignal", send(r->client, "d", 1, MSG_NOSIGNAL));
	note_result("unknown", send(r->client, "e", 1, 0x01000000));
	note_result("fastopen", sendto(r->client, "f", 1, MSG_FASTOPEN, NULL, 0));
	let_it_arrive();
	note_result("recv", recv(r->server, buffer, 100, MSG_DONTWAIT));
}

static void more_to_come(struct run *r)
{
	note_result("more", do_send(r->client, "head", 4, MSG_MORE));
	note_result("more", do_send(r->client, "body", 4, MSG_MORE));
	note_result("last", do_send(r->client, "tail", 4, 0));
	note_result("recv", recv_all(r->server, buffer, 12));
	note("text", "%.12s", buffer);
	note_result("more", do_send(r->client, "never last", 10, MSG_MORE));
	note_result("recv", recv_all(r->server, buffer, 10));
}

static void corked(struct run *r)
{
	int off = 0;

	on(r->client, IPPROTO_TCP, TCP_CORK);
	do_send(r->client, "head", 4, 0);
	do_send(r->client, "body", 4, 0);
	note_result("uncork", setsockopt(r->client, IPPROTO_TCP, TCP_CORK, &off, sizeof(off)));
	note_result("recv", recv_all(r->server, buffer, 8));
	on(r->client, IPPROTO_TCP, TCP_NODELAY);
	do_send(r->client, "x", 1, 0);
	note_result("recv", recv_all(r->server, buffer, 1));
}

/* Every sender is stopped sooner or later by a reader that does not read. */
static void stopped_reader(struct run *r)
{
	const size_t limit = 256 << 20;
	uint64_t sent_hash = 0, received_hash = 0;
	struct stream s = {0};
	size_t sent = 0;
	ssize_t n;

	for (;;) {
		struct stream ahead = s;

		fill(&ahead, buffer, sizeof(buffer));
		n = sent < limit ? send(r->client, buffer, sizeof(buffer), MSG_DONTWAIT) : 0;
		if (n <= 0)
			break;
		sent_hash = hash(sent_hash, buffer, n);
		sent += n;
		s.at += n;
	}
	note_result("stopped", n);
	note("bounded", "%s", sent < limit ? "yes" : "no");
	note_readiness("full", r->client);
	for (size_t got = 0; got < sent; got += n) {
		n = do_recv(r->server, buffer, sizeof(buffer), 0);
		if (n <= 0) {
			note_result("recv", n);
			break;
		}
		received_hash = hash(received_hash, buffer, n);
	}
	note("drained", "%s", sent_hash == received_hash ? "all, as sent" : "not what was sent");
	note("writable", "%d", wait_for(r->client, POLLOUT, 2000));
	send_all(r->client, "and on", 6, 0);
	note_result("recv", recv_all(r->server, buffer, 6));
}

const struct test_case sending_cases[] = {
	{"zerocopy", zerocopy, EVERY_MODE, ONLY_LOOPBACK, "socket_option", NULL, enable_zerocopy},
	{"zerocopy_enabled_late", zerocopy_enabled_late, EVERY_MODE, ONLY_LOOPBACK | MAY_LEAVE, "socket_option"},
	{"zerocopy_without_option", zerocopy_without_option, EVERY_MODE, ONLY_LOOPBACK},
	{"transmit_timestamps", transmit_timestamps, EVERY_MODE, ONLY_LOOPBACK, "socket_option", NULL, enable_transmit_timestamps},
	{"transmit_timestamps_enabled_late", transmit_timestamps_enabled_late, EVERY_MODE, ONLY_LOOPBACK | MAY_LEAVE, "socket_option"},
	{"control_message_to_send", control_message_to_send, EVERY_MODE, ONLY_LOOPBACK},
	{"bad_control_message_to_send", bad_control_message_to_send, EVERY_MODE, ONLY_LOOPBACK},
	{"bad_control_message_to_send_always", bad_control_message_to_send, EVERY_MODE, ONLY_LOOPBACK, "socket_option", NULL, send_good_control},
	{"send_with_address", send_with_address, EVERY_MODE, ONLY_LOOPBACK},
	{"send_flags", send_flags, EVERY_MODE, ONLY_LOOPBACK},
	{"more_to_come", more_to_come, EVERY_MODE, 0},
	{"corked", corked, EVERY_MODE, 0},
	{"stopped_reader", stopped_reader, EVERY_MODE, 0},
	{"stopped_reader_with_small_limits", stopped_reader, EVERY_MODE, SMALL_LIMITS},
	{0},
};
