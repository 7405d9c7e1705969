/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#ifndef SHUNT_CLOCK_H
#define SHUNT_CLOCK_H

#include "kernel.h"

/* Two CPUs' looks at the clock may cross, and the coarse one lags behind the other: less than nothing is nothing. */
static __always_inline bool shunt_is_over(__u64 now, __u64 since, __u64 ns)
{
	return (__s64)(now - since) > (__s64)ns;
}

#endif
