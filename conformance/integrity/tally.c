/* SPDX-License-Identifier: Apache-2.0 */
/* What happened, counted; and which results of a system call plain TCP gives. */
#define _GNU_SOURCE
#include "load.h"
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define RESULTS 64

static struct tally {
	uint64_t connections, aborted, bytes, spurious;
} of_kind[KINDS];

static struct result {
	const char *call;
	int error;
	uint64_t times;
} results[RESULTS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void count_bytes(enum kind kind, uint64_t received)
{
	__atomic_fetch_add(&of_kind[kind].bytes, received, __ATOMIC_RELAXED);
}

void count_connection(enum kind kind, bool aborted)
{
	__atomic_fetch_add(&of_kind[kind].connections, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&of_kind[kind].aborted, aborted, __ATOMIC_RELAXED);
}

/* A level-triggered program was told that there is something to read, and there was not. */
void count_spurious(enum kind kind)
{
	__atomic_fetch_add(&of_kind[kind].spurious, 1, __ATOMIC_RELAXED);
}

static bool given_by_tcp(const struct connection *c, int error)
{
	bool blocks = c->kind == THREADS || c->kind == REQUESTS;

	return (error == EAGAIN && !blocks) || (c->aborts && (error == ECONNRESET || error == EPIPE));
}

/*
 * `blockingSockets: Accept` accepts it: TCP carries a request larger than the send buffer while its end enters or leaves, and the room that the acknowledgement makes wakes the recv that follows
 * (SOCK_NOSPACE, sk_stream_write_space(); tcp_msg_wait_data() waits once). The proof bounds how often.
 */
static bool is_accepted(const struct connection *c, const char *call, int error)
{
	return c->kind == REQUESTS && error == EAGAIN && !strcmp(call, WAITS);
}

void count_result(const struct connection *c, enum side side, const char *call, int error)
{
	pthread_mutex_lock(&lock);
	for (int i = 0; i < RESULTS; i++) {
		struct result *r = &results[i];

		if (r->call && (r->error != error || strcmp(r->call, call)))
			continue;
		r->call = call;
		r->error = error;
		r->times++;
		break;
	}
	pthread_mutex_unlock(&lock);
	if (!given_by_tcp(c, error) && !is_accepted(c, call, error))
		wrong(c, side, "%s failed with %s, which plain TCP would not have done", call, strerrorname_np(error));
}

void print_tally(void)
{
	printf("{\"kinds\":{");
	for (int k = 0; k < KINDS; k++)
		printf("%s\"%s\":{\"connections\":%llu,\"reset\":%llu,\"bytes\":%llu,\"spurious\":%llu}", k ? "," : "", kind_names[k], (unsigned long long)of_kind[k].connections,
		       (unsigned long long)of_kind[k].aborted, (unsigned long long)of_kind[k].bytes, (unsigned long long)of_kind[k].spurious);
	printf("},\"results\":{");
	for (int i = 0; i < RESULTS && results[i].call; i++)
		printf("%s\"%s %s\":%llu", i ? "," : "", results[i].call, strerrorname_np(results[i].error), (unsigned long long)results[i].times);
	puts("}}");
}
