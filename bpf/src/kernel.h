/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The few kernel types that the programs read, with only the fields they read. preserve_access_index makes clang record
 * each access, and libbpf moves it to the running kernel's offset (CO-RE), so order and padding here mean nothing.
 */
#ifndef SHUNT_KERNEL_H
#define SHUNT_KERNEL_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>

#define AF_INET 2
#define AF_INET6 10
#define O_NONBLOCK 04000
#define MSG_OOB 0x1
#define MSG_TRUNC 0x20
#define MSG_WAITALL 0x100
#define MSG_ZEROCOPY 0x4000000
#define MSG_FASTOPEN 0x20000000
#define EEXIST 17
#define E2BIG 7
#define EOPNOTSUPP 95
#define SOL_TCP 6
#define SHUNT_TCP_BPF_SOCK_OPS_CB_FLAGS 1008 /* include/uapi/linux/bpf.h, newer than Debian 12's copy */

/* include/net/tcp.h */
#define TCP_NAGLE_OFF 1
#define TCP_NAGLE_CORK 2

/* include/net/tcp_states.h */
#define TCP_ESTABLISHED 1
#define TCP_SYN_RECV 3
#define TCP_FIN_WAIT1 4
#define TCP_CLOSE 7
#define TCP_LISTEN 10
#define TCP_CLOSE_WAIT 8

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct list_head {
	struct list_head *next;
	struct list_head *prev;
};

typedef struct { int counter; } atomic_t;
typedef struct refcount_struct { atomic_t refs; } refcount_t;
typedef struct { long counter; } atomic64_t;
typedef struct { atomic64_t refcnt; } file_ref_t;

struct in6_addr {
	union {
		__u8 u6_addr8[16];
		__be32 u6_addr32[4];
	} in6_u;
};

struct ns_common {
	unsigned int inum;
};

struct netns_ipv4 {
	int sysctl_tcp_rmem[3];
};

struct net {
	__u64 net_cookie;
	struct ns_common ns;
	struct netns_ipv4 ipv4;
};

typedef struct { struct net *net; } possible_net_t;

struct sock;

enum sock_flags {
	SOCK_URGINLINE = 2,
	SOCK_RCVTSTAMP = 11,
	SOCK_ZEROCOPY = 18,
};

struct proto {
	atomic64_t *memory_allocated;
	unsigned long *memory_pressure;
	long *sysctl_mem;
};

struct cgroup_subsys_state {
	struct cgroup_subsys_state *parent;
};

struct page_counter {
	atomic64_t usage;
	unsigned long max;
	struct page_counter *parent;
};

struct mem_cgroup {
	struct cgroup_subsys_state css;
	__u64 socket_pressure;       /* unsigned long in older kernels */
	struct page_counter tcpmem;  /* these with CONFIG_MEMCG_V1 only */
	bool tcpmem_active;
	int tcpmem_pressure;
};

struct timespec64 {
	__s64 tv_sec;
	long tv_nsec;
};

struct sock_common {
	struct proto *skc_prot;
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	unsigned int skc_hash;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	atomic64_t skc_cookie;
	struct sock *skc_listener;
	unsigned long skc_flags;
	int skc_incoming_cpu;
};

struct kernfs_node {
	const char *name;
	__u64 id;
};

struct cgroup {
	int level;
	struct kernfs_node *kn;
	struct cgroup *ancestors[0];
};

struct sock_cgroup_data {
	struct cgroup *cgroup;
};

struct msghdr {
	unsigned long msg_controllen;
	void *msg_ubuf;
};

struct inode {
	unsigned long i_ino;
};

struct pid;

struct fown_struct {
	struct pid *pid;
};

struct rb_node;

struct rb_root {
	struct rb_node *rb_node;
};

struct rb_root_cached {
	struct rb_root rb_root;
};

struct address_space {
	struct rb_root_cached i_mmap;
};

struct file {
	file_ref_t f_ref; /* since 6.13; 0 is one reference */
	unsigned int f_flags;
	struct address_space *f_mapping;
	struct inode *f_inode;
	struct fown_struct *f_owner; /* since 6.12; allocated by the first F_SETOWN */
};

struct file___with_owner {
	struct fown_struct f_owner; /* before */
};

struct file___counted {
	atomic64_t f_count; /* before */
};

struct files_struct {
	atomic_t count;
};

struct mm_struct {
	struct file *exe_file;
};

struct sched_entity {
	__u64 sum_exec_runtime;
};

struct task_struct {
	struct sched_entity se;
	struct task_struct *group_leader;
	struct mm_struct *mm;
	struct files_struct *files;
	unsigned int flags;
	__u64 start_boottime;
	unsigned long nvcsw;
	unsigned long nivcsw;
};

struct socket {
	struct file *file;
};

struct wait_queue_head {
	struct list_head head;
};

struct wait_queue_entry {
	void *private;
	void *func;
	struct list_head entry;
};

struct socket_wq {
	struct wait_queue_head wait;
};

struct sk_buff_head {
	__u32 qlen;
};

struct sk_buff {
	char cb[48];
};

struct tcp_skb_cb {
	__u32 seq;
	__u32 end_seq;
};

struct sk_psock_work_state {
	struct sk_buff *skb;
};

struct sk_psock {
	struct list_head ingress_msg;
	struct sk_buff_head ingress_skb;
	struct sk_psock_work_state work_state;
	refcount_t refcnt;
};

struct sock {
	struct sock_common __sk_common;
	struct sk_buff_head sk_receive_queue;
	struct {
		atomic_t rmem_alloc;
	} sk_backlog;
	struct {
		struct {
			struct {
				struct {
					atomic_t val;
				} raw_lock;
			} rlock;
		} slock;
		int owned;
		struct wait_queue_head wq;
	} sk_lock;
	struct socket_wq *sk_wq;
	void *sk_user_data;
	int sk_rcvlowat;
	int sk_rcvbuf;
	int sk_sndbuf;
	__u8 sk_userlocks;
	__u32 sk_tsflags;
	__u32 sk_pacing_status;
	int sk_peek_off;
	__u8 sk_shutdown;
	struct socket *sk_socket;
	struct sock_cgroup_data sk_cgrp_data;
	struct mem_cgroup *sk_memcg;
	void *sk_bpf_storage;
};

struct request_sock {
	struct sock_common __req_common;
};

struct inet_request_sock {
	struct request_sock req;
};

struct tcp_request_sock {
	struct inet_request_sock req;
	__u32 rcv_isn;
	__u32 snt_isn;
};

struct inet_connection_sock {
	const void *icsk_ulp_ops;
};

struct tcp_sock {
	__u32 rcv_nxt;
	__u32 rcv_wup;
	__u32 rcv_wnd;
	__u32 copied_seq;
	__u32 snd_nxt;
	__u32 snd_una;
	__u32 write_seq;
	__u32 mss_cache;
	__u32 lsndtime;
	__u64 bytes_sent;
	__u64 bytes_retrans;
	__u64 bytes_acked;
	__u64 bytes_received;
	__u32 chrono_start;
	__u32 chrono_stat[3];
	__u8 chrono_type : 2;
	bool is_mptcp;
	__u8 recvmsg_inq : 1;
	__u8 nonagle : 4;
	__u8 scaling_ratio;
	__u32 window_clamp;
	struct request_sock *fastopen_rsk;
	__u8 bpf_sock_ops_cb_flags;
};

struct bpf_sock_ops_kern {
	struct sock *sk;
};

#if defined(__TARGET_ARCH_x86)
#define SHUNT_NR_SPLICE 275
#define SHUNT_NR_READ 0
#define SHUNT_NR_READV 19
#define SHUNT_NR_RECVFROM 45
#define SHUNT_NR_RECVMSG 47
#define SHUNT_NR_SENDTO 44
#define SHUNT_NR_SENDMSG 46
#define SHUNT_NR_SENDMMSG 307
#define SHUNT_NR_GETSOCKOPT 55
struct pt_regs { unsigned long orig_ax, dx, r10; };
#define SHUNT_SYSCALL_OF(regs) ((regs)->orig_ax)
#define SHUNT_ARG3_OF(regs) ((regs)->dx)
#define SHUNT_ARG4_OF(regs) ((regs)->r10)
#elif defined(__TARGET_ARCH_arm64)
#define SHUNT_NR_SPLICE 76
#define SHUNT_NR_READ 63
#define SHUNT_NR_READV 65
#define SHUNT_NR_RECVFROM 207
#define SHUNT_NR_RECVMSG 212
#define SHUNT_NR_SENDTO 206
#define SHUNT_NR_SENDMSG 211
#define SHUNT_NR_SENDMMSG 269
#define SHUNT_NR_GETSOCKOPT 209
struct pt_regs { int syscallno; unsigned long regs[31]; };
#define SHUNT_SYSCALL_OF(p) ((p)->syscallno)
#define SHUNT_ARG3_OF(p) ((p)->regs[2])
#define SHUNT_ARG4_OF(p) ((p)->regs[3])
#else
#error "the numbers of system calls on this architecture are not known here"
#endif

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__tcp {
	struct bpf_iter_meta *meta;
	struct sock_common *sk_common;
};

#pragma clang attribute pop

#endif
