/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes. Every stream is a walk around one ring of random bytes from a place of its own, so a byte that is lost, doubled, moved or another's shows at once. */
#include "load.h"
#include <stdlib.h>
#include <string.h>

#define POOL ((8u << 20) + 1009) /* no power of two: a shift by a buffer's size must show */

static uint8_t *pool;

void make_pool(void)
{
	uint64_t state = settings.seed;

	pool = malloc(POOL + MOST_BYTES_AT_ONCE + sizeof(uint64_t));
	for (size_t i = 0; i < POOL; i += sizeof(uint64_t)) {
		uint64_t word = draw(&state);

		memcpy(pool + i, &word, sizeof(word));
	}
	memcpy(pool + POOL, pool, MOST_BYTES_AT_ONCE);
}

const uint8_t *bytes_at(const struct stream *s, uint64_t offset)
{
	return pool + (s->start + offset) % POOL;
}

void check(struct connection *c, enum side reader, const uint8_t *got, size_t count)
{
	struct stream *s = &c->from[!reader];
	const uint8_t *due = bytes_at(s, s->received);

	if (memcmp(got, due, count)) {
		size_t i = 0;

		while (got[i] == due[i])
			i++;
		wrong(c, reader, "byte %llu of its stream is wrong, %zu bytes into a read of %zu", (unsigned long long)(s->received + i), i, count);
	}
	if (s->received + count > __atomic_load_n(&s->sent, __ATOMIC_ACQUIRE) + MOST_BYTES_AT_ONCE)
		wrong(c, reader, "received more than was sent");
	s->received += count;
	__atomic_store_n(&s->progress_ms, now_ms(), __ATOMIC_RELAXED);
	count_bytes(c->kind, count);
}

void check_end(struct connection *c, enum side reader)
{
	struct stream *s = &c->from[!reader];

	if (!c->aborts && (!__atomic_load_n(&s->ended, __ATOMIC_ACQUIRE) || s->received != s->sent))
		wrong(c, reader, "the stream ended after %llu bytes, %llu were sent and %s", (unsigned long long)s->received, (unsigned long long)s->sent,
		      s->ended ? "that was all" : "there is more to come");
	s->seen_to_end = true;
	__atomic_store_n(&s->progress_ms, now_ms(), __ATOMIC_RELAXED);
}
