/* SPDX-License-Identifier: Apache-2.0 */
/* I/O that waits in the way of each mode. */
#include "conformance.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define DESCRIPTORS 1024

/* Edge mode: what watches a descriptor, as an event loop has it; one for each direction because a reader and a writer may be two threads. */
enum direction { INWARDS, OUTWARDS };
static struct watch {
	int epoll;
	uint32_t ready; /* what was reported and not yet used up by EAGAIN */
} watched[DESCRIPTORS][2];

static void watch(int fd, enum direction d, uint32_t events)
{
	struct epoll_event e = {.events = events | EPOLLET, .data.fd = fd};
	struct watch *w = &watched[fd][d];

	if (w->epoll)
		close(w->epoll);
	*w = (struct watch){0};
	if (mode != EPOLL_EDGE)
		return;
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &e))
		broken("epoll_ctl: %s", errno_name(errno));
}

void as_the_mode_has_it(int fd)
{
	if (fd >= DESCRIPTORS)
		broken("more than %d descriptors", DESCRIPTORS);
	unblock(fd);
	watch(fd, INWARDS, EPOLLIN | EPOLLRDHUP);
	watch(fd, OUTWARDS, EPOLLOUT);
}

/* Level: registered for what is waited for, as libevent does. */
static bool wait_for_level(int fd, uint32_t events, int ms)
{
	struct epoll_event e = {.events = events, .data.fd = fd};
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e))
		broken("epoll_ctl: %s", errno_name(errno));
	ms = epoll_wait(epoll, &e, 1, ms);
	close(epoll);
	return ms > 0;
}

/* Edge: registered once; what an event said holds until EAGAIN. */
static bool wait_for_edge(struct watch *w, int ms)
{
	int64_t until = now_ms() + ms;

	while (!w->ready) {
		int64_t left = until - now_ms();
		struct epoll_event e;

		if (left <= 0 || epoll_wait(w->epoll, &e, 1, left) <= 0)
			return false;
		w->ready |= e.events;
	}
	return true;
}

static enum direction direction(short events)
{
	return events & POLLOUT ? OUTWARDS : INWARDS;
}

bool wait_for(int fd, short events, int ms)
{
	struct pollfd p = {.fd = fd, .events = events};

	if (mode == EPOLL_LEVEL)
		return wait_for_level(fd, events, ms);
	if (mode == EPOLL_EDGE && fd < DESCRIPTORS && watched[fd][0].epoll)
		return wait_for_edge(&watched[fd][direction(events)], ms);
	return poll(&p, 1, ms) > 0;
}

/* After a call that could not go on: true when it is to be tried again. */
static bool try_again(int fd, short events, int flags)
{
	if (errno != EAGAIN || mode == BLOCKING || flags & MSG_DONTWAIT)
		return false;
	watched[fd][direction(events)].ready = 0;
	if (wait_for(fd, events, PATIENCE_MS))
		return true;
	errno = ETIMEDOUT;
	return false;
}

ssize_t do_recv(int fd, void *buffer, size_t size, int flags)
{
	ssize_t n;

	do
		n = recv(fd, buffer, size, flags);
	while (n < 0 && try_again(fd, POLLIN, flags));
	return n;
}

ssize_t do_recvmsg(int fd, struct msghdr *message, int flags)
{
	ssize_t n;

	do
		n = recvmsg(fd, message, flags);
	while (n < 0 && try_again(fd, POLLIN, flags));
	return n;
}

ssize_t do_send(int fd, const void *buffer, size_t size, int flags)
{
	ssize_t n;

	do
		n = send(fd, buffer, size, flags);
	while (n < 0 && try_again(fd, POLLOUT, flags));
	return n;
}

ssize_t send_all(int fd, const void *buffer, size_t size, int flags)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = do_send(fd, (const char *)buffer + done, size - done, flags);

		if (n < 0)
			return done ? (ssize_t)done : n;
		done += n;
	}
	return done;
}

ssize_t recv_all(int fd, void *buffer, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = do_recv(fd, (char *)buffer + done, size - done, 0);

		if (n < 0)
			return done ? (ssize_t)done : n;
		if (!n)
			break;
		done += n;
	}
	return done;
}

uint64_t send_stream(int fd, uint64_t seed, size_t total, size_t least, size_t most)
{
	struct stream s = {.seed = seed};
	uint64_t sum = 0, dice = seed;
	char *buffer = malloc(most);
	size_t done = 0;

	while (done < total) {
		size_t n = least + next_random(&dice) % (most - least + 1);

		if (n > total - done)
			n = total - done;
		fill(&s, buffer, n);
		sum = hash(sum, buffer, n);
		if (send_all(fd, buffer, n, MSG_NOSIGNAL) != (ssize_t)n) {
			note("send_stream", "%s", errno_name(errno));
			break;
		}
		done += n;
	}
	free(buffer);
	return sum;
}

uint64_t recv_stream(const char *what, int fd, size_t total, size_t at_once, int pause_us)
{
	char *buffer = malloc(at_once), name[64];
	uint64_t sum = 0;
	size_t done = 0;

	while (done < total) {
		ssize_t n = do_recv(fd, buffer, at_once, 0);

		if (n <= 0) {
			strcat(strcpy(name, what), ".end");
			note_result(name, n);
			break;
		}
		sum = hash(sum, buffer, n);
		done += n;
		if (pause_us)
			usleep(pause_us);
	}
	strcat(strcpy(name, what), ".bytes");
	note(name, "%zu", done);
	free(buffer);
	return sum;
}
