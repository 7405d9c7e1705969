/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that wait: time-outs, signals, several threads on one socket. */
#include "conformance.h"
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static char buffer[1 << 18];

static void use(struct run *r)
{
	send_all(r->client, "x", 1, 0);
	recv_all(r->server, buffer, 1);
}

static void send_a_byte(int fd)
{
	send_all(fd, "!", 1, 0);
}

static void limit_waiting(int fd, int option)
{
	struct timeval t = {0, 200000};

	note_result("option", setsockopt(fd, SOL_SOCKET, option, &t, sizeof(t)));
}

static void receive_times_out(struct run *r)
{
	int64_t began;

	use(r);
	limit_waiting(r->server, SO_RCVTIMEO);
	began = now_ms();
	note_result("recv", recv(r->server, buffer, 10, 0));
	note_duration("waited", began, mode == BLOCKING ? 200 : 0);
	use(r);
}

static void receive_within_timeout(struct run *r)
{
	thread t;

	use(r);
	limit_waiting(r->server, SO_RCVTIMEO);
	t = later(80, send_a_byte, r->client);
	note_result("recv", do_recv(r->server, buffer, 10, 0));
	join(t);
}

static void send_times_out(struct run *r)
{
	int64_t began;
	ssize_t n;

	use(r);
	limit_waiting(r->client, SO_SNDTIMEO);
	do {
		began = now_ms();
		n = send(r->client, buffer, sizeof(buffer), 0);
	} while (n == (ssize_t)sizeof(buffer));
	note_duration("waited", began, mode == BLOCKING ? 200 : 0);
	while (n > 0)
		n = send(r->client, buffer, sizeof(buffer), 0);
	note_result("send", n);
}

static volatile int signals;

static void on_signal(int signal)
{
	(void)signal;
	signals++;
}

static void interrupt(int thread_of_main)
{
	(void)thread_of_main;
	kill(getpid(), SIGUSR1);
}

/* The signal must come to the thread that waits. */
static void signal_while_receiving(struct run *r, int flags)
{
	struct sigaction a = {.sa_handler = on_signal, .sa_flags = flags};
	sigset_t usr1;
	thread t[2];

	use(r);
	sigaction(SIGUSR1, &a, NULL);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &usr1, NULL);
	t[0] = later(150, interrupt, 0);
	t[1] = later(400, send_a_byte, r->client);
	pthread_sigmask(SIG_UNBLOCK, &usr1, NULL);
	note_result("recv", do_recv(r->server, buffer, 10, 0));
	note("signals", "%d", signals);
	join(t[0]);
	join(t[1]);
	if (!flags)
		note_result("recv", do_recv(r->server, buffer, 10, 0));
}

static void signal_interrupts_receiving(struct run *r)
{
	signal_while_receiving(r, 0);
}

static void signal_restarts_receiving(struct run *r)
{
	signal_while_receiving(r, SA_RESTART);
}

static void *send_much(void *argument)
{
	send_stream(*(int *)argument, 1, 3 << 20, 1000, 100000);
	return NULL;
}

static void drain_after_a_while(int fd)
{
	recv_stream("drain", fd, 3 << 20, sizeof(buffer), 0);
	send_all(fd, "thanks", 6, 0);
}

/* One thread waits for an answer while another fills the send buffer. */
static void reader_waits_while_writer_is_stopped(struct run *r)
{
	thread t[2] = {start(send_much, &r->client), later(300, drain_after_a_while, r->server)};

	note_result("recv", do_recv(r->client, buffer, 10, 0));
	join(t[0]);
	join(t[1]);
}

struct counted {
	int fd;
	size_t bytes;
};

static void *count_bytes(void *argument)
{
	struct counted *c = argument;
	char mine[3000];
	ssize_t n;

	while ((n = do_recv(c->fd, mine, sizeof(mine), 0)) > 0)
		c->bytes += n;
	return NULL;
}

static void two_readers(struct run *r)
{
	struct counted c[2] = {{r->server, 0}, {r->server, 0}};
	thread t[2] = {start(count_bytes, &c[0]), start(count_bytes, &c[1])};

	send_stream(r->client, 1, 2 << 20, 1, 9000);
	shutdown(r->client, SHUT_WR);
	join(t[0]);
	join(t[1]);
	note("bytes", "%zu", c[0].bytes + c[1].bytes);
}

static void *send_records(void *argument)
{
	char record[3333];

	memset(record, 'r', sizeof(record));
	for (int i = 0; i < 300; i++)
		send_all(*(int *)argument, record, sizeof(record), 0);
	return NULL;
}

static void three_writers(struct run *r)
{
	thread t[3];

	for (int i = 0; i < 3; i++)
		t[i] = start(send_records, &r->client);
	recv_stream("server", r->server, 3 * 300 * 3333, 50000, 0);
	for (int i = 0; i < 3; i++)
		join(t[i]);
	note_result("then", recv(r->server, buffer, 1, MSG_DONTWAIT));
}

const struct test_case waiting_cases[] = {
	{"receive_times_out", receive_times_out, EVERY_MODE, ONLY_LOOPBACK},
	{"receive_within_timeout", receive_within_timeout, EVERY_MODE, ONLY_LOOPBACK},
	{"send_times_out", send_times_out, EVERY_MODE, ONLY_LOOPBACK | SMALL_LIMITS},
	{"signal_interrupts_receiving", signal_interrupts_receiving, BLOCKING | POLLED, ONLY_LOOPBACK},
	{"signal_restarts_receiving", signal_restarts_receiving, BLOCKING, ONLY_LOOPBACK},
	{"reader_waits_while_writer_is_stopped", reader_waits_while_writer_is_stopped, EVERY_MODE, 0},
	{"reader_waits_while_writer_is_stopped_with_small_limits", reader_waits_while_writer_is_stopped, EVERY_MODE, SMALL_LIMITS},
	{"two_readers", two_readers, BLOCKING | POLLED, 0},
	{"three_writers", three_writers, BLOCKING | POLLED | EPOLL_LEVEL, 0},
	{0},
};
