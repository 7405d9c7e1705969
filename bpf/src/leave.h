/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Takes a busy reader out of its sockhash. Its queue must be empty for that, and while its peer streams to it that is hardly ever so when the conductor happens to visit. But
 * nothing new comes as long as the peer is locked: so the peer's visit waits a little for the reader to read on, and takes it out then.
 */
#ifndef SHUNT_LEAVE_H
#define SHUNT_LEAVE_H

#include "maps.h"
#include "fitness.h"

#define SHUNT_WAIT_NS 2000000ull      /* longest stay of a sender's lock; a time slice of the reader's */
#define SHUNT_GONE_NS 20000000ull     /* longest wait for a thread that went into recv at the last moment */
#define SHUNT_WAIT_LOOKS (1u << 19)

struct shunt_wait {
	__u64 until;
	__u64 reader;              /* address of its struct tcp_sock */
	__u32 seq;                 /* all that its peer's TCP sent; the rest waits for the peer's lock, and comes when the reader is out */
	__u32 gone;                /* wait for the end of the psock instead */
	__u32 done;
	__u32 poller;
};

/* One look. 1 = enough: it is so, or the time is up. */
static long shunt_look_again(__u64 i, struct shunt_wait *w)
{
	struct tcp_sock *reader = bpf_rdonly_cast((void *)w->reader, bpf_core_type_id_kernel(struct tcp_sock));
	struct sk_psock *psock = shunt_psock((struct sock *)reader);

	if (w->gone)
		w->done = !psock;
	else
		w->done = !psock || (shunt_ingress_empty(psock) && (!w->poller || (reader->copied_seq == w->seq && BPF_CORE_READ(psock, refcnt.refs.counter) == 1)));
	return w->done || bpf_ktime_get_ns() > w->until;
}

/*
 * Under the lock of the reader's peer, which has LEFT. Redirected bytes are in the reader's queue or read, TCP's are read once its copied_seq says so; neither can become more.
 * In shunt_pollers no thread may be inside recv: it would keep the psock beyond the key, and what came by TCP meanwhile would be freed with it. One that went in after the last look, on another
 * CPU, finds nothing and is waited for.
 */
static __always_inline void shunt_take_reader_out(const struct shunt_end *reader, struct tcp_sock *sender, __u64 now)
{
	struct shunt_wait wait = { .until = now + SHUNT_WAIT_NS, .reader = reader->sk, .seq = sender->snd_nxt, .poller = reader->flags & SHUNT_END_POLLER };
	struct tcp_sock *tp = bpf_rdonly_cast((void *)reader->sk, bpf_core_type_id_kernel(struct tcp_sock));

	if ((__u64)((struct sock *)tp)->__sk_common.skc_cookie.counter != reader->cookie)
		return;
	bpf_loop(SHUNT_WAIT_LOOKS, shunt_look_again, &wait, 0);
	if (!wait.done)
		return;
	shunt_delete(reader->cookie, wait.poller);
	if (!wait.poller)
		return;
	wait.gone = 1;
	wait.done = 0;
	wait.until += SHUNT_GONE_NS;
	bpf_loop(SHUNT_WAIT_LOOKS, shunt_look_again, &wait, 0);
}

#endif
