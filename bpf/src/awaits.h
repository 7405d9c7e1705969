/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * A blocking reader proves itself that it may be redirected to (proof.h), where shunt_reader is attached, which costs every socket of the host something. Without it, its peer can see from outside
 * that it sleeps where redirected data wakes it: in tcp_bpf_recvmsg(), which holds a reference on the psock meanwhile, as tcp_recvmsg() does not (docs/decisions/0013).
 */
#ifndef SHUNT_AWAITS_H
#define SHUNT_AWAITS_H

#include "arrived.h"
#include "conn.h"
#include "fitness.h"

#define SHUNT_AWAITS_LOOKS 8
#define PF_IO_WORKER 0x10 /* include/linux/sched.h */

/* References on an open file, a descriptor's among them. A function of its own: in a loop, clang would take the offset of the field that is not there out of its branch. */
static __attribute__((noinline)) long shunt_file_references(struct file *file)
{
	if (bpf_core_field_exists(file->f_ref))
		return BPF_CORE_READ(file, f_ref.refcnt.counter) + 1;
	return BPF_CORE_READ((struct file___counted *)file, f_count.counter);
}

/*
 * Whether the only thread that can be in a system call on this socket sleeps there, and holds a reference on its psock. A system call holds a reference on the file, unless nobody shares the caller's table of
 * descriptors (fdget()). So one descriptor, and the sleeper's own reference if it takes one, are all there may be. A worker of io_uring need not take one.
 *
 * Somebody else may come and go between two looks, and be whose reference it was. Not in time with as many.
 */
__noinline int shunt_sleeps_alone(__u64 reader)
{
	struct sock *sk = (struct sock *)reader;
	__u64 wait_queue = (__u64)BPF_CORE_READ(sk, sk_wq), sleeper = 0;
	struct file *file = BPF_CORE_READ(sk, sk_socket, file);
	struct sk_psock *psock = shunt_psock(sk);
	struct task_struct *task;
	long references;
	int i;

	if (!file || !psock || shunt_sleepers_on(wait_queue, &sleeper) != 1)
		return 0;
	task = (struct task_struct *)sleeper;
	if (BPF_CORE_READ(task, flags) & PF_IO_WORKER)
		return 0;
	references = BPF_CORE_READ(task, files, count.counter) > 1 ? 2 : 1;
	for (i = 0; i < SHUNT_AWAITS_LOOKS; i++) {
		if (shunt_file_references(file) != references || BPF_CORE_READ(psock, refcnt.refs.counter) != 2)
			return 0;
	}
	return shunt_file_references(file) == references;
}

/*
 * Under the lock of its peer, which sent nothing by TCP that is not read: so whoever is in tcp_bpf_recvmsg() does not go on into tcp_recvmsg(). The peer's own redirects hold references as well, so no other thread of
 * it may ever have made one. A call with MSG_WAITALL that sleeps there returns with less than it wants, as it does from the first byte where the policy's owner vouched for the program, and only there.
 */
static __always_inline bool shunt_awaits_redirects(struct shunt_conn *c, struct tcp_sock *reader)
{
	if ((c->flags & (SHUNT_CONN_VOUCHED | SHUNT_CONN_PEER_POLLER | SHUNT_CONN_MANY_SENDERS)) != SHUNT_CONN_VOUCHED || (c->sender && c->sender != (__u64)bpf_get_current_task_btf()) || ((struct sock *)reader)->sk_rcvlowat > 1)
		return false;
	shunt_order_loads(c);
	return shunt_sleeps_alone(c->peer_sk);
}

#endif
