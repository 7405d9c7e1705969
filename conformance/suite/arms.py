"""Runs slots: over plain TCP, or accelerated with some enrolment."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from shuntdev.cgroups import Cgroup
from shuntdev.console import ROOT, uninterrupted

from .places import Namespaces
from .programs import Program
from .shunt import Counters, Shunt, policy

BATCH = 320  # programs that wait at their barrier together
_AT_ONCE = 24  # most of a case's time is waiting
_FIRST_PORT = 20000


@dataclass
class Seen:
    """What one program saw, and what the datapath counted for it."""

    notes: dict
    counters: Counters | None = None


def plain(slots):
    """What every slot sees over plain TCP."""
    return {slot: seen for (slot, _), seen in _in_batches([(slot, None) for slot in slots]).items()}


def accelerated(trials):
    """trials: pairs of a slot and an enrolment. What each sees, by the same pair."""
    return _in_batches(trials)


def _in_batches(trials):
    seen = {}
    for at in range(0, len(trials), BATCH):
        seen |= _batch(trials[at : at + BATCH])
    return seen


def _batch(trials):
    group = Cgroup.create(f"/shunt-conformance-{os.getpid()}")
    shunt = None
    programs = []
    try:
        with Namespaces(group.child("network").inside([])) as namespaces, ThreadPoolExecutor(_AT_ONCE) as pool:
            ports = {trial: _FIRST_PORT + i for i, trial in enumerate(trials)}
            if trials[0][1]:
                shunt = Shunt(group, ROOT / "target" / "conformance", f"/sys/fs/bpf/shunt-conformance-{os.getpid()}")
                # Policies first: only connections that are opened later are sure to be watched.
                shunt.start([policy(port, enrolment, "small_limits" in slot.case.flags) for (slot, enrolment), port in ports.items()])
            # A cgroup each: what the datapath learns of one (that it splices) shall not concern another.
            programs += [Program(slot, port, namespaces, group.child(str(port)).inside([])) for (slot, _), port in ports.items()]
            list(pool.map(Program.wait_until_ready, programs))
            if shunt:
                shunt.wait_until_decided(programs)
            notes = list(pool.map(Program.go, programs))
            counters = shunt.status() if shunt else {}
            return {trial: Seen(n, counters.get(port)) for (trial, port), n in zip(ports.items(), notes)}
    finally:
        with uninterrupted():
            for program in programs:
                program.kill()
            if shunt:
                shunt.stop()
            group.remove()
