/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * bpf_tcp_ingress() takes the reader's socket lock, and so does tcp_bpf_recvmsg() for as long as it copies. So a sender on another CPU goes to sleep there (__lock_sock()) while its reader copies a message, for two or
 * three microseconds, and going to sleep and being woken again takes several times that: of a stream of 16 KiB between two CPUs every third message cost it, and that was all by which TCP was faster
 * (docs/decisions/0028). So the program, which runs before the lock is taken, waits for the reader to let go of it, for about as long as going to sleep takes.
 *
 * It does not help where the reader shares the sender's CPU, or lost its own while it held the lock: who waited in vain does not wait for a while.
 */
#ifndef SHUNT_HELD_H
#define SHUNT_HELD_H

#include "conn.h"
#include <bpf/bpf_core_read.h>

#define SHUNT_HELD_NS 15000ull    /* longest wait */
#define SHUNT_HELD_LOOKS (1u << 16)
#define SHUNT_HELD_CLOCK 32u      /* looks at the lock for each at the clock */
#define SHUNT_HELD_SHIFT 20       /* about a millisecond without waiting after one in vain */

struct shunt_held {
	__u64 reader;             /* address of its struct sock */
	__u64 until;
	__u32 in_vain;
};

/* One look. 1 = nobody is inside, or the time is up. */
static long shunt_look_at_lock(__u64 i, struct shunt_held *h)
{
	struct sock *sk = bpf_rdonly_cast((void *)h->reader, bpf_core_type_id_kernel(struct sock));

	if (!sk->sk_lock.owned)
		return 1;
	h->in_vain = i % SHUNT_HELD_CLOCK == SHUNT_HELD_CLOCK - 1 && bpf_ktime_get_ns() > h->until;
	return h->in_vain;
}

/* Before a message is redirected. Nothing depends on what is found: whoever comes between gets the lock first, as ever. */
static __always_inline void shunt_wait_for_lock(struct shunt_conn *c, const struct tcp_sock *reader)
{
	struct shunt_held held = { .reader = (__u64)reader };
	__u64 now;

	if (!((const struct sock *)reader)->sk_lock.owned)
		return;
	now = bpf_ktime_get_ns();
	if (c->held_in_vain == (__u32)(now >> SHUNT_HELD_SHIFT))
		return;
	held.until = now + SHUNT_HELD_NS;
	bpf_loop(SHUNT_HELD_LOOKS, shunt_look_at_lock, &held, 0);
	if (held.in_vain)
		c->held_in_vain = now >> SHUNT_HELD_SHIFT;
}

#endif
