/* SPDX-License-Identifier: Apache-2.0 */
/* The same socket through io_uring, by its system calls: one request at a time. */
#include "conformance.h"
#include <linux/io_uring.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static char buffer[1 << 16];
static int ring = -1;
static unsigned char *submissions, *completions;
static struct io_uring_sqe *entries;
static struct io_uring_params params;

static void set_up(void)
{
	params = (struct io_uring_params){0};
	ring = syscall(SYS_io_uring_setup, 8, &params);
	if (ring < 0)
		broken("io_uring_setup: %s", errno_name(errno));
	submissions = mmap(NULL, params.sq_off.array + params.sq_entries * 4, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQ_RING);
	completions = mmap(NULL, params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_CQ_RING);
	entries = mmap(NULL, params.sq_entries * sizeof(*entries), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQES);
}

static unsigned *at(unsigned char *base, unsigned offset)
{
	return (unsigned *)(base + offset);
}

static void submit(struct io_uring_sqe e)
{
	unsigned tail = *at(submissions, params.sq_off.tail), i = tail & *at(submissions, params.sq_off.ring_mask);

	entries[i] = e;
	at(submissions, params.sq_off.array)[i] = i;
	__atomic_store_n(at(submissions, params.sq_off.tail), tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring, 1, 0, 0, NULL, 0) != 1)
		broken("io_uring_enter: %s", errno_name(errno));
}

/* Notes every completion that comes within a while. */
static void note_completions(const char *what, int expected)
{
	for (int64_t until = now_ms() + 2000; expected && now_ms() < until;) {
		unsigned head = *at(completions, params.cq_off.head);
		struct io_uring_cqe *c;

		if (head == __atomic_load_n(at(completions, params.cq_off.tail), __ATOMIC_ACQUIRE)) {
			syscall(SYS_io_uring_enter, ring, 0, 0, IORING_ENTER_GETEVENTS, NULL, 0);
			pause_ms(2);
			continue;
		}
		c = (struct io_uring_cqe *)(completions + params.cq_off.cqes) + (head & *at(completions, params.cq_off.ring_mask));
		if (c->res < 0)
			note(what, "%s flags %x", errno_name(-c->res), c->flags);
		else
			note(what, "%d flags %x", c->res, c->flags & ~IORING_CQE_F_SOCK_NONEMPTY);
		if (!(c->flags & IORING_CQE_F_MORE))
			expected--;
		__atomic_store_n(at(completions, params.cq_off.head), head + 1, __ATOMIC_RELEASE);
	}
	if (expected)
		note(what, "no completion");
}

static struct io_uring_sqe request(int operation, int fd, size_t size)
{
	return (struct io_uring_sqe){.opcode = operation, .fd = fd, .addr = (uint64_t)buffer, .len = size};
}

static void ring_exchange(struct run *r)
{
	set_up();
	strcpy(buffer, "through a ring");
	submit(request(IORING_OP_SEND, r->client, 14));
	note_completions("send", 1);
	let_it_arrive();
	submit(request(IORING_OP_RECV, r->server, 100));
	note_completions("recv", 1);
	submit(request(IORING_OP_SEND, r->server, 5));
	note_completions("send", 1);
	submit(request(IORING_OP_READ, r->client, 100));
	note_completions("read", 1);
	note("text", "%.5s", buffer);
}

static void send_a_byte(int fd)
{
	send_all(fd, "!", 1, 0);
}

static void ring_waits_for_data(struct run *r)
{
	thread t;

	set_up();
	send_a_byte(r->client);
	do_recv(r->server, buffer, 1, 0);
	t = later(150, send_a_byte, r->client);
	submit(request(IORING_OP_RECV, r->server, 100));
	note_completions("recv", 1);
	join(t);
}

static void ring_polls(struct run *r)
{
	struct io_uring_sqe e = {.opcode = IORING_OP_POLL_ADD, .fd = r->server, .poll32_events = POLLIN};
	thread t;

	set_up();
	t = later(150, send_a_byte, r->client);
	submit(e);
	note_completions("poll", 1);
	join(t);
	note_result("recv", recv(r->server, buffer, 10, MSG_DONTWAIT));
}

static void set_up_and_send_without_copy(struct run *r)
{
	set_up();
	submit(request(IORING_OP_SEND_ZC, r->client, 1));
	note_completions("before", 1);
	note_result("before", recv(r->server, buffer + 1, 1, MSG_DONTWAIT));
}

static void ring_sends_without_copy(struct run *r)
{
	if (ring < 0)
		set_up();
	submit(request(IORING_OP_SEND_ZC, r->client, 20000));
	note_result("recv", recv_all(r->server, buffer + 20000, 20000));
	note_completions("client", 1);
	submit(request(IORING_OP_SEND_ZC, r->server, 20000));
	note_result("recv", recv_all(r->client, buffer + 20000, 20000));
	note_completions("server", 1);
}

const struct test_case uring_cases[] = {
	{"ring_exchange", ring_exchange, EVERY_MODE, ONLY_LOOPBACK},
	{"ring_waits_for_data", ring_waits_for_data, EVERY_MODE, ONLY_LOOPBACK},
	{"ring_polls", ring_polls, EVERY_MODE, ONLY_LOOPBACK},
	{"ring_sends_without_copy", ring_sends_without_copy, EVERY_MODE, ONLY_LOOPBACK},
	{"ring_sends_without_copy_always", ring_sends_without_copy, EVERY_MODE, ONLY_LOOPBACK, "socket_option", NULL, set_up_and_send_without_copy},
	{0},
};
