/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Most sockets of a walk are enrolled and have been for long: nothing is left to do for them but to see that nothing changed, and a whole visit of each makes up most of
 * a walk's cost. So one that was found with nothing left to do is left alone until somebody leaves, anywhere, or eight seconds are over (docs/decisions/0014).
 */
#ifndef SHUNT_CALM_H
#define SHUNT_CALM_H

#include "maps.h"
#include "window.h"

#define SHUNT_CALM_SHIFT 33                /* of nanoseconds: 8.6 s */

/* How often somebody had to leave, and the time; it only grows. 0 = not known. */
static __always_inline __u32 shunt_present_calm(void)
{
	__u32 zero = 0, *alarms = bpf_map_lookup_elem(&shunt_alarms, &zero);

	return alarms ? *alarms + (__u32)(bpf_ktime_get_ns() >> SHUNT_CALM_SHIFT) + 1 : 0;
}

/* An end leaves, or shall: its peer, and whoever else may have the same reason, is visited again. */
static __always_inline void shunt_alarm(void)
{
	__u32 zero = 0, *alarms = bpf_map_lookup_elem(&shunt_alarms, &zero);

	if (alarms)
		__sync_fetch_and_add(alarms, 1);
}

/* What the datapath itself notes of a socket, and a change of policy, are looked at in every walk. */
static __always_inline bool shunt_is_calm(const struct shunt_conn *c, const struct sock_common *skc, const struct tcp_sock *tp, __u64 generation)
{
	return c->calm && c->state == SHUNT_STATE_ENROLLED && skc->skc_state == TCP_ESTABLISHED && c->generation == generation && c->clean_seq == tp->write_seq &&
	       !(c->flags & (SHUNT_CONN_SLOW | SHUNT_CONN_UNUSUAL | SHUNT_CONN_SPLICED | SHUNT_CONN_ASLEEP)) && !shunt_window_is_wide(tp) && c->calm == shunt_present_calm();
}

#endif
