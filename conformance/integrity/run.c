/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load TO PORT 4|6 CLIENT_NAMESPACE SERVER_NAMESPACE CONNECTIONS SECONDS SEED
 *
 * Prints "running" when all connections were begun, at the end one line of JSON. At the first wrong byte, stream that ends early, errno that plain TCP would not
 * give, or connection on which nothing happens any more, it prints "wrong: ..." and stays.
 */
#define _GNU_SOURCE
#include "load.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG 4096
#define TOTAL_RATE 300000   /* bytes a millisecond */
#define LONGEST_REST_MS 2000
#define SHORT_MS 800       /* connections that are over before they settle; the others are there long enough to be enrolled and to be taken out again */
#define LONG_MS 12000

struct settings settings;
struct connection *connections;
unsigned of_port[65536];
const char *const kind_names[KINDS] = {"epoll-level", "epoll-edge", "early-level", "early-edge", "threads", "requests"};

/* Of ten connections; the rest of the division is spread alike. */
static const enum kind mixture[10] = {LEVEL, EDGE, EARLY_LEVEL, EARLY_EDGE, THREADS, LEVEL, EDGE, EARLY_LEVEL, EARLY_EDGE, REQUESTS};

int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

bool time_is_up(void)
{
	return now_ms() >= settings.ends_ms;
}

bool is_over(const struct connection *c)
{
	return now_ms() >= c->ends_ms || time_is_up();
}

/* splitmix64 */
uint64_t draw(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

uint64_t between(uint64_t *state, uint64_t least, uint64_t most)
{
	return least + draw(state) % (most - least + 1);
}

uint64_t draw_size(uint64_t *state, uint64_t most)
{
	uint64_t bits = between(state, 0, 63 - __builtin_clzll(most)), size = between(state, 1ull << bits, (2ull << bits) - 1);

	return size < most ? size : most;
}

/* Bursts and rests, such that all writers together come to TOTAL_RATE and leave some CPU to the agent whose changes they are to survive. */
int64_t rest_after(uint64_t *state, uint64_t written)
{
	uint64_t mean = written * 2 * settings.connections / TOTAL_RATE;

	if (between(state, 0, 1))
		return 0;
	return between(state, 0, mean < LONGEST_REST_MS / 4 ? 4 * mean : LONGEST_REST_MS);
}

void in_namespace(const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || setns(fd, CLONE_NEWNET)) {
		perror(file);
		exit(2);
	}
	close(fd);
}

int port_of(enum kind kind)
{
	return settings.port + kind;
}

static socklen_t address(struct sockaddr_storage *a, int family, const char *text, int port)
{
	struct sockaddr_in *v4 = (void *)a;
	struct sockaddr_in6 *v6 = (void *)a;

	memset(a, 0, sizeof(*a));
	a->ss_family = family;
	if (family == AF_INET) {
		v4->sin_port = htons(port);
		if (text)
			inet_pton(AF_INET, text, &v4->sin_addr);
		return sizeof(*v4);
	}
	v6->sin6_port = htons(port);
	if (text)
		inet_pton(AF_INET6, text, &v6->sin6_addr);
	return sizeof(*v6);
}

static void must(int result, const char *call)
{
	if (result < 0) {
		printf("wrong: %s: %s\n", call, strerror(errno));
		exit(1);
	}
}

int open_listener(int port, int flags)
{
	int family = settings.listens_on_6 ? AF_INET6 : AF_INET, fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0), on = 1;
	struct sockaddr_storage a;

	must(fd, "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	must(bind(fd, (void *)&a, address(&a, family, NULL, port)), "bind");
	must(listen(fd, BACKLOG), "listen");
	return fd;
}

static int port_in(const struct sockaddr_storage *a)
{
	return ntohs(a->ss_family == AF_INET ? ((struct sockaddr_in *)a)->sin_port : ((struct sockaddr_in6 *)a)->sin6_port);
}

static int own_port(int fd)
{
	struct sockaddr_storage a;
	socklen_t size = sizeof(a);

	return getsockname(fd, (void *)&a, &size) ? 0 : port_in(&a);
}

/* The port is taken before connect(), so that the server's side can tell whose connection it accepts. */
int open_client(struct connection *c, int flags)
{
	int family = strchr(settings.to, ':') ? AF_INET6 : AF_INET, fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0), port;
	struct sockaddr_storage a;

	must(fd, "socket");
	must(bind(fd, (void *)&a, address(&a, family, NULL, 0)), "bind");
	port = own_port(fd);
	__atomic_store_n(&of_port[port], c->number, __ATOMIC_RELEASE);
	__atomic_store_n(&c->ends[CLIENT].fd, fd, __ATOMIC_RELEASE);
	if (connect(fd, (void *)&a, address(&a, family, settings.to, port_of(c->kind))) && errno != EINPROGRESS)
		wrong(c, CLIENT, "connect failed with %s", strerrorname_np(errno));
	return fd;
}

/* The address comes with accept4(): getpeername() does not tell it of a connection that was reset meanwhile. */
struct connection *accept_one(int listener, int flags)
{
	struct sockaddr_storage a;
	socklen_t size = sizeof(a);
	int fd = accept4(listener, (void *)&a, &size, SOCK_CLOEXEC | flags);
	struct connection *c;

	if (fd < 0)
		return NULL;
	c = &connections[__atomic_load_n(&of_port[port_in(&a)], __ATOMIC_ACQUIRE)];
	__atomic_store_n(&c->ends[SERVER].fd, fd, __ATOMIC_RELEASE);
	return c;
}

/* A new connection in the same place: how long it lives, how slow it is and how it ends follows from the seed, its number and its generation. */
void begin(struct connection *c)
{
	uint64_t random = settings.seed + c->number * 1000003ull + ++c->generation;

	for (int side = CLIENT; side <= SERVER; side++) {
		c->from[side] = (struct stream){.start = draw(&random) >> 8, .progress_ms = now_ms()};
		c->ends[side] = (struct end){.fd = -1, .random = draw(&random)};
		c->slow[side] = between(&random, 0, 7) == 0;
	}
	c->aborts = c->kind <= EARLY_EDGE && between(&random, 0, 9) == 0;
	c->ends_ms = now_ms() + (between(&random, 0, 1) ? draw_size(&random, SHORT_MS) : between(&random, SHORT_MS, LONG_MS));
	__atomic_store_n(&c->left, 2, __ATOMIC_RELEASE);
}

static void describe(const struct connection *c, enum side reader)
{
	const struct stream *s = &c->from[!reader];

	printf(" [%s connection %u.%u, %s reading%s, client's port %d, port %d; sent %llu%s, received %llu%s%s]\n", kind_names[c->kind], c->number, c->generation,
	       reader == CLIENT ? "client" : "server", c->slow[reader] ? " slowly" : "", own_port(c->ends[CLIENT].fd), port_of(c->kind), (unsigned long long)s->sent,
	       s->ended ? " and ended" : "", (unsigned long long)s->received, s->seen_to_end ? " to the end" : "", c->aborts ? ", to be reset" : "");
}

void wrong(const struct connection *c, enum side reader, const char *format, ...)
{
	static int once;
	va_list arguments;

	if (__atomic_fetch_add(&once, 1, __ATOMIC_ACQ_REL))
		for (;;)
			pause(); /* one speaks */
	va_start(arguments, format);
	printf("wrong: ");
	vprintf(format, arguments);
	va_end(arguments);
	describe(c, reader);
	fflush(stdout);
	for (;;)
		pause(); /* until we are killed: our sockets can still be looked at */
}

static uint64_t turns_since(const struct stream *s, enum side side)
{
	return __atomic_load_n(&turns[side], __ATOMIC_RELAXED) - s->seen_turns[side];
}

/* For long, though both of its ends were served meanwhile: an event loop that gets no CPU is no hang. */
static bool hangs(const struct connection *c, struct stream *s, int64_t now)
{
	int64_t progress_ms = __atomic_load_n(&s->progress_ms, __ATOMIC_RELAXED);

	if (s->seen_ms != progress_ms) {
		s->seen_ms = progress_ms;
		for (int side = CLIENT; side <= SERVER; side++)
			s->seen_turns[side] = __atomic_load_n(&turns[side], __ATOMIC_RELAXED);
	}
	if (now - progress_ms <= HANGS_AFTER_MS)
		return false;
	return c->kind == THREADS || c->kind == REQUESTS || (turns_since(s, CLIENT) >= HANGS_AFTER_TURNS && turns_since(s, SERVER) >= HANGS_AFTER_TURNS);
}

/* Looks after everybody until all are done. */
static void supervise(void)
{
	for (;;) {
		int64_t now = now_ms();
		unsigned open = 0;

		for (unsigned i = 0; i < settings.connections; i++) {
			struct connection *c = &connections[i];

			if (!__atomic_load_n(&c->left, __ATOMIC_ACQUIRE))
				continue;
			open++;
			for (int side = CLIENT; side <= SERVER; side++)
				if (!c->from[side].seen_to_end && hangs(c, &c->from[side], now) && c->left)
					wrong(c, !side, "nothing happens any more");
		}
		if (!open && time_is_up())
			return;
		usleep(50000);
	}
}

int main(int argc, char **argv)
{
	static enum side sides[] = {SERVER, CLIENT};
	static enum kind blocking[] = {THREADS, REQUESTS};
	pthread_t t;

	if (argc != 9) {
		fprintf(stderr, "usage: load TO PORT 4|6 CLIENT_NAMESPACE SERVER_NAMESPACE CONNECTIONS SECONDS SEED\n");
		return 64;
	}
	settings = (struct settings){.to = argv[1], .port = atoi(argv[2]), .listens_on_6 = *argv[3] == '6', .client_namespace = argv[4], .server_namespace = argv[5],
				     .connections = atoi(argv[6]), .ends_ms = now_ms() + atoi(argv[7]) * 1000ll, .seed = strtoull(argv[8], NULL, 10)};
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	make_pool();
	connections = calloc(settings.connections, sizeof(*connections));
	for (unsigned i = 0; i < settings.connections; i++) {
		connections[i].number = i;
		connections[i].kind = mixture[i % 10];
		connections[i].ends[CLIENT].fd = connections[i].ends[SERVER].fd = -1;
	}
	for (int i = 0; i < 2; i++)
		pthread_create(&t, NULL, accept_threads, &blocking[i]);
	pthread_create(&t, NULL, run_events, &sides[0]);
	usleep(200000); /* until everybody listens: only this start depends on it, and fails loudly */
	pthread_create(&t, NULL, run_events, &sides[1]);
	for (unsigned i = 0; i < settings.connections; i++)
		if (connections[i].kind == THREADS || connections[i].kind == REQUESTS)
			pthread_create(&t, NULL, run_threads, &connections[i]);
	puts("running");
	supervise();
	print_tally();
	return 0;
}
