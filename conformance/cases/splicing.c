/* SPDX-License-Identifier: Apache-2.0 */
/* splice(2), sendfile(2), tee: what HAProxy and Go's copy use. */
#include "conformance.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

static char buffer[1 << 18];
static int ends[2];

static ssize_t do_splice(int from, int to, size_t size, int socket, short events)
{
	int flags = mode == BLOCKING ? 0 : SPLICE_F_NONBLOCK;
	ssize_t n;

	while ((n = splice(from, NULL, to, NULL, size, flags)) < 0 && errno == EAGAIN && mode != BLOCKING) {
		if (!wait_for(socket, events, 2000)) {
			errno = ETIMEDOUT;
			return -1;
		}
		/* poll() keeps saying that there is something; do not spin for ever if splice() never sees it. */
		static int tries;
		if (++tries > 50) {
			errno = ELOOP;
			return -1;
		}
		pause_ms(5);
	}
	return n;
}

static void make_pipe(void)
{
	if (pipe2(ends, O_CLOEXEC))
		broken("pipe: %s", errno_name(errno));
}

static void splice_once(struct run *r)
{
	make_pipe();
	send_all(r->client, "spliced before", 14, 0);
	let_it_arrive();
	splice(r->server, NULL, ends[1], NULL, 100, SPLICE_F_NONBLOCK);
	if (read(ends[0], buffer, 100) != 14)
		broken("splice over plain TCP");
}

static void splice_from_socket(struct run *r)
{
	if (!ends[1])
		make_pipe();
	send_all(r->client, "through a pipe", 14, 0);
	let_it_arrive();
	note_result("splice", do_splice(r->server, ends[1], 100, r->server, POLLIN));
	note_result("read", read(ends[0], buffer, 100));
	note("text", "%.14s", buffer);
	send_all(r->client, "once more", 9, 0);
	note_result("splice", do_splice(r->server, ends[1], 4, r->server, POLLIN));
	note_result("recv", do_recv(r->server, buffer, 100, 0));
	shutdown(r->client, SHUT_WR);
	note_result("eof", do_splice(r->server, ends[1], 100, r->server, POLLIN));
}

static void splice_after_messages(struct run *r)
{
	for (int i = 0; i < 50; i++) {
		send_all(r->client, "message", 7, 0);
		recv_all(r->server, buffer, 7);
	}
	splice_from_socket(r);
}

static void *feed_pipe(void *argument)
{
	(void)argument;
	for (int i = 0; i < 10; i++)
		if (write(ends[1], buffer + 70000, 10000) != 10000)
			broken("write to pipe");
	close(ends[1]);
	return NULL;
}

static void splice_to_socket(struct run *r)
{
	struct stream s = {0};
	uint64_t sum = 0;
	size_t done = 0;
	thread t;

	make_pipe();
	fill(&s, buffer + 70000, 10000);
	for (int i = 0; i < 10; i++)
		sum = hash(sum, buffer + 70000, 10000);
	t = start(feed_pipe, NULL);
	while (done < 100000) {
		ssize_t n = splice(ends[0], NULL, r->client, NULL, 30000, 0);

		if (n < 0 && errno == EAGAIN && wait_for(r->client, POLLOUT, 2000))
			continue;
		if (n <= 0) {
			note_result("splice", n);
			break;
		}
		done += n;
	}
	join(t);
	note("spliced", "%zu", done);
	note("equal", "%d", recv_stream("server", r->server, 100000, 60000, 0) == sum);
}

static void send_file(struct run *r)
{
	int file = memfd_create("file", MFD_CLOEXEC);
	struct stream s = {0};
	off_t at = 0;
	uint64_t sum;

	fill(&s, buffer, sizeof(buffer));
	if (write(file, buffer, sizeof(buffer)) != sizeof(buffer))
		broken("memfd");
	sum = hash(hash(0, "head", 4), buffer, sizeof(buffer));
	do_send(r->client, "head", 4, MSG_MORE);
	while (at < (off_t)sizeof(buffer)) {
		ssize_t n = sendfile(r->client, file, &at, sizeof(buffer) - at);

		if (n < 0 && errno == EAGAIN && wait_for(r->client, POLLOUT, 2000))
			continue;
		if (n <= 0) {
			note_result("sendfile", n);
			break;
		}
	}
	note("at", "%ld", (long)at);
	note("equal", "%d", recv_stream("server", r->server, sizeof(buffer) + 4, 50000, 0) == sum);
	note_result("past the end", sendfile(r->client, file, &at, 100));
}

/* The page that was sent is changed afterwards: sendfile may show the old or the new, but must not send anything else. */
static void send_file_then_truncate(struct run *r)
{
	int file = memfd_create("file", MFD_CLOEXEC);
	off_t at = 0;

	memset(buffer, 'x', 4096);
	if (write(file, buffer, 4096) != 4096)
		broken("memfd");
	note_result("sendfile", sendfile(r->client, file, &at, 4096));
	note_result("recv", recv_all(r->server, buffer + 8192, 4096));
	note("equal", "%d", !memcmp(buffer, buffer + 8192, 4096));
}

const struct test_case splicing_cases[] = {
	{"splice_from_socket", splice_from_socket, EVERY_MODE, MAY_LEAVE, "may_splice", "splice_user"},
	{"splice_from_socket_used_before", splice_from_socket, EVERY_MODE, MAY_LEAVE, "may_splice|splice_user", "splice_user", splice_once},
	{"splice_after_messages", splice_after_messages, EVERY_MODE, MAY_LEAVE, "may_splice", "splice_user"},
	{"splice_to_socket", splice_to_socket, EVERY_MODE, 0},
	{"send_file", send_file, EVERY_MODE, 0},
	{"send_file_then_truncate", send_file_then_truncate, EVERY_MODE, 0},
	{0},
};
