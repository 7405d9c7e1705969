"""How much of the machine was used by others while something was measured."""

import os
from pathlib import Path

WORTH_SAYING = 0.10


class Noise:
    """Compares what the machine's CPUs did with what our own cgroup used, from its creation to share()."""

    def __init__(self, ours):
        self._ours = ours
        self._ours_at_start = ours.cpu_us()
        self._start = _cpu_times()

    def share(self):
        """Share of all CPU time that went to others, the hypervisor's other guests included: 0 to 1."""
        busy, total = (now - then for now, then in zip(_cpu_times(), self._start))
        ours = (self._ours.cpu_us() - self._ours_at_start) / 1e6 * os.sysconf("SC_CLK_TCK")
        return max(0.0, busy - ours) / total if total else 0.0


def _cpu_times():
    """Ticks since boot, all CPUs together: busy (stolen ones too) and all."""
    user, nice, system, idle, iowait, irq, softirq, steal = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    )
    busy = user + nice + system + irq + softirq + steal
    return busy, busy + idle + iowait
