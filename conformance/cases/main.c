/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cases list
 * cases run NAME MODE TO PORT 4|6 [CLIENT_NAMESPACE SERVER_NAMESPACE]
 *
 * `run` prints "ready" when the connection is open and waits for a line on standard input, so that the runner can wait until it is enrolled. Then it prints
 * the notes, and "end".
 */
#include "conformance.h"
#include "place.h"
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LONGEST_CASE_S 15

static const struct test_case *const groups[] = {transfer_cases, closing_cases, reset_cases, receiving_cases, urgent_cases, pending_cases, sending_cases, splicing_cases, readiness_cases,
						 edge_cases, waiting_cases, option_cases, volume_cases, late_cases, uring_cases};
static const char *const group_names[] = {"transfer", "closing", "reset", "receiving", "urgent", "pending", "sending", "splicing", "readiness", "edge", "waiting", "option", "volume", "late", "uring"};
#define GROUPS (sizeof(groups) / sizeof(*groups))

static const struct {
	enum mode mode;
	const char *name;
} modes[] = {{BLOCKING, "blocking"}, {POLLED, "poll"}, {EPOLL_LEVEL, "epoll-level"}, {EPOLL_EDGE, "epoll-edge"}};
#define MODES (sizeof(modes) / sizeof(*modes))

static const struct {
	enum case_flags flag;
	const char *name;
} flags[] = {{CONNECTS_LATER, "connects_later"}, {SMALL_LIMITS, "small_limits"}, {ONLY_LOOPBACK, "only_loopback"},
	     {NO_MESSAGES, "no_messages"}, {STATISTICS, "statistics"}, {MAY_LEAVE, "may_leave"}, {UNUSED_BEFORE, "unused_before"}};

volatile int sigpipes;

static void on_sigpipe(int signal)
{
	(void)signal;
	sigpipes++;
}

static void on_alarm(int signal)
{
	static const char text[] = "hang=the case did not come to its end\n";

	(void)signal;
	if (write(1, text, sizeof(text) - 1) < 0)
		_exit(5);
	_exit(4);
}

static void list(void)
{
	for (size_t g = 0; g < GROUPS; g++)
		for (const struct test_case *c = groups[g]; c->name; c++) {
			printf("name=%s group=%s", c->name, group_names[g]);
			for (size_t i = 0; i < MODES; i++)
				if (c->modes & modes[i].mode)
					printf(" mode=%s", modes[i].name);
			for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
				if (c->flags & flags[i].flag)
					printf(" flag=%s", flags[i].name);
			if (c->settled)
				printf(" settled=%s", c->settled);
			if (c->handshake)
				printf(" handshake=%s", c->handshake);
			putchar('\n');
		}
}

void wait_until_enrolled(void)
{
	char answer[8];

	puts("ready");
	fflush(stdout);
	if (!fgets(answer, sizeof(answer), stdin))
		_exit(2); /* the runner went away */
	alarm(LONGEST_CASE_S);
}

/* Shunt redirects only to a program that it saw using recv; most do before long. */
void use_once(struct run *r)
{
	char byte;

	if (send_all(r->client, "?", 1, 0) != 1 || recv_all(r->server, &byte, 1) != 1 || send_all(r->server, "!", 1, 0) != 1 || recv_all(r->client, &byte, 1) != 1)
		broken("the connection does not work");
}

void let_it_be_noticed(struct run *r)
{
	/* The conductor may use 1 % of a CPU, and finds this machine busy. */
	for (int i = 0; i < 10; i++) {
		use_once(r);
		pause_ms(400);
	}
}

static void run(const struct test_case *c)
{
	struct run r = {-1, -1, -1};

	signal(SIGPIPE, on_sigpipe);
	signal(SIGALRM, on_alarm);
	if (!(c->flags & CONNECTS_LATER)) {
		r.listener = open_listener(c->socket_options, 16);
		r.client = open_client(c->socket_options);
		r.server = accept_one(r.listener);
		as_the_mode_has_it(r.client);
		as_the_mode_has_it(r.server);
		if (!(c->flags & UNUSED_BEFORE))
			use_once(&r);
		if (c->prepare)
			c->prepare(&r);
		wait_until_enrolled();
	}
	c->body(&r);
	puts("end");
	fflush(stdout);
}

static const struct test_case *find(const char *name)
{
	for (size_t g = 0; g < GROUPS; g++)
		for (const struct test_case *c = groups[g]; c->name; c++)
			if (!strcmp(c->name, name))
				return c;
	return NULL;
}

static enum mode mode_named(const char *name)
{
	for (size_t i = 0; i < MODES; i++)
		if (!strcmp(modes[i].name, name))
			return modes[i].mode;
	return 0;
}

int main(int argc, char **argv)
{
	const struct test_case *c;

	if (argc == 2 && !strcmp(argv[1], "list")) {
		list();
		return 0;
	}
	if ((argc != 7 && argc != 9) || strcmp(argv[1], "run") || !(c = find(argv[2])) || !(mode = mode_named(argv[3]))) {
		fprintf(stderr, "usage: cases list | cases run NAME MODE TO PORT 4|6 [CLIENT_NAMESPACE SERVER_NAMESPACE]\n");
		return 64;
	}
	place.to = argv[4];
	place.port = atoi(argv[5]);
	place.listens_on_6 = *argv[6] == '6';
	if (argc == 9) {
		place.client_namespace = argv[7];
		place.server_namespace = argv[8];
	}
	run(c);
	return 0;
}

struct later {
	int ms, fd;
	void (*body)(int);
};

static void *run_later(void *argument)
{
	struct later l = *(struct later *)argument;

	free(argument);
	pause_ms(l.ms);
	l.body(l.fd);
	return NULL;
}

thread start(void *(*body)(void *), void *argument)
{
	pthread_t t;

	if (pthread_create(&t, NULL, body, argument))
		broken("pthread_create");
	return t;
}

void join(thread t)
{
	pthread_join(t, NULL);
}

thread later(int ms, void (*body)(int), int fd)
{
	struct later *l = malloc(sizeof(*l));

	*l = (struct later){ms, fd, body};
	return start(run_later, l);
}
