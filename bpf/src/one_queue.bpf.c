/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * shunt_one_queue (sk_skb/stream_verdict), attached to shunt_pollers: passes everything, and by being there makes sk_psock_verdict_data_ready() move what arrives by
 * TCP behind what was redirected, into one queue.
 *
 * Without it tcp_bpf_recvmsg() answers from one queue at a time. After the guard sent a message by TCP, a reader gets only the redirected part, less than it
 * asked for; an edge-triggered program (nginx) takes that for "drained" and waits for an edge that never comes. And some kernels (6.18.14 to at least 6.18.44) say 0 to
 * FIONREAD while TCP data waits. Blocking readers are better off without: in tcp_bpf_recvmsg_parser() they see EAGAIN.
 */
#include "maps.h"

SEC("sk_skb/stream_verdict")
int shunt_one_queue(struct __sk_buff *skb)
{
	return SK_PASS;
}
