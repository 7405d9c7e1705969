/* SPDX-License-Identifier: Apache-2.0 */
/* A socket that was fit to be enrolled changes its ways afterwards: it blocks. */
#include "conformance.h"
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static char buffer[1 << 16];

static bool at_once;

static void becomes_blocking(struct run *r)
{
	use_once(r);
	fcntl(r->server, F_SETFL, fcntl(r->server, F_GETFL) & ~O_NONBLOCK);
	if (!at_once)
		let_it_be_noticed(r);
}

/* The datapath takes a socket out that changed its ways; until it has, some milliseconds later, such a socket is read as before. */
static void with_no_pause(struct run *r)
{
	(void)r;
	at_once = true;
}

static void send_a_byte(int fd)
{
	send_all(fd, "!", 1, 0);
}

static void reset(int fd)
{
	struct linger l = {1, 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	close(fd);
}

static void finish(int fd)
{
	shutdown(fd, SHUT_WR);
}

static void blocks_until_data(struct run *r)
{
	becomes_blocking(r);
	for (int i = 0; i < 3; i++) {
		thread t;

		t = later(100, send_a_byte, r->client);
		note_result("recv", recv(r->server, buffer, 10, 0));
		join(t);
	}
}

static void blocks_until_reset(struct run *r)
{
	thread t;

	becomes_blocking(r);
	t = later(100, reset, r->client);
	note_result("recv", recv(r->server, buffer, 10, 0));
	note_result("recv", recv(r->server, buffer, 10, 0));
	join(t);
}

static void blocks_until_end(struct run *r)
{
	thread t;

	becomes_blocking(r);
	t = later(100, finish, r->client);
	note_result("recv", recv(r->server, buffer, 10, 0));
	note_result("recv", recv(r->server, buffer, 10, 0));
	join(t);
}

static void blocks_for_all(struct run *r)
{
	thread t;

	becomes_blocking(r);
	send_all(r->client, "01234", 5, 0);
	t = later(100, send_a_byte, r->client);
	note_result("recv", recv(r->server, buffer, 6, MSG_WAITALL));
	join(t);
}

static void nothing(int signal)
{
	(void)signal;
}

static void interrupt(int ignored)
{
	(void)ignored;
	kill(getpid(), SIGUSR1);
}

static void blocks_until_signal(struct run *r)
{
	struct sigaction a = {.sa_handler = nothing};
	thread t;
	sigset_t usr1;

	sigaction(SIGUSR1, &a, NULL);
	becomes_blocking(r);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	t = later(100, interrupt, 0);
	sigprocmask(SIG_UNBLOCK, &usr1, NULL);
	note_result("recv", recv(r->server, buffer, 10, 0));
	join(t);
}

static void blocks_with_timeout(struct run *r)
{
	struct timeval t = {0, 200000};
	int64_t began;

	becomes_blocking(r);
	setsockopt(r->server, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	began = now_ms();
	note_result("recv", recv(r->server, buffer, 10, 0));
	note_duration("waited", began, 200);
}

/* What is queued when it starts to block was redirected, what follows comes by TCP. */
static void blocks_for_much(struct run *r)
{
	size_t done = 0;

	becomes_blocking(r);
	for (int i = 0; i < 8; i++)
		send_all(r->client, buffer, 30000, 0);
	while (done < 240000) {
		ssize_t n = recv(r->server, buffer, sizeof(buffer), 0);

		if (n <= 0) {
			note_result("recv", n);
			break;
		}
		done += n;
	}
	note("bytes", "%zu", done);
}

const struct test_case late_cases[] = {
	{"becomes_blocking_until_data", blocks_until_data, NON_BLOCKING, ONLY_LOOPBACK | MAY_LEAVE, "blocking_socket"},
	{"becomes_blocking_until_reset", blocks_until_reset, NON_BLOCKING, ONLY_LOOPBACK | MAY_LEAVE, "blocking_socket"},
	{"becomes_blocking_until_end", blocks_until_end, NON_BLOCKING, ONLY_LOOPBACK | MAY_LEAVE, "blocking_socket"},
	{"becomes_blocking_for_all", blocks_for_all, NON_BLOCKING, ONLY_LOOPBACK | MAY_LEAVE, "blocking_socket"},
	{"becomes_blocking_until_signal", blocks_until_signal, NON_BLOCKING, ONLY_LOOPBACK | MAY_LEAVE, "blocking_socket"},
	{"becomes_blocking_with_timeout", blocks_with_timeout, NON_BLOCKING, ONLY_LOOPBACK | MAY_LEAVE, "blocking_socket"},
	{"becomes_blocking_for_much", blocks_for_much, NON_BLOCKING, ONLY_LOOPBACK | MAY_LEAVE | SMALL_LIMITS, "blocking_socket"},
	{"becomes_blocking_at_once_until_data", blocks_until_data, NON_BLOCKING, ONLY_LOOPBACK | MAY_LEAVE, "blocking_socket", NULL, with_no_pause},
	{"becomes_blocking_at_once_until_reset", blocks_until_reset, NON_BLOCKING, ONLY_LOOPBACK | MAY_LEAVE, "blocking_socket", NULL, with_no_pause},
	{"becomes_blocking_at_once_until_end", blocks_until_end, NON_BLOCKING, ONLY_LOOPBACK | MAY_LEAVE, "blocking_socket", NULL, with_no_pause},
	{"becomes_blocking_at_once_for_all", blocks_for_all, NON_BLOCKING, ONLY_LOOPBACK | MAY_LEAVE, "blocking_socket", NULL, with_no_pause},
	{"becomes_blocking_at_once_until_signal", blocks_until_signal, NON_BLOCKING, ONLY_LOOPBACK | MAY_LEAVE, "blocking_socket", NULL, with_no_pause},
	{"becomes_blocking_at_once_with_timeout", blocks_with_timeout, NON_BLOCKING, ONLY_LOOPBACK | MAY_LEAVE, "blocking_socket", NULL, with_no_pause},
	{"becomes_blocking_at_once_for_much", blocks_for_much, NON_BLOCKING, ONLY_LOOPBACK | MAY_LEAVE | SMALL_LIMITS, "blocking_socket", NULL, with_no_pause},
	{0},
};
