/* SPDX-License-Identifier: Apache-2.0 */
/* Many connections, one after the other and side by side. */
#include "conformance.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char buffer[1 << 16];

static void one_life(int listener, int i, int *wrong)
{
	int client = open_client(NULL), server = accept_one(listener);
	char out[64], in[64];

	as_the_mode_has_it(client);
	as_the_mode_has_it(server);
	memset(out, 'a' + i % 26, sizeof(out));
	if (i % 3 == 2)
		send_all(server, out, 7, 0), *wrong += recv_all(client, in, 7) != 7;
	send_all(client, out, sizeof(out), 0);
	*wrong += recv_all(server, in, sizeof(in)) != sizeof(in) || memcmp(in, out, sizeof(in));
	send_all(server, in, 10, 0);
	*wrong += recv_all(client, in, 10) != 10;
	close(i & 1 ? client : server);
	*wrong += do_recv(i & 1 ? server : client, in, 1, 0) != 0;
	close(i & 1 ? server : client);
}

static void short_connections(struct run *r)
{
	int wrong = 0;

	r->listener = open_listener(NULL, 64);
	wait_until_enrolled();
	for (int i = 0; i < 3000; i++)
		one_life(r->listener, i, &wrong);
	note("wrong", "%d", wrong);
}

#define SIDE_BY_SIDE 100

static void side_by_side(struct run *r)
{
	int client[SIDE_BY_SIDE], server[SIDE_BY_SIDE];
	uint64_t sums[SIDE_BY_SIDE][2] = {{0}}, dice = 7;
	struct stream s = {0};

	r->listener = open_listener(NULL, 128);
	for (int i = 0; i < SIDE_BY_SIDE; i++) {
		client[i] = open_client(NULL);
		server[i] = accept_one(r->listener);
		as_the_mode_has_it(client[i]);
		as_the_mode_has_it(server[i]);
		use_once(&(struct run){client[i], server[i], r->listener});
	}
	wait_until_enrolled();
	for (int round = 0; round < 40; round++)
		for (int i = 0; i < SIDE_BY_SIDE; i++) {
			size_t n = 1 + next_random(&dice) % 4000;

			fill(&s, buffer, n);
			sums[i][0] = hash(sums[i][0], buffer, n);
			send_all(client[i], buffer, n, 0);
			if (recv_all(server[i], buffer, n) != (ssize_t)n)
				note("short", "connection");
			sums[i][1] = hash(sums[i][1], buffer, n);
			send_all(server[i], buffer, 3, 0);
			recv_all(client[i], buffer, 3);
		}
	for (int i = 0; i < SIDE_BY_SIDE; i++) {
		if (sums[i][0] != sums[i][1])
			note("mixed up", "connection");
		close(client[i]);
		close(server[i]);
	}
	note("done", "yes");
}

const struct test_case volume_cases[] = {
	{"short_connections", short_connections, EVERY_MODE, CONNECTS_LATER, "not_settled"},
	{"side_by_side", side_by_side, EVERY_MODE, CONNECTS_LATER},
	{0},
};
