/* SPDX-License-Identifier: Apache-2.0 */
/* Blocking programs: a thread that reads and one that writes, or one thread that asks and answers by turns. */
#define _GNU_SOURCE
#include "load.h"
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST_OF_A_REQUEST (256u << 10)

struct half {
	struct connection *c;
	enum side side;
};

static void rest_ms(uint64_t ms)
{
	usleep(ms * 1000);
}

/* Writes `count` more bytes; blocking, so all of them or an error. */
static void write_bytes(struct connection *c, enum side side, uint64_t count)
{
	struct stream *s = &c->from[side];

	while (count) {
		ssize_t n = send(c->ends[side].fd, bytes_at(s, s->sent), count, MSG_NOSIGNAL);

		if (n < 0) {
			count_result(c, side, "send (blocking)", errno);
			return;
		}
		__atomic_store_n(&s->sent, s->sent + n, __ATOMIC_RELEASE);
		__atomic_store_n(&s->progress_ms, now_ms(), __ATOMIC_RELAXED);
		count -= n;
	}
}

/* Reads until `count` bytes have come or the stream ends; returns whether there may be more. */
static bool read_bytes(struct connection *c, enum side side, uint8_t *buffer, uint64_t count)
{
	while (count) {
		ssize_t n = recv(c->ends[side].fd, buffer, count < MOST_OF_A_REQUEST ? count : MOST_OF_A_REQUEST, 0);

		if (n < 0) {
			count_result(c, side, WAITS, errno);
			if (errno != EAGAIN)
				return false;
			continue;
		}
		if (!n) {
			check_end(c, side);
			return false;
		}
		check(c, side, buffer, n);
		count -= n;
	}
	return true;
}

static void end_stream(struct connection *c, enum side side)
{
	__atomic_store_n(&c->from[side].ended, true, __ATOMIC_RELEASE);
	if (shutdown(c->ends[side].fd, SHUT_WR))
		count_result(c, side, "shutdown", errno);
}

static void *write_stream(void *argument)
{
	struct half *h = argument;
	struct stream *s = &h->c->from[h->side];
	uint64_t random = s->start;

	while (!is_over(h->c)) {
		uint64_t size = draw_size(&random, MOST_BYTES_AT_ONCE);

		write_bytes(h->c, h->side, size);
		rest_ms(rest_after(&random, size));
	}
	end_stream(h->c, h->side);
	return NULL;
}

static void read_stream(struct connection *c, enum side side, uint8_t *buffer)
{
	uint64_t random = c->from[!side].start + 1;

	do {
		if (c->slow[side] && !time_is_up())
			rest_ms(between(&random, 1, 20));
	} while (read_bytes(c, side, buffer, c->slow[side] && !time_is_up() ? between(&random, 1, 20000) : MOST_OF_A_REQUEST));
}

/* Request k has a size that both ends know; the answer has the size of request k + 1. */
static void ask_and_answer(struct connection *c, enum side side, uint8_t *buffer)
{
	uint64_t random = c->from[CLIENT].start + 2, rests = random + 1, size = 0, answer = 0;
	bool more = true;

	while (more) {
		size = draw_size(&random, MOST_OF_A_REQUEST);
		answer = draw_size(&random, MOST_OF_A_REQUEST);
		if (side == CLIENT) {
			if (is_over(c))
				break;
			rest_ms(rest_after(&rests, size + answer));
			write_bytes(c, side, size);
			more = read_bytes(c, side, buffer, answer);
		} else {
			more = read_bytes(c, side, buffer, size);
			if (more)
				write_bytes(c, side, answer);
		}
	}
	end_stream(c, side);
	if (!c->from[!side].seen_to_end)
		read_bytes(c, side, buffer, 1);
}

static void work(struct connection *c, enum side side)
{
	uint8_t *buffer = malloc(MOST_OF_A_REQUEST);
	struct half half = {c, side};
	pthread_t writer;

	if (c->kind == REQUESTS) {
		ask_and_answer(c, side, buffer);
	} else {
		pthread_create(&writer, NULL, write_stream, &half);
		read_stream(c, side, buffer);
		pthread_join(writer, NULL);
	}
	free(buffer);
	close(c->ends[side].fd);
	c->ends[side].fd = -1;
	if (!__atomic_sub_fetch(&c->left, 1, __ATOMIC_ACQ_REL))
		count_connection(c->kind, false);
}

/* The client's side of one connection after the other. */
void *run_threads(void *argument)
{
	struct connection *c = argument;

	in_namespace(settings.client_namespace);
	while (!time_is_up()) {
		begin(c);
		open_client(c, 0);
		work(c, CLIENT);
		while (__atomic_load_n(&c->left, __ATOMIC_ACQUIRE))
			rest_ms(1);
	}
	return NULL;
}

static void *run_server(void *connection)
{
	work(connection, SERVER);
	return NULL;
}

void *accept_threads(void *kind)
{
	int listener;

	in_namespace(settings.server_namespace);
	listener = open_listener(port_of(*(enum kind *)kind), 0);
	for (;;) {
		struct connection *c = accept_one(listener, 0);
		pthread_t t;

		if (c && !pthread_create(&t, NULL, run_server, c))
			pthread_detach(t);
	}
}
