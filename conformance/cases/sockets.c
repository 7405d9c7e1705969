/* SPDX-License-Identifier: Apache-2.0 */
/* Opening the two ends where the runner wants them. */
#include "conformance.h"
#include "place.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

enum mode mode;
struct place place;

/* An event loop's sockets are non-blocking from the start, its listeners too. */
void unblock(int fd)
{
	if (mode != BLOCKING && fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK))
		broken("O_NONBLOCK: %s", errno_name(errno));
}

static void enter(const char *path)
{
	int fd;

	if (!path)
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		broken("entering namespace %s: %s", path, errno_name(errno));
	close(fd);
}

void in_client_namespace(void)
{
	enter(place.client_namespace);
}

void in_server_namespace(void)
{
	enter(place.server_namespace);
}

int open_listener(void (*options)(int), int backlog)
{
	struct sockaddr_in6 any6 = {.sin6_family = AF_INET6, .sin6_port = htons(place.port)};
	struct sockaddr_in any4 = {.sin_family = AF_INET, .sin_port = htons(place.port)};
	int fd, one = 1, error;

	in_server_namespace();
	fd = socket(place.listens_on_6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, place.protocol);
	if (fd < 0)
		broken("socket: %s", errno_name(errno));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	unblock(fd);
	if (options)
		options(fd);
	error = place.listens_on_6 ? bind(fd, (struct sockaddr *)&any6, sizeof(any6)) : bind(fd, (struct sockaddr *)&any4, sizeof(any4));
	if (error || listen(fd, backlog))
		broken("listening on port %d: %s", place.port, errno_name(errno));
	in_client_namespace();
	return fd;
}

socklen_t listener_address(struct sockaddr_storage *to)
{
	struct sockaddr_in *to4 = (struct sockaddr_in *)to;
	struct sockaddr_in6 *to6 = (struct sockaddr_in6 *)to;

	memset(to, 0, sizeof(*to));
	if (inet_pton(AF_INET, place.to, &to4->sin_addr) == 1) {
		to4->sin_family = AF_INET;
		to4->sin_port = htons(place.port);
		return sizeof(*to4);
	}
	if (inet_pton(AF_INET6, place.to, &to6->sin6_addr) != 1)
		broken("not an address: %s", place.to);
	to6->sin6_family = AF_INET6;
	to6->sin6_port = htons(place.port);
	return sizeof(*to6);
}

int open_socket_to_listener(void)
{
	struct sockaddr_storage to;
	int fd;

	listener_address(&to);
	in_client_namespace();
	fd = socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC, place.protocol);
	if (fd < 0)
		broken("socket: %s", errno_name(errno));
	unblock(fd);
	return fd;
}

int connect_to_listener(int fd)
{
	struct sockaddr_storage to;
	socklen_t size = listener_address(&to);
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	int error = 0;

	if (!connect(fd, (struct sockaddr *)&to, size))
		return 0;
	if (errno != EINPROGRESS)
		return -1;
	size = sizeof(error);
	if (poll(&p, 1, PATIENCE_MS) != 1 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size))
		error = ETIMEDOUT;
	errno = error;
	return error ? -1 : 0;
}

int open_client(void (*options)(int))
{
	int fd = open_socket_to_listener();

	if (options)
		options(fd);
	if (connect_to_listener(fd))
		broken("connect to %s port %d: %s", place.to, place.port, errno_name(errno));
	return fd;
}

int accept_one(int listener)
{
	struct pollfd p = {.fd = listener, .events = POLLIN};
	int fd;

	poll(&p, 1, PATIENCE_MS);
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		broken("accept: %s", errno_name(errno));
	return fd;
}
