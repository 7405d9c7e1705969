/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes arrive, all of them, in order, once; however they are written and read. */
#include "conformance.h"
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char big[1 << 20];

static void note_hashes(const char *what, uint64_t sent, uint64_t received)
{
	note(what, "%016lx", received);
	if (sent != received)
		note(what, "differs from what was sent, %016lx", sent);
}

struct writer {
	int fd;
	uint64_t seed, hash;
	size_t total, least, most;
};

static void *write_stream(void *argument)
{
	struct writer *w = argument;

	w->hash = send_stream(w->fd, w->seed, w->total, w->least, w->most);
	return NULL;
}

/* One direction, written by a thread of its own. */
static void transfer(const char *what, int from, int to, size_t total, size_t least, size_t most, size_t read_size, int pause_us)
{
	struct writer w = {from, total ^ least, 0, total, least, most};
	thread t = start(write_stream, &w);
	uint64_t received = recv_stream(what, to, total, read_size, pause_us);

	join(t);
	note_hashes(what, w.hash, received);
}

static void ping_pong(struct run *r)
{
	uint64_t seed = 1, sum = 0;
	struct stream s = {0};

	for (int i = 0; i < 300; i++) {
		size_t n = 1 + next_random(&seed) % (i % 10 ? 3000 : 100000);
		int from = i & 1 ? r->server : r->client, to = i & 1 ? r->client : r->server;

		fill(&s, big, n);
		if (send_all(from, big, n, 0) != (ssize_t)n)
			note_result("send", -1);
		if (recv_all(to, big, n) != (ssize_t)n)
			note_result("recv", -1);
		sum = hash(sum, big, n);
	}
	note("hash", "%016lx", sum);
}

static void first_byte_from_server(struct run *r)
{
	note_result("greeting", do_send(r->server, "220 hello\r\n", 11, 0));
	note_result("client", recv_all(r->client, big, 11));
	note_result("answer", do_send(r->client, "EHLO\r\n", 6, 0));
	note_result("server", recv_all(r->server, big, 6));
	note("text", "%.4s", big);
	use_once(r);
	use_once(r);
}

static void many_writes_one_read(struct run *r)
{
	for (int i = 0; i < 20; i++) {
		memset(big, 'a' + i, 100);
		send_all(r->client, big, 100, 0);
	}
	let_it_arrive();
	note_result("recv", do_recv(r->server, big, sizeof(big), 0));
	note("hash", "%016lx", hash(0, big, 2000));
}

static void one_write_many_reads(struct run *r)
{
	struct stream s = {0};

	fill(&s, big, 10000);
	send_all(r->client, big, 10000, 0);
	let_it_arrive();
	for (int i = 0; i < 4; i++) {
		ssize_t n = note_result("recv", do_recv(r->server, big, 3000, 0));

		note("hash", "%016lx", hash(0, big, n > 0 ? n : 0));
	}
	note_result("then", recv(r->server, big, 1, MSG_DONTWAIT));
}

static void writev_and_readv(struct run *r)
{
	struct iovec out[100], in[7];
	struct stream s = {0};
	size_t total = 0;

	for (int i = 0; i < 100; i++) {
		out[i] = (struct iovec){big + total, 1 + i * 3};
		total += out[i].iov_len;
	}
	fill(&s, big, total);
	note("hash.sent", "%016lx", hash(0, big, total));
	note_result("writev", writev(r->client, out, 100));
	let_it_arrive();
	memset(big, 0, total);
	for (size_t i = 0, at = 0; i < 7; i++, at += 3000)
		in[i] = (struct iovec){big + at, 3000};
	note_result("readv", readv(r->server, in, 7));
	note("hash.received", "%016lx", hash(0, big, total));
}

static void big_writes(struct run *r)
{
	transfer("up", r->client, r->server, 8 << 20, 1 << 20, 4 << 20, 1 << 20, 0);
	transfer("down", r->server, r->client, 8 << 20, 1 << 20, 4 << 20, 100000, 0);
}

static void random_writes(struct run *r)
{
	transfer("up", r->client, r->server, 4 << 20, 1, 200000, 65536, 0);
	transfer("down", r->server, r->client, 4 << 20, 1, 5000, 4096, 0);
}

static void slow_reader(struct run *r)
{
	transfer("up", r->client, r->server, 6 << 20, 1, 100000, 32768, 1500);
}

static void one_byte_flood(struct run *r)
{
	transfer("up", r->client, r->server, 20000, 1, 1, 65536, 0);
}

static void one_byte_flood_slow_reader(struct run *r)
{
	transfer("up", r->client, r->server, 30000, 1, 1, 700, 2000);
}

static void *write_down(void *argument)
{
	return write_stream(argument);
}

static void both_ways_at_once(struct run *r)
{
	struct writer up = {r->client, 5, 0, 3 << 20, 1, 70000}, down = {r->server, 6, 0, 3 << 20, 1, 30000};
	struct writer *both[] = {&up, &down};
	thread t[2] = {start(write_stream, both[0]), start(write_down, both[1])};
	pid_t child;

	/* The readers are two processes. */
	child = fork();
	if (!child) {
		uint64_t h = recv_stream("down", r->client, down.total, 65536, 0);

		note("down", "%016lx", h);
		_exit(0);
	}
	note("up", "%016lx", recv_stream("up", r->server, up.total, 65536, 0));
	waitpid(child, NULL, 0);
	join(t[0]);
	join(t[1]);
	note("sent", "%016lx %016lx", up.hash, down.hash);
}

static void empty_messages(struct run *r)
{
	note_result("send.0", send(r->client, "", 0, 0));
	let_it_arrive();
	note_readiness("after.0", r->server);
	note_result("recv.0", recv(r->server, big, 0, MSG_DONTWAIT));
	note_result("send", do_send(r->client, "abc", 3, 0));
	let_it_arrive();
	note_result("recv.0", recv(r->server, big, 0, 0));
	note_result("send.0", send(r->client, "", 0, 0));
	note_result("recv", do_recv(r->server, big, 10, 0));
	note_result("then", recv(r->server, big, 10, MSG_DONTWAIT));
}

/* Is there anything? */
static void ask_for_nothing(struct run *r)
{
	send_all(r->client, "?", 1, 0);
	wait_for(r->server, POLLIN, PATIENCE_MS);
	note_result("before.0", recv(r->server, big, 0, 0));
	note_result("before", do_recv(r->server, big, 1, 0));
}

static void bad_buffers(struct run *r)
{
	void *bad = (void *)16;
	struct iovec half[2] = {{big, 4}, {bad, 4}};

	note_result("send.bad", send(r->client, bad, 10, 0));
	note_result("send", do_send(r->client, "0123456789", 10, 0));
	let_it_arrive();
	note_result("recv.bad", recv(r->server, bad, 5, MSG_DONTWAIT));
	note_result("readv.half", readv(r->server, half, 2));
	memset(big, 0, 16);
	note_result("recv", recv(r->server, big, 10, MSG_DONTWAIT));
	note("left", "%s", big);
}

static void from_a_forked_child(struct run *r)
{
	pid_t child;

	do_send(r->client, "parent ", 7, 0);
	child = fork();
	if (!child) {
		do_send(r->client, "child ", 6, 0);
		close(r->client);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	do_send(r->client, "parent", 6, 0);
	note_result("recv", recv_all(r->server, big, 19));
	note("text", "%.19s", big);
	note_result("then", recv(r->server, big, 1, MSG_DONTWAIT));
	close(r->client);
	note_result("eof", do_recv(r->server, big, 1, 0));
}

static void many_messages_in_one_call(struct run *r)
{
	struct mmsghdr out[10] = {0}, in[10] = {0};
	struct iovec o[10], i[10];

	for (int k = 0; k < 10; k++) {
		memset(big + k * 100, 'a' + k, 100);
		o[k] = (struct iovec){big + k * 100, 100};
		i[k] = (struct iovec){big + 5000 + k * 130, 130};
		out[k].msg_hdr = (struct msghdr){.msg_iov = &o[k], .msg_iovlen = 1};
		in[k].msg_hdr = (struct msghdr){.msg_iov = &i[k], .msg_iovlen = 1};
	}
	note_result("sendmmsg", sendmmsg(r->client, out, 10, 0));
	let_it_arrive();
	note_result("recvmmsg", recvmmsg(r->server, in, 10, MSG_DONTWAIT, NULL));
	for (int k = 0; k < 8; k++)
		note("length", "%u flags %x", in[k].msg_len, in[k].msg_hdr.msg_flags);
	note("hash", "%016lx", hash(0, big + 5000, 1000));
}

static void recvmsg_fills_the_header(struct run *r)
{
	struct sockaddr_storage name;
	char control[256];
	struct iovec v[2] = {{big, 3}, {big + 100, 50}};
	struct msghdr m = {.msg_name = &name, .msg_namelen = sizeof(name), .msg_iov = v, .msg_iovlen = 2, .msg_control = control, .msg_controllen = sizeof(control)};

	send_all(r->client, "0123456789", 10, 0);
	note_result("recvmsg", do_recvmsg(r->server, &m, 0));
	note("name", "%u", m.msg_namelen);
	note("control", "%zu", m.msg_controllen);
	note("flags", "%x", m.msg_flags);
	note("text", "%.3s %.7s", big, big + 100);
}

const struct test_case transfer_cases[] = {
	{"ping_pong", ping_pong, EVERY_MODE, 0},
	{"first_byte_from_server", first_byte_from_server, EVERY_MODE, UNUSED_BEFORE | NO_MESSAGES | MAY_LEAVE, "not_settled"},
	{"many_writes_one_read", many_writes_one_read, EVERY_MODE, 0},
	{"one_write_many_reads", one_write_many_reads, EVERY_MODE, 0},
	{"writev_and_readv", writev_and_readv, EVERY_MODE, 0},
	{"big_writes", big_writes, EVERY_MODE, 0},
	{"random_writes", random_writes, EVERY_MODE, 0},
	{"random_writes_with_small_limits", random_writes, EVERY_MODE, SMALL_LIMITS},
	{"slow_reader", slow_reader, EVERY_MODE, 0},
	{"slow_reader_with_small_limits", slow_reader, EVERY_MODE, SMALL_LIMITS},
	{"one_byte_flood", one_byte_flood, EVERY_MODE, 0},
	{"one_byte_flood_slow_reader", one_byte_flood_slow_reader, EVERY_MODE, SMALL_LIMITS},
	{"both_ways_at_once", both_ways_at_once, EVERY_MODE, 0},
	{"empty_messages", empty_messages, EVERY_MODE, 0},
	{"empty_messages_always", empty_messages, EVERY_MODE, ONLY_LOOPBACK, "socket_option", NULL, ask_for_nothing},
	{"bad_buffers", bad_buffers, EVERY_MODE, 0},
	{"from_a_forked_child", from_a_forked_child, EVERY_MODE, 0},
	{"many_messages_in_one_call", many_messages_in_one_call, EVERY_MODE, 0},
	{"recvmsg_fills_the_header", recvmsg_fills_the_header, EVERY_MODE, 0},
	{0},
};
