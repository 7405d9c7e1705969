/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flood PORT CONNECTIONS MESSAGE_BYTES MOST_MESSAGES SEND_BUFFER RECEIVE_BUFFER
 *
 * Connections over 127.0.0.1 whose servers do not read. Does what the words on standard input say, and answers each with one line:
 *   use      one small message each way on each connection      -> used
 *   flood    send until nobody has room any more, or enough     -> flooded BYTES MESSAGES
 *   drain    read everything that was sent, and compare it      -> drained BYTES
 * The buffers are SO_SNDBUF and SO_RCVBUF, 0 for the kernel's own. Sockets are non-blocking.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 20000
#define FULL_AFTER_MS 500      /* nobody could send anything for so long */
#define BUFFER (1 << 20)

struct connection {
	int client, server;
	uint64_t sent, received, messages;
};

static struct connection *all;
static int connections, send_buffer, receive_buffer, port;
static size_t message_bytes;
static uint64_t most_messages;

static __attribute__((noreturn)) void wrong(const char *what)
{
	printf("wrong: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static uint8_t byte_at(uint64_t offset)
{
	return (offset * 0x9e3779b97f4a7c15u) >> 56;
}

static int new_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (fd < 0)
		wrong("socket");
	if (send_buffer)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof(send_buffer));
	if (receive_buffer)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
	return fd;
}

static void await(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	if (poll(&p, 1, PATIENCE_MS) != 1) {
		errno = ETIMEDOUT;
		wrong("nothing happens any more");
	}
}

static void open_all(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int listener = new_socket();

	if (bind(listener, (void *)&a, sizeof(a)) || listen(listener, 4096))
		wrong("listen");
	for (int i = 0; i < connections; i++) {
		all[i].client = new_socket();
		if (connect(all[i].client, (void *)&a, sizeof(a)) && errno != EINPROGRESS)
			wrong("connect");
		await(listener, POLLIN);
		all[i].server = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
		if (all[i].server < 0)
			wrong("accept");
	}
}

static void pass_one(int from, int to)
{
	char byte = 1;

	if (send(from, &byte, 1, 0) != 1)
		wrong("send of one byte");
	await(to, POLLIN);
	if (recv(to, &byte, 1, 0) != 1)
		wrong("recv of one byte");
}

static void use(void)
{
	for (int i = 0; i < connections; i++) {
		pass_one(all[i].client, all[i].server);
		pass_one(all[i].server, all[i].client);
	}
	puts("used");
}

static void flood(void)
{
	uint8_t *message = malloc(message_bytes);
	int64_t progress = now_ms();
	uint64_t bytes = 0, messages = 0;
	bool enough = false;

	while (!enough && now_ms() - progress < FULL_AFTER_MS) {
		enough = true;
		for (int i = 0; i < connections; i++) {
			struct connection *c = &all[i];
			ssize_t n;

			if (c->messages >= most_messages)
				continue;
			enough = false;
			for (size_t k = 0; k < message_bytes; k++)
				message[k] = byte_at(c->sent + k);
			n = send(c->client, message, message_bytes, MSG_NOSIGNAL);
			if (n < 0 && errno != EAGAIN)
				wrong("send");
			if (n <= 0)
				continue;
			c->messages++;
			c->sent += n;
			bytes += n;
			messages++;
			progress = now_ms();
		}
	}
	free(message);
	printf("flooded %llu %llu\n", (unsigned long long)bytes, (unsigned long long)messages);
}

static void drain(void)
{
	uint8_t *buffer = malloc(BUFFER);
	uint64_t bytes = 0;

	for (int i = 0; i < connections; i++) {
		struct connection *c = &all[i];

		while (c->received < c->sent) {
			ssize_t n = recv(c->server, buffer, BUFFER, 0);

			if (n < 0 && errno == EAGAIN) {
				await(c->server, POLLIN);
				continue;
			}
			if (n <= 0)
				wrong("recv");
			for (ssize_t k = 0; k < n; k++)
				if (buffer[k] != byte_at(c->received + k)) {
					errno = EILSEQ;
					wrong("a byte");
				}
			c->received += n;
			bytes += n;
		}
	}
	free(buffer);
	printf("drained %llu\n", (unsigned long long)bytes);
}

int main(int argc, char **argv)
{
	struct rlimit files = {1 << 16, 1 << 16};
	char line[32];

	if (argc != 7) {
		fprintf(stderr, "usage: flood PORT CONNECTIONS MESSAGE_BYTES MOST_MESSAGES SEND_BUFFER RECEIVE_BUFFER\n");
		return 64;
	}
	port = atoi(argv[1]);
	connections = atoi(argv[2]);
	message_bytes = strtoul(argv[3], NULL, 10);
	most_messages = strtoull(argv[4], NULL, 10);
	send_buffer = atoi(argv[5]);
	receive_buffer = atoi(argv[6]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	setrlimit(RLIMIT_NOFILE, &files);
	all = calloc(connections, sizeof(*all));
	open_all();
	puts("open");
	while (fgets(line, sizeof(line), stdin)) {
		if (!strcmp(line, "use\n"))
			use();
		else if (!strcmp(line, "flood\n"))
			flood();
		else if (!strcmp(line, "drain\n"))
			drain();
	}
	return 0;
}
