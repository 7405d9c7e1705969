/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load request|stream|short SIZE [-n CONNECTIONS] [-b] [-c CLIENT_CPU] [-s SERVER_CPU] [-a ADDRESS] [-p PORT] [-C CLIENT_NET] [-S SERVER_NET]
 *
 * Prints "ready" when all connections stand. Then each line "run MILLISECONDS" on standard input is answered by one line of JSON;
 * between slices both processes sleep, so several loads can take turns. Ends with standard input.
 *
 *   request  every connection has one request of SIZE bytes under way, answered by as many
 *   stream   every connection is written to, SIZE bytes at a time; the time counts until the last byte was read
 *   short    CONNECTIONS at a time: connect, one request and its reply, close
 */
#define _GNU_SOURCE
#include "load.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct options options = { .connections = 1, .client_cpu = -1, .server_cpu = -1, .address = "127.0.0.1", .port = 19000 };
struct shared *shared;

static _Noreturn void usage(void)
{
	fprintf(stderr, "usage: load request|stream|short SIZE [-n CONNECTIONS] [-b] [-N] [-c CPU] [-s CPU] [-a ADDRESS] [-p PORT] [-C NET] [-S NET] [-G CGROUP.PROCS]\n");
	exit(2);
}

static uint64_t number(const char *text, uint64_t least, uint64_t most)
{
	char *end;
	unsigned long long n = strtoull(text, &end, 10);

	if (*end || !*text || n < least || n > most)
		usage();
	return n;
}

static void parse(int argc, char **argv)
{
	static const char *const works[] = { "request", "stream", "short" };
	int o, w = 0;

	if (argc < 3)
		usage();
	while (w < 3 && strcmp(works[w], argv[1]))
		w++;
	if (w == 3)
		usage();
	options.work = (enum work)w;
	options.size = (uint32_t)number(argv[2], 1, 64u << 20);
	optind = 3;
	while ((o = getopt(argc, argv, "n:bNc:s:a:p:C:S:G:")) != -1) {
		switch (o) {
		case 'n': options.connections = (int)number(optarg, 1, 10000); break;
		case 'b': options.blocking = true; break;
		case 'N': options.nagle = true; break;
		case 'c': options.client_cpu = (int)number(optarg, 0, 1023); break;
		case 's': options.server_cpu = (int)number(optarg, 0, 1023); break;
		case 'a': options.address = optarg; break;
		case 'p': options.port = (uint16_t)number(optarg, 0, 65535); break;
		case 'C': options.client_net = optarg; break;
		case 'S': options.server_net = optarg; break;
		case 'G': options.server_group = optarg; break;
		default: usage();
		}
	}
	if (options.blocking && (options.connections > 1 || options.work == SHORT))
		usage();
}

static void enter_group(const char *procs)
{
	FILE *file = procs ? fopen(procs, "w") : NULL;

	if (procs && (!file || fprintf(file, "%d", getpid()) < 0 || fclose(file)))
		die(procs);
}

static pid_t start_server(void)
{
	int ready[2];
	char byte;
	pid_t parent = getpid(), child;

	if (pipe(ready))
		die("pipe");
	child = fork();
	if (child < 0)
		die("fork");
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		close(ready[0]);
		enter_group(options.server_group);
		pin(options.server_cpu);
		serve(ready[1]);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		exit(1); /* the server has said why */
	close(ready[0]);
	return child;
}

static uint64_t cpu_ns(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t))
		die("CPU clock");
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* How often it gave up its CPU to wait for something. */
static uint64_t sleeps(void)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage))
		die("getrusage");
	return (uint64_t)usage.ru_nvcsw;
}

static void slice(uint64_t ns, clockid_t server)
{
	uint64_t own_before = cpu_ns(CLOCK_PROCESS_CPUTIME_ID), server_before = cpu_ns(server), slept_before = sleeps();
	struct result r;

	client_run(ns, &r);
	printf("{\"operations\": %lu, \"bytes\": %lu, \"failures\": %lu, \"seconds\": %.6f, \"client_cpu_us\": %.1f, \"server_cpu_us\": %.1f, \"client_sleeps\": %lu, \"p50_us\": %.2f, \"p99_us\": %.2f}\n",
	       r.operations, r.bytes, r.failures, (double)r.wall_ns / 1e9, (double)(cpu_ns(CLOCK_PROCESS_CPUTIME_ID) - own_before) / 1e3,
	       (double)(cpu_ns(server) - server_before) / 1e3, sleeps() - slept_before, (double)r.p50_ns / 1e3, (double)r.p99_ns / 1e3);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct rlimit files = { 65536, 65536 };
	unsigned long milliseconds;
	clockid_t clock;
	pid_t server;
	char line[64];

	parse(argc, argv);
	setrlimit(RLIMIT_NOFILE, &files);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		die("mmap");
	server = start_server();
	if ((errno = clock_getcpuclockid(server, &clock)))
		die("clock of the server");
	pin(options.client_cpu);
	enter_net(options.client_net);
	client_open();
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "run %lu", &milliseconds) != 1)
			usage();
		slice(milliseconds * 1000000ull, clock);
	}
	kill(server, SIGKILL);
	waitpid(server, NULL, 0); /* its port is free once we have ended */
	return 0;
}
