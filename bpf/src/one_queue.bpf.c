/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * shunt_one_queue (sk_skb/stream_verdict), attached to shunt_pollers: passes everything, and by being there makes sk_psock_verdict_data_ready() move what arrives by
 * TCP behind what was redirected, into one queue.
 *
 * Without it tcp_bpf_recvmsg() answers from one queue at a time. After the guard sent a message by TCP, a reader gets only the redirected part, less than it
 * asked for; an edge-triggered program (nginx) takes that for "drained" and waits for an edge that never comes. And some kernels (6.18.14 to at least 6.18.44) say 0 to
 * FIONREAD while TCP data waits. Blocking readers are better off without: in tcp_bpf_recvmsg_parser() they see EAGAIN.
 *
 * What was received before is cut off. A segment that is sent again, because the reader's memory was full, may have grown at its sender meanwhile (tcp_retrans_try_collapse()) and begin before rcv_nxt.
 * tcp_data_queue() queues it whole and tcp_recvmsg() reads from copied_seq on, but tcp_read_skb() moves all of it, and its beginning would be read twice (docs/decisions/0022).
 */
#include "maps.h"
#include <bpf/bpf_core_read.h>

#define SHUNT_TRIM_AT_ONCE 2048u   /* sk_skb_adjust_room() takes off less than 4096 */
#define SHUNT_TRIM_STEPS 256u      /* as much as the longest skb: GSO_MAX_SIZE */

/* How much of this segment was moved before, or read before the socket entered. */
static __always_inline __u32 shunt_moved_before(struct __sk_buff *skb)
{
	__u64 kernel = (__u64)bpf_cast_to_kern_ctx(skb), cookie = bpf_get_socket_cookie(skb);
	struct tcp_skb_cb segment = {};
	__u32 *known, expected;

	if (bpf_probe_read_kernel(&segment, sizeof(segment), (void *)(kernel + bpf_core_field_offset(struct sk_buff, cb))))
		return 0;
	known = bpf_map_lookup_elem(&shunt_moved, &cookie);
	if (!known) { /* the first one since the handshake */
		bpf_map_update_elem(&shunt_moved, &cookie, &segment.end_seq, BPF_ANY);
		return 0;
	}
	expected = *known;
	*known = segment.end_seq;
	return (__s32)(expected - segment.seq) > 0 ? expected - segment.seq : 0;
}

struct shunt_trim {
	struct __sk_buff *skb;
	__u32 left;
};

/* 1 = done, or no memory for a moment: neither twice nor not at all would be right then. */
static long shunt_trim_some(__u64 i, struct shunt_trim *t)
{
	__u32 now = t->left < SHUNT_TRIM_AT_ONCE ? t->left : SHUNT_TRIM_AT_ONCE;

	if (bpf_skb_adjust_room(t->skb, -(__s32)now, 0, 0))
		return 1;
	t->left -= now;
	return !t->left;
}

SEC("sk_skb/stream_verdict")
int shunt_one_queue(struct __sk_buff *skb)
{
	struct shunt_trim trim = { .skb = skb, .left = shunt_moved_before(skb) };

	/* What is all old is never queued (tcp_data_queue(), tcp_ofo_queue()), but for what only ends the stream anew. */
	if (trim.left && trim.left <= skb->len)
		bpf_loop(SHUNT_TRIM_STEPS, shunt_trim_some, &trim, 0);
	return SK_PASS;
}
