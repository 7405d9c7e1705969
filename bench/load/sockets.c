/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets, CPUs, namespaces and clocks. */
#define _GNU_SOURCE
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_un un;
	};
	socklen_t length;
};

static struct address to(const char *where)
{
	struct address a = { 0 };

	if (options.port) {
		a.in.sin_family = AF_INET;
		a.in.sin_port = htons(options.port);
		a.length = sizeof(a.in);
		if (inet_pton(AF_INET, where, &a.in.sin_addr) != 1)
			die(where);
	} else {
		/* An abstract name: no file, nothing to remove. */
		a.un.sun_family = AF_UNIX;
		strncpy(a.un.sun_path + 1, where, sizeof(a.un.sun_path) - 1);
		a.length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strnlen(where, sizeof(a.un.sun_path) - 1));
	}
	return a;
}

static int new_socket(int family, int flags)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	if (fd < 0)
		die("socket");
	return fd;
}

void no_delay(int fd)
{
	int on = 1;

	if (options.port && !options.nagle && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
		die("TCP_NODELAY");
}

void set_nonblocking(int fd)
{
	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK))
		die("O_NONBLOCK");
}

int listen_here(void)
{
	/* Every address: REDIRECT leads to one that the client did not name. */
	struct address a = to(options.port ? "0.0.0.0" : options.address);
	int fd = new_socket(a.any.sa_family, 0), on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) || bind(fd, &a.any, a.length) || listen(fd, 4096))
		die("listen");
	return fd;
}

int connect_start(void)
{
	struct address a = to(options.address);
	int fd = new_socket(a.any.sa_family, SOCK_NONBLOCK);

	no_delay(fd);
	if (connect(fd, &a.any, a.length) && errno != EINPROGRESS) {
		close(fd);
		return -1;
	}
	return fd;
}

int connect_there(void)
{
	struct address a = to(options.address);
	int fd = new_socket(a.any.sa_family, 0);

	if (connect(fd, &a.any, a.length))
		die("connect");
	no_delay(fd);
	if (!options.blocking)
		set_nonblocking(fd);
	return fd;
}

void enter_net(const char *path)
{
	int fd;

	if (!path)
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(path);
	close(fd);
}

void pin(int cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

void *must_allocate(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory)
		die("memory");
	return memory;
}
