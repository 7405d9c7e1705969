/* SPDX-License-Identifier: Apache-2.0 */
/* Urgent data: MSG_OOB, SIGURG, SIOCATMARK, SO_OOBINLINE. */
#include "conformance.h"
#include <fcntl.h>
#include <linux/sockios.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static char buffer[256];

static volatile int urgent_signals;

static void on_urgent(int signal)
{
	(void)signal;
	urgent_signals++;
}

static void expect_urgent(struct run *r)
{
	signal(SIGURG, on_urgent);
	fcntl(r->server, F_SETOWN, getpid());
}

static void expect_urgent_inline(struct run *r)
{
	int on = 1;

	expect_urgent(r);
	setsockopt(r->server, SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on));
}

static void urgent(struct run *r)
{
	int mark = -1;

	note_result("none", recv(r->server, buffer, 1, MSG_OOB | MSG_DONTWAIT));
	send_all(r->client, "ab", 2, 0);
	note_result("urgent", send(r->client, "!", 1, MSG_OOB));
	send_all(r->client, "cd", 2, 0);
	let_it_arrive();
	note_readiness("arrived", r->server);
	note("signals", "%d", urgent_signals > 0);
	ioctl(r->server, SIOCATMARK, &mark);
	note("mark", "%d", mark);
	memset(buffer, 0, sizeof(buffer));
	note_result("oob", recv(r->server, buffer + 100, 1, MSG_OOB | MSG_DONTWAIT));
	note_result("recv", recv(r->server, buffer, 10, MSG_DONTWAIT));
	ioctl(r->server, SIOCATMARK, &mark);
	note("mark", "%d", mark);
	note_result("recv", recv(r->server, buffer + strlen(buffer), 10, MSG_DONTWAIT));
	note("text", "%s urgent %s", buffer, buffer + 100);
}

static void urgent_byte_at_once(struct run *r)
{
	expect_urgent(r);
	urgent(r);
}

const struct test_case urgent_cases[] = {
	{"urgent_byte", urgent, EVERY_MODE, ONLY_LOOPBACK, "socket_option", NULL, expect_urgent},
	{"urgent_byte_inline", urgent, EVERY_MODE, ONLY_LOOPBACK, "socket_option", NULL, expect_urgent_inline},
	{"urgent_byte_at_once", urgent_byte_at_once, EVERY_MODE, ONLY_LOOPBACK | MAY_LEAVE, "socket_option"},
	{0},
};
