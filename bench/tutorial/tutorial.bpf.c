/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * NOT SHUNT. The way that tutorials show, written anew, as an arm of the benchmark and nothing else: a sockops program puts every IPv4 socket into a
 * map by its four-tuple, an sk_msg program redirects every message to the mirrored tuple. No guard, no proof, no policy: memory is unbounded,
 * REDIRECT is not seen, and what datapath.md lists as broken is broken here. It is attached to a cgroup of the benchmark's own, never elsewhere.
 */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define AF_INET 2

struct tuple {
	__u32 local, remote;
	__u32 local_port, remote_port; /* host order */
};

struct {
	__uint(type, BPF_MAP_TYPE_SOCKHASH);
	__uint(max_entries, 65535);
	__type(key, struct tuple);
	__type(value, __u64);
} tutorial_socks SEC(".maps");

SEC("sockops")
int tutorial_watch(struct bpf_sock_ops *ops)
{
	struct tuple own = { .local = ops->local_ip4, .remote = ops->remote_ip4, .local_port = ops->local_port, .remote_port = bpf_ntohl(ops->remote_port) };

	if (ops->family == AF_INET && (ops->op == BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB || ops->op == BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB))
		bpf_sock_hash_update(ops, &tutorial_socks, &own, BPF_NOEXIST);
	return 1;
}

SEC("sk_msg")
int tutorial_redirect(struct sk_msg_md *msg)
{
	struct tuple peer = { .local = msg->remote_ip4, .remote = msg->local_ip4, .local_port = bpf_ntohl(msg->remote_port), .remote_port = msg->local_port };

	bpf_msg_redirect_hash(msg, &tutorial_socks, &peer, BPF_F_INGRESS);
	return SK_PASS;
}

char _license[] SEC("license") = "GPL";
