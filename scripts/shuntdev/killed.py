"""Removes what test runs that were killed have left in the kernel; what ends by itself leaves nothing."""

import os
import shutil
import subprocess

from . import cgroups, proofs
from .console import say
from .processes import left_by_killed

_PREFIXES = ("shunt-test", "shunt-traffic", "shunt-bench", "shunt-mutation", "shunt-e2e", *(f"shunt-{proof}" for proof in proofs.names()))


def remove_leftovers(prefixes=_PREFIXES, bpffs="/sys/fs/bpf"):
    if os.geteuid() != 0:
        return  # such runs could not leave anything there
    for prefix in prefixes:
        for pins in left_by_killed(bpffs, prefix):  # with its link a program lets go of the cgroup
            say(f"removing {pins}, left behind by a run that was killed")
            shutil.rmtree(pins)
        for namespace in left_by_killed("/run/netns", prefix):
            say(f"removing the network namespace {namespace.name}, left behind by a run that was killed")
            subprocess.run(["ip", "netns", "delete", namespace.name], check=True)
        cgroups.remove_leftovers(prefix)
