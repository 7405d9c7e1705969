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
