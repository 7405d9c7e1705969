/* SPDX-License-Identifier: Apache-2.0 */
/*
 * twins NAMESPACE NAMESPACE PORT SECONDS
 *
 * In two network namespaces at once, connections with the very same addresses and ports, 127.0.0.1 on both ends, are opened, used and closed as fast as it goes.
 * Every message says in which namespace it was sent. Lanes differ in their ports: on even ones connections are short, on odd ones they live until they settled.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LANES 6
#define CLIENT_PORTS 3000      /* a lane's client port is its server port plus this */
#define PATIENCE_MS 10000
#define SETTLED_AFTER_MS 1500  /* the node plugin's default is a second */

struct lane {
	const char *namespace;
	int place, number;
};

struct message {
	uint32_t place, lane;
	uint64_t connection, round, back;
	uint8_t filling[1000];
};

static int first_port;
static int64_t ends_ms;
static uint64_t connections, messages;

static __attribute__((noreturn, format(printf, 2, 3))) void wrong(const struct lane *l, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	flockfile(stdout);
	printf("wrong: ");
	vprintf(format, arguments);
	printf(" [namespace %d, lane %d]\n", l->place, l->number);
	fflush(stdout);
	_exit(1);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void await(const struct lane *l, int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	if (poll(&p, 1, PATIENCE_MS) != 1)
		wrong(l, "nothing happens any more");
}

static void fill(struct message *m, const struct lane *l, uint64_t connection, uint64_t round, uint64_t back)
{
	*m = (struct message){.place = l->place, .lane = l->number, .connection = connection, .round = round, .back = back};
	memset(m->filling, (int)(l->place * 101 + l->number * 31 + connection * 7 + round), sizeof(m->filling));
}

/* One message from one end to the other, compared byte by byte. */
static void pass(const struct lane *l, int from, int to, const struct message *m)
{
	struct message got;
	size_t sent = 0, received = 0;

	while (sent < sizeof(*m)) {
		ssize_t n = send(from, (const char *)m + sent, sizeof(*m) - sent, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN)
			wrong(l, "send: %s", strerrorname_np(errno));
		if (n < 0)
			await(l, from, POLLOUT);
		else
			sent += n;
	}
	while (received < sizeof(got)) {
		ssize_t n = recv(to, (char *)&got + received, sizeof(got) - received, 0);

		if (n < 0 && errno != EAGAIN)
			wrong(l, "recv: %s", strerrorname_np(errno));
		if (n == 0)
			wrong(l, "the connection ended early");
		if (n < 0)
			await(l, to, POLLIN);
		else
			received += n;
	}
	if (memcmp(m, &got, sizeof(got)))
		wrong(l, "expected connection %llu, round %llu; found a message of namespace %u, lane %u, connection %llu, round %llu", (unsigned long long)m->connection,
		      (unsigned long long)m->round, got.place, got.lane, (unsigned long long)got.connection, (unsigned long long)got.round);
	__atomic_fetch_add(&messages, 1, __ATOMIC_RELAXED);
}

static struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int bound(const struct lane *l, int port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
	struct sockaddr_in own = loopback(port);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (void *)&own, sizeof(own)))
		wrong(l, "bind: %s", strerrorname_np(errno));
	return fd;
}

/* With a reset: the next connection wants the same ports at once. */
static void end(int client, int server)
{
	struct linger now = {.l_onoff = 1};

	setsockopt(client, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(client);
	close(server);
}

static void converse(const struct lane *l, int client, int server, uint64_t connection)
{
	bool settles = l->number % 2;
	int64_t until = now_ms() + SETTLED_AFTER_MS;
	struct message m;

	for (uint64_t round = 0; settles ? now_ms() < until : round < 3; round++) {
		fill(&m, l, connection, round, 0);
		pass(l, client, server, &m);
		fill(&m, l, connection, round, 1);
		pass(l, server, client, &m);
		if (settles)
			usleep(5000);
	}
}

static void *run_lane(void *argument)
{
	const struct lane *l = argument;
	int port = first_port + l->number, space = open(l->namespace, O_RDONLY | O_CLOEXEC), listener;
	struct sockaddr_in to = loopback(port);

	if (space < 0 || setns(space, CLONE_NEWNET))
		wrong(l, "setns: %s", strerrorname_np(errno));
	listener = bound(l, port);
	if (listen(listener, 16))
		wrong(l, "listen: %s", strerrorname_np(errno));
	for (uint64_t connection = 0; now_ms() < ends_ms; connection++) {
		int client = bound(l, port + CLIENT_PORTS), server;

		if (connect(client, (void *)&to, sizeof(to)) && errno != EINPROGRESS)
			wrong(l, "connect: %s", strerrorname_np(errno));
		await(l, listener, POLLIN);
		server = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (server < 0)
			wrong(l, "accept: %s", strerrorname_np(errno));
		await(l, client, POLLOUT);
		converse(l, client, server, connection);
		end(client, server);
		__atomic_fetch_add(&connections, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	static struct lane lanes[2][LANES];
	pthread_t threads[2][LANES];

	if (argc != 5) {
		fprintf(stderr, "usage: twins NAMESPACE NAMESPACE PORT SECONDS\n");
		return 64;
	}
	first_port = atoi(argv[3]);
	ends_ms = now_ms() + atoi(argv[4]) * 1000;
	for (int place = 0; place < 2; place++)
		for (int i = 0; i < LANES; i++) {
			lanes[place][i] = (struct lane){argv[1 + place], place, i};
			pthread_create(&threads[place][i], NULL, run_lane, &lanes[place][i]);
		}
	for (int place = 0; place < 2; place++)
		for (int i = 0; i < LANES; i++)
			pthread_join(threads[place][i], NULL);
	printf("{\"connections\":%llu,\"messages\":%llu}\n", (unsigned long long)connections, (unsigned long long)messages);
	return 0;
}
