/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The object: one program per file, over one set of maps. */
#include "watch.bpf.c"
#include "redirect.bpf.c"
#include "one_queue.bpf.c"
#include "conductor.bpf.c"
#include "adopter.bpf.c"
#include "report.bpf.c"
#include "reader.bpf.c"
#include "observe.bpf.c"

char LICENSE[] SEC("license") = "GPL";
