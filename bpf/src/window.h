/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The window that a reader offers to TCP, while it is redirected to (docs/decisions/0018). What its peer may send before it sees the window closed must find room behind a full queue (room.h), and where autotuning made the
 * receive buffer as great as it gets, tcp_rmem[2], the window takes nearly all of it: there would be room for nothing else. So the conductor lowers window_clamp to a quarter of that (tcp_set_window_clamp()), and what it
 * was comes back when the socket leaves. A window that was offered already stays; it closes as TCP's bytes come. Autotuning raises the clamp where it makes the buffer greater (tcp_rcv_space_adjust()), and it is lowered again.
 * A buffer that the program set, with SO_RCVBUF, is left alone.
 */
#ifndef SHUNT_WINDOW_H
#define SHUNT_WINDOW_H

#include "account.h"
#include <bpf/bpf_core_read.h>

#define SHUNT_SHARE_OF_RCVBUF 4
#define SHUNT_SMALL_WINDOW (512u << 10)  /* needs no look at tcp_rmem, which is hardly ever as low */
#define SHUNT_DENSE 212u                 /* of scaling_ratio: less of what a segment takes than a fifth is not data */
#define SOCK_RCVBUF_LOCK 2               /* include/uapi/linux/socket.h */
#define SHUNT_TCP_WINDOW_CLAMP 10        /* include/uapi/linux/tcp.h */

/*
 * What the segments take that its peer may still send by TCP before it sees the window closed. The peer's SO_SNDBUF does not bound them: what is acknowledged leaves it. A quarter for what they are kept in, or less where the
 * last ones needed less (of 256 bytes scaling_ratio were data: tcp_measure_rcv_mss()); where they need more TCP joins them before it drops any (tcp_collapse()).
 */
static __always_inline __u64 shunt_window_takes(struct tcp_sock *reader)
{
	__u64 window = (__u32)(reader->rcv_wup + reader->rcv_wnd - reader->rcv_nxt);
	__u32 ratio = bpf_core_field_exists(reader->scaling_ratio) ? reader->scaling_ratio : 0;

	return ratio < SHUNT_DENSE ? window + window / 4 : window * 256 / ratio + window / 32;
}

static __always_inline bool shunt_rcvbuf_is_locked(const struct tcp_sock *tp)
{
	return BPF_CORE_READ_BITFIELD((const struct sock *)tp, sk_userlocks) & SOCK_RCVBUF_LOCK;
}

/* net.ipv4.tcp_rmem[2] */
static __always_inline __u32 shunt_greatest_rcvbuf(const struct tcp_sock *tp)
{
	return BPF_CORE_READ((const struct sock *)tp, __sk_common.skc_net.net, ipv4.sysctl_tcp_rmem[2]);
}

static __always_inline __u32 shunt_narrow(const struct tcp_sock *tp)
{
	return shunt_greatest_rcvbuf(tp) / SHUNT_SHARE_OF_RCVBUF;
}

static __always_inline bool shunt_window_is_wide(const struct tcp_sock *tp)
{
	return tp->window_clamp > SHUNT_SMALL_WINDOW && tp->window_clamp > shunt_narrow(tp) && !shunt_rcvbuf_is_locked(tp);
}

/* There is no room, and that may be why. */
static __always_inline void shunt_ask_for_narrow_window(struct tcp_sock *reader)
{
	if (shunt_window_is_wide(reader))
		shunt_hurry_conductor((__u64)reader);
}

/* Enrolled. */
static __always_inline void shunt_narrow_window(struct shunt_conn *c, struct sock_common *skc, struct tcp_sock *tp)
{
	__u32 before = tp->window_clamp, clamp = shunt_narrow(tp);

	if (shunt_window_is_wide(tp) && !bpf_setsockopt(skc, SOL_TCP, SHUNT_TCP_WINDOW_CLAMP, &clamp, sizeof(clamp)))
		c->window_clamp = before;
}

/* Not enrolled any more. */
static __always_inline void shunt_widen_window(struct shunt_conn *c, struct sock_common *skc, struct tcp_sock *tp)
{
	__u32 clamp = c->window_clamp;

	if (!clamp)
		return;
	c->window_clamp = 0;
	if (tp->window_clamp == shunt_narrow(tp))
		bpf_setsockopt(skc, SOL_TCP, SHUNT_TCP_WINDOW_CLAMP, &clamp, sizeof(clamp));
}

#endif
