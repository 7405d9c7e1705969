/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Which program uses a connection, and could it splice? splice(2) from a socket looks only at sk_receive_queue: it never sees redirected data, nor what
 * shunt_one_queue moved, so it would wait for ever. It can be neither seen beforehand (fentry needs a trampoline, and a tracepoint on system calls slows down every
 * system call of the host) nor helped afterwards. So whoever could splice is left alone: the node plugin looks at the program's file and says.
 */
#ifndef SHUNT_PROGRAM_H
#define SHUNT_PROGRAM_H

#include "maps.h"
#include <bpf/bpf_core_read.h>

static __always_inline void shunt_ask(const struct shunt_process *program)
{
	__u32 unused = 0;

	if (!bpf_map_lookup_elem(&shunt_programs, program))
		bpf_map_update_elem(&shunt_asked, program, &unused, BPF_NOEXIST);
}

/* Runs in the program's own context. */
static __always_inline void shunt_name_program(struct shunt_process *program)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task_btf();

	program->id = bpf_get_current_pid_tgid() >> 32;
	/* A BTF pointer: plain loads, each of which reads 0 where the one before is NULL. */
	program->started_ns = task->group_leader->start_boottime;
	program->executable = task->mm->exe_file->f_inode->i_ino;
}

static __always_inline void shunt_note_program(struct shunt_process *program)
{
	shunt_name_program(program);
	shunt_ask(program);
}

/*
 * An end whose program is known bears a mark, for shunt_sender, which has nothing to learn from its usual messages then and need not look for what is remembered of it: that is 2 to 4 % of a small write by TCP.
 * It is the callback for TCP options that the kernel does not know, which are rare and answered with nothing, beside the one for states, which every end has that is remembered.
 */
#define SHUNT_PROGRAM_KNOWN_FLAG BPF_SOCK_OPS_PARSE_UNKNOWN_HDR_OPT_CB_FLAG
#define SHUNT_PROGRAM_KNOWN_FLAGS (SHUNT_PROGRAM_KNOWN_FLAG | BPF_SOCK_OPS_STATE_CB_FLAG)

static __always_inline bool shunt_is_program_known(const struct tcp_sock *tp)
{
	return (tp->bpf_sock_ops_cb_flags & SHUNT_PROGRAM_KNOWN_FLAGS) == SHUNT_PROGRAM_KNOWN_FLAGS;
}

/* On a visit, under the socket's lock. A kernel that cannot set it here does without. */
static __always_inline void shunt_mark_program_known(struct sock_common *skc, const struct tcp_sock *tp, const struct shunt_conn *c)
{
	int flags = tp->bpf_sock_ops_cb_flags | SHUNT_PROGRAM_KNOWN_FLAG;

	if (c->program.id && (flags & BPF_SOCK_OPS_STATE_CB_FLAG) && !shunt_is_program_known(tp))
		bpf_setsockopt(skc, SOL_TCP, SHUNT_TCP_BPF_SOCK_OPS_CB_FLAGS, &flags, sizeof(flags));
}

/* enum shunt_program. What is not known yet is asked for, again if the answer was lost. */
static __always_inline __u32 shunt_program_of(const struct shunt_conn *c)
{
	__u32 *verdict;

	if (!c->program.id)
		return SHUNT_PROGRAM_UNKNOWN;
	verdict = bpf_map_lookup_elem(&shunt_programs, &c->program);
	if (verdict)
		return *verdict;
	shunt_ask(&c->program);
	return SHUNT_PROGRAM_UNKNOWN;
}

#endif
