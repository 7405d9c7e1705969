/* SPDX-License-Identifier: Apache-2.0 */
#include "conformance.h"
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lines = PTHREAD_MUTEX_INITIALIZER;

static void line(const char *what, const char *format, va_list values)
{
	pthread_mutex_lock(&lines);
	printf("%s=", what);
	vprintf(format, values);
	putchar('\n');
	fflush(stdout);
	pthread_mutex_unlock(&lines);
}

void note(const char *what, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	line(what, format, values);
	va_end(values);
}

void broken(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	line("broken", format, values);
	va_end(values);
	_exit(3);
}

const char *errno_name(int error)
{
	return strerrorname_np(error);
}

ssize_t note_result(const char *what, ssize_t result)
{
	int error = errno;

	if (result < 0)
		note(what, "%s", errno_name(error));
	else
		note(what, "%zd", result);
	errno = error;
	return result;
}

void note_events(const char *what, unsigned events)
{
	static const struct {
		unsigned bit;
		const char *name;
	} names[] = {{POLLIN, "IN"}, {POLLOUT, "OUT"}, {POLLPRI, "PRI"}, {POLLRDHUP, "RDHUP"}, {POLLERR, "ERR"}, {POLLHUP, "HUP"}};
	char text[64] = "";

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!(events & names[i].bit))
			continue;
		if (*text)
			strcat(text, "|");
		strcat(text, names[i].name);
	}
	note(what, "%s", *text ? text : "none");
}

void note_readiness(const char *what, int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT | POLLPRI | POLLRDHUP};

	if (poll(&p, 1, 0) < 0)
		broken("poll: %s", errno_name(errno));
	note_events(what, p.revents);
}

int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void note_duration(const char *what, int64_t start, int expected_ms)
{
	int64_t took = now_ms() - start;

	/* Coarse: a loaded machine delays a wake-up by some hundred milliseconds, a lost one takes seconds. */
	if (took + 20 < expected_ms)
		note(what, "too soon");
	else
		note(what, took <= expected_ms * 2 + 900 ? "in time" : "too late");
}

void pause_ms(int ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000L};

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

void let_it_arrive(void)
{
	pause_ms(60);
}

void fill(struct stream *s, void *buffer, size_t size)
{
	unsigned char *bytes = buffer;

	for (size_t i = 0; i < size; i++, s->at++) {
		uint64_t x = (s->at + s->seed) * 0x9e3779b97f4a7c15u;

		bytes[i] = (x ^ x >> 29) >> 24;
	}
}

uint64_t hash(uint64_t so_far, const void *buffer, size_t size)
{
	const unsigned char *bytes = buffer;

	for (size_t i = 0; i < size; i++)
		so_far = (so_far ^ bytes[i]) * 0x100000001b3u;
	return so_far;
}

uint32_t next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return *seed >> 33;
}
