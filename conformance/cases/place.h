/* SPDX-License-Identifier: Apache-2.0 */
/* Where the runner wants the two ends to be. */
#ifndef PLACE_H
#define PLACE_H

struct place {
	const char *client_namespace;  /* files to setns() to; NULL = where we are */
	const char *server_namespace;
	const char *to;                /* the address a client connects to; not the listener's own when the route rewrites it */
	int port;
	int listens_on_6;              /* on :: (which takes IPv4 clients too), otherwise on 0.0.0.0 */
	int protocol;                  /* 0, or IPPROTO_MPTCP */
};
extern struct place place;

#endif
