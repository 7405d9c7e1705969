/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#ifndef SHUNT_ROW_H
#define SHUNT_ROW_H

#include "classify.h"

/* Where a socket is, which the records of all iterators tell by fields of the same names. */
#define shunt_tell_place(row, sk, is_client)                                             \
	({                                                                               \
		struct shunt_view view = {};                                             \
		shunt_look(&view, (__u64)(sk), is_client);                               \
		__builtin_memcpy((row)->client, view.client, sizeof((row)->client));     \
		__builtin_memcpy((row)->server, view.server, sizeof((row)->server));     \
		(row)->client_port = view.client_port;                                   \
		(row)->server_port = view.server_port;                                   \
		(row)->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);      \
		(row)->cgroup = BPF_CORE_READ(sk, sk_cgrp_data.cgroup, kn, id);          \
	})

#endif
