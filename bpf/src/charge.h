/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Whether the kernel has memory for what a reader has unread: of all TCP sockets together (net.ipv4.tcp_mem), and of the reader's memory cgroup. */
#ifndef SHUNT_CHARGE_H
#define SHUNT_CHARGE_H

#include "maps.h"
#include <bpf/bpf_core_read.h>

#define SHUNT_PAGE_SHIFT 12
#define SHUNT_PERCPU_PAGES 256           /* include/net/sock.h: SK_MEMORY_PCPU_RESERVE, so much is not in the sum yet */
#define SHUNT_CGROUP_LEVELS 16           /* the deepest memory cgroup of which all above it are looked at */

/* A kernel variable of two longs, or an array of them: a type is needed for plain loads, and longs have none. */
static __always_inline struct timespec64 *shunt_longs(void *at)
{
	return bpf_rdonly_cast(at, bpf_core_type_id_kernel(struct timespec64));
}

/*
 * Whether TCP makes a receive buffer greater when more is queued than it takes: only while all TCP sockets together hold less than net.ipv4.tcp_mem[0] pages (tcp_clamp_window()). Half of that, because it
 * may change before what is queued now is read.
 */
static __always_inline bool shunt_tcp_has_memory(struct sock *sk)
{
	struct proto *tcp = sk->__sk_common.skc_prot;

	return 2 * tcp->memory_allocated->counter < shunt_longs(tcp->sysctl_mem)->tv_sec;
}

/*
 * … and only while the socket's memory cgroup, and with cgroup v2 each one above it, is not short (tcp_under_memory_pressure()). v2: until a second after its memory was hard to reclaim (vmpressure()). v1: since
 * memory.kmem.tcp.limit_in_bytes last refused something; it never has a deadline in socket_pressure. Without CONFIG_MEMCG, and in the root cgroup, a socket has none.
 */
static __always_inline bool shunt_cgroup_has_memory(struct sock *sk)
{
	struct mem_cgroup *group;
	__u64 now;
	int i;

	if (!bpf_core_field_exists(struct sock, sk_memcg) || !bpf_core_field_exists(struct mem_cgroup, socket_pressure))
		return true;
	group = sk->sk_memcg;
	if (!group)
		return true;
	if (bpf_core_field_exists(struct mem_cgroup, tcpmem_pressure) && group->tcpmem_pressure)
		return false;
	now = bpf_jiffies64();
	for (i = 0; i < SHUNT_CGROUP_LEVELS && group; i++) {
		void *above;

		if ((__s64)(now - group->socket_pressure) < 0)
			return false;
		above = group->css.parent;
		group = above ? bpf_rdonly_cast(above - bpf_core_field_offset(struct mem_cgroup, css), bpf_core_type_id_kernel(struct mem_cgroup)) : NULL;
	}
	return true;
}

/* A limit of cgroup v1, memory.kmem.tcp.limit_in_bytes, of this cgroup and those above it. An eighth of it is left to what comes by TCP, and to other senders in this moment. */
static __always_inline bool shunt_fits_cgroup(struct sock *sk, __u64 pages)
{
	struct page_counter *limit;
	struct mem_cgroup *group;
	int i;

	if (!bpf_core_field_exists(struct sock, sk_memcg) || !bpf_core_field_exists(struct mem_cgroup, tcpmem_active))
		return true;
	group = sk->sk_memcg;
	if (!group || !group->tcpmem_active)
		return true;
	limit = &group->tcpmem;
	for (i = 0; i < SHUNT_CGROUP_LEVELS && limit; i++) {
		if ((limit->usage.counter + pages) * 8 > limit->max * 7)
			return false;
		limit = limit->parent;
	}
	return true;
}

/*
 * Whether the kernel will charge the reader for so many bytes more (bpf_tcp_ingress()). Where it does not, send() fails with ENOMEM, which no program expects of TCP; TCP itself has the sender wait. It surely does while all sockets
 * together hold less than tcp_mem[1], and have held less than tcp_mem[0] since they last held more (__sk_mem_raise_allocated()). A cgroup of v2 is charged as any memory is that a program writes: its caches make room.
 */
static __always_inline bool shunt_is_charged(struct sock *sk, __u32 size)
{
	struct proto *tcp = sk->__sk_common.skc_prot;
	__u64 pages = (size >> SHUNT_PAGE_SHIFT) + 1;

	return !shunt_longs(tcp->memory_pressure)->tv_sec && tcp->memory_allocated->counter + (__s64)pages + SHUNT_PERCPU_PAGES < shunt_longs(tcp->sysctl_mem)->tv_nsec && shunt_fits_cgroup(sk, pages);
}

#endif
