/* SPDX-License-Identifier: Apache-2.0 */
/* Flags and options of receiving. */
#include "conformance.h"
#include <netinet/in.h>
#include <linux/tcp.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static char buffer[1 << 16];

static void clear(void)
{
	memset(buffer, 0, sizeof(buffer));
}

static void peek(struct run *r)
{
	send_all(r->client, "first ", 6, 0);
	send_all(r->client, "second", 6, 0);
	let_it_arrive();
	note_result("peek.3", do_recv(r->server, buffer, 3, MSG_PEEK));
	note_result("peek.12", do_recv(r->server, buffer, 100, MSG_PEEK));
	note_result("peek.12", do_recv(r->server, buffer, 100, MSG_PEEK));
	note("text", "%.12s", buffer);
	note_result("recv.8", do_recv(r->server, buffer, 8, 0));
	note_result("peek.4", do_recv(r->server, buffer, 100, MSG_PEEK));
	note_result("recv.4", do_recv(r->server, buffer, 100, 0));
	note("text", "%.4s", buffer);
	note_result("peek.none", recv(r->server, buffer, 1, MSG_PEEK | MSG_DONTWAIT));
	close(r->client);
	let_it_arrive();
	note_result("peek.eof", do_recv(r->server, buffer, 1, MSG_PEEK));
	note_result("eof", do_recv(r->server, buffer, 1, 0));
}

static void set_peek_offset(struct run *r)
{
	int offset = 4;

	setsockopt(r->server, SOL_SOCKET, SO_PEEK_OFF, &offset, sizeof(offset));
}

static void peek_at_offset(struct run *r)
{
	int offset;
	socklen_t size = sizeof(offset);

	send_all(r->client, "0123456789", 10, 0);
	let_it_arrive();
	clear();
	note_result("peek", recv(r->server, buffer, 3, MSG_PEEK | MSG_DONTWAIT));
	note_result("peek", recv(r->server, buffer + 3, 3, MSG_PEEK | MSG_DONTWAIT));
	note("text", "%s", buffer);
	note_result("recv", recv(r->server, buffer, 2, MSG_DONTWAIT));
	getsockopt(r->server, SOL_SOCKET, SO_PEEK_OFF, &offset, &size);
	note("offset", "%d", offset);
}

static void send_more(int fd)
{
	send_all(fd, "56789", 5, 0);
}

static void wait_all(struct run *r)
{
	thread t = later(150, send_more, r->client);

	send_all(r->client, "01234", 5, 0);
	if (mode == BLOCKING)
		note_result("recv", recv(r->server, buffer, 10, MSG_WAITALL));
	else
		note_result("recv", recv_all(r->server, buffer, 10));
	join(t);
	note("text", "%.10s", buffer);
}

static void wait_all_without_blocking(struct run *r)
{
	send_all(r->client, "01234", 5, 0);
	send_all(r->client, "56", 2, 0);
	let_it_arrive();
	note_result("recv", recv(r->server, buffer, 10, MSG_WAITALL | MSG_DONTWAIT));
	note_result("then", recv(r->server, buffer, 10, MSG_WAITALL | MSG_DONTWAIT));
	send_all(r->client, "0123456789", 10, 0);
	let_it_arrive();
	note_result("peek", recv(r->server, buffer, 4, MSG_WAITALL | MSG_PEEK | MSG_DONTWAIT));
	note_result("recv", recv(r->server, buffer, 4, MSG_WAITALL | MSG_DONTWAIT));
}

static void low_water_mark(int fd)
{
	int mark = 10;

	setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &mark, sizeof(mark));
}

static void set_low_water_mark(struct run *r)
{
	low_water_mark(r->server);
}

static void receive_above_low_water_mark(struct run *r)
{
	send_all(r->client, "01234", 5, 0);
	let_it_arrive();
	note_readiness("five", r->server);
	send_more(r->client);
	let_it_arrive();
	note_readiness("ten", r->server);
	note_result("recv", do_recv(r->server, buffer, 100, 0));
	send_all(r->client, "01234", 5, 0);
	let_it_arrive();
	note_readiness("five", r->server);
	note_result("recv", recv(r->server, buffer, 100, MSG_DONTWAIT));
}

static void low_water_mark_set_late(struct run *r)
{
	send_all(r->client, "x", 1, 0);
	do_recv(r->server, buffer, 1, 0);
	low_water_mark(r->server);
	send_all(r->client, "01234", 5, 0);
	let_it_arrive();
	note_readiness("five", r->server);
	send_all(r->client, "56789", 5, 0);
	let_it_arrive();
	note_readiness("ten", r->server);
	note_result("recv", recv_all(r->server, buffer, 10));
}

static void discard(struct run *r)
{
	send_all(r->client, "0123456789", 10, 0);
	let_it_arrive();
	note_result("null", recv(r->server, NULL, 4, MSG_TRUNC | MSG_DONTWAIT));
	clear();
	note_result("trunc", recv(r->server, buffer, 3, MSG_TRUNC | MSG_DONTWAIT));
	note("written", "%.3s", buffer);
	note_result("recv", recv(r->server, buffer, 10, MSG_DONTWAIT));
	note("text", "%.3s", buffer);
}

static void discard_a_byte(struct run *r)
{
	send_all(r->client, "?", 1, 0);
	note_result("before", do_recv(r->server, buffer, 1, MSG_TRUNC));
}

static void set_timestamps(struct run *r)
{
	int on = 1;

	setsockopt(r->server, SOL_SOCKET, SO_TIMESTAMP, &on, sizeof(on));
}

static void set_inq(struct run *r)
{
	int on = 1;

	setsockopt(r->server, IPPROTO_TCP, TCP_INQ, &on, sizeof(on));
}

static void note_control(struct run *r)
{
	char control[256];
	struct iovec v = {buffer, 4};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};

	note_result("recvmsg", do_recvmsg(r->server, &m, 0));
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		note("control", "level %d type %d size %zu", c->cmsg_level, c->cmsg_type, c->cmsg_len);
		if (c->cmsg_level == IPPROTO_TCP && c->cmsg_type == TCP_CM_INQ)
			note("inq", "%d", *(int *)CMSG_DATA(c));
	}
	note("flags", "%x", m.msg_flags);
}

static void control_messages(struct run *r)
{
	for (int i = 0; i < 2; i++) {
		send_all(r->client, "0123456789", 10, 0);
		let_it_arrive();
		note_control(r);
	}
	note_control(r);
}

static void timestamps_at_once(struct run *r)
{
	use_once(r);
	set_timestamps(r);
	control_messages(r);
}

static void timestamps_set_late(struct run *r)
{
	set_timestamps(r);
	let_it_be_noticed(r);
	control_messages(r);
}

static void inq_at_once(struct run *r)
{
	use_once(r);
	set_inq(r);
	control_messages(r);
}

static void inq_set_late(struct run *r)
{
	set_inq(r);
	let_it_be_noticed(r);
	control_messages(r);
}

static void peek_offset_at_once(struct run *r)
{
	use_once(r);
	set_peek_offset(r);
	peek_at_offset(r);
}

static void peek_offset_set_late(struct run *r)
{
	set_peek_offset(r);
	let_it_be_noticed(r);
	set_peek_offset(r); /* reading moved it */
	peek_at_offset(r);
}

static void error_queue_is_empty(struct run *r)
{
	struct msghdr m = {0};

	send_all(r->client, "0123456789", 10, 0);
	let_it_arrive();
	note_result("errqueue", recvmsg(r->server, &m, MSG_ERRQUEUE | MSG_DONTWAIT));
	note_result("recv", do_recv(r->server, buffer, 10, 0));
}

static void map_pages(struct run *r)
{
	if (mmap(NULL, 1 << 16, PROT_READ, MAP_SHARED, r->server, 0) == MAP_FAILED)
		broken("mmap of a socket: %s", errno_name(errno));
}

/* The little that there is comes as a copy, without a mapping. */
static void receive_pages(struct run *r)
{
	struct tcp_zerocopy_receive z = {.copybuf_address = (uint64_t)buffer, .copybuf_len = sizeof(buffer)};
	socklen_t size = sizeof(z);

	send_all(r->client, "?", 1, 0);
	wait_for(r->server, POLLIN, PATIENCE_MS);
	note_result("before", getsockopt(r->server, IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE, &z, &size));
	note("copied", "%d", z.copybuf_len);
}

static void map_received_pages(struct run *r)
{
	struct tcp_zerocopy_receive z = {.length = 1 << 16};
	socklen_t size = sizeof(z);
	void *at;

	send_all(r->client, "0123456789", 10, 0);
	let_it_arrive();
	at = mmap(NULL, z.length, PROT_READ, MAP_SHARED, r->server, 0);
	note("mmap", "%s", at == MAP_FAILED ? errno_name(errno) : "mapped");
	z.address = (uint64_t)at;
	note_result("zerocopy", getsockopt(r->server, IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE, &z, &size));
	note("length", "%u skip %u inq %d", z.length, z.recv_skip_hint, z.inq);
	note_result("recv", do_recv(r->server, buffer, 10, 0));
}

const struct test_case receiving_cases[] = {
	{"peek", peek, EVERY_MODE, 0},
	{"peek_offset", peek_at_offset, EVERY_MODE, ONLY_LOOPBACK, "socket_option", NULL, set_peek_offset},
	{"peek_offset_set_late", peek_offset_set_late, EVERY_MODE, ONLY_LOOPBACK | MAY_LEAVE, "socket_option"},
	{"peek_offset_set_and_used_at_once", peek_offset_at_once, EVERY_MODE, ONLY_LOOPBACK | MAY_LEAVE, "socket_option"},
	{"wait_all", wait_all, EVERY_MODE, 0},
	{"wait_all_without_blocking", wait_all_without_blocking, EVERY_MODE, 0},
	{"low_water_mark", receive_above_low_water_mark, EVERY_MODE, 0, "receive_low_water", NULL, set_low_water_mark},
	{"low_water_mark_set_late", low_water_mark_set_late, EVERY_MODE, MAY_LEAVE, "receive_low_water"},
	{"discard", discard, EVERY_MODE, ONLY_LOOPBACK},
	{"discard_always", discard, EVERY_MODE, ONLY_LOOPBACK, "socket_option", NULL, discard_a_byte},
	{"timestamps", control_messages, EVERY_MODE, ONLY_LOOPBACK, "socket_option", NULL, set_timestamps},
	{"timestamps_set_late", timestamps_set_late, EVERY_MODE, ONLY_LOOPBACK | MAY_LEAVE, "socket_option"},
	{"timestamps_set_and_used_at_once", timestamps_at_once, EVERY_MODE, ONLY_LOOPBACK | MAY_LEAVE, "socket_option"},
	{"inq", control_messages, EVERY_MODE, ONLY_LOOPBACK, "socket_option", NULL, set_inq},
	{"inq_set_late", inq_set_late, EVERY_MODE, ONLY_LOOPBACK | MAY_LEAVE, "socket_option"},
	{"inq_set_and_used_at_once", inq_at_once, EVERY_MODE, ONLY_LOOPBACK | MAY_LEAVE, "socket_option"},
	{"error_queue_is_empty", error_queue_is_empty, EVERY_MODE, ONLY_LOOPBACK},
	{"map_received_pages", map_received_pages, EVERY_MODE, ONLY_LOOPBACK},
	{"map_received_pages_mapped_before", map_received_pages, EVERY_MODE, ONLY_LOOPBACK, "socket_option", NULL, map_pages},
	{"map_received_pages_always", map_received_pages, EVERY_MODE, ONLY_LOOPBACK, "socket_option", NULL, receive_pages},
	{0},
};
