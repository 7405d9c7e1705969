/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * shunt_adopter (iter/tcp): finds connections older than the watch. The node plugin walks it a few times after every policy change, more often while a byte is written for
 * each connection that has not found its other end; like the conductor it runs in one network namespace, under each socket's lock, and never side by side with another walk.
 */
#include "adopt.h"

SEC("iter/tcp")
int shunt_adopter(struct bpf_iter__tcp *ctx)
{
	struct sock_common *skc = ctx->sk_common;
	struct shunt_config *config;
	struct shunt_conn *c;
	struct tcp_sock *tp;
	__u32 zero = 0;
	__u8 one = 1;

	if (!skc)
		return 0;
	tp = bpf_skc_to_tcp_sock(skc);
	if (!tp)
		return 0;
	config = bpf_map_lookup_elem(&shunt_config, &zero);
	if (!config || (config->flags & SHUNT_CONFIG_DRAINING))
		return 0;
	if (skc->skc_state == TCP_LISTEN) {
		shunt_note_listener(skc);
		return 0;
	}
	if (skc->skc_state != TCP_ESTABLISHED)
		return 0;
	c = bpf_sk_storage_get(&shunt_conns, tp, NULL, 0);
	if (!c)
		c = shunt_adopt(skc, tp, 0);
	if (!c || !(c->flags & SHUNT_CONN_STRAY))
		return 0;
	shunt_search(c, skc, tp);
	if (shunt_still_searches(c))
		bpf_seq_write(ctx->meta->seq, &one, sizeof(one));
	return 0;
}
