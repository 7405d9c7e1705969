"""Runs slots in one arm of the comparison: over plain TCP, or accelerated with some enrolment."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from shuntdev.cgroups import Cgroup
from shuntdev.console import ROOT, uninterrupted

from .places import Namespaces
from .programs import Program
from .shunt import Counters, Shunt

BATCH = 200  # programs that wait at their barrier together
_AT_ONCE = 24  # most of a case's time is waiting
_FIRST_PORT = 20000


@dataclass
class Seen:
    """What one program saw, and what the datapath counted for it."""

    notes: dict
    counters: Counters | None = None


def plain(slots):
    return _in_batches(slots, None)


def accelerated(slots, enrolment):
    return _in_batches(slots, enrolment)


def _in_batches(slots, enrolment):
    seen = {}
    for at in range(0, len(slots), BATCH):
        seen |= _batch(slots[at : at + BATCH], enrolment)
    return seen


def _batch(slots, enrolment):
    group = Cgroup.create(f"/shunt-conformance-{os.getpid()}")
    folder = ROOT / "target" / "conformance"
    shunt = Shunt(enrolment, group, folder, f"/sys/fs/bpf/shunt-conformance-{os.getpid()}") if enrolment else None
    programs = []
    try:
        with Namespaces(group.child("network").inside([])) as namespaces, ThreadPoolExecutor(_AT_ONCE) as pool:
            if shunt:
                # Policies first: only connections that are opened later are sure to be watched.
                shunt.start([_Planned(slot, _FIRST_PORT + i) for i, slot in enumerate(slots)])
            # A cgroup each: what the datapath learns of one (that it splices) shall not concern another.
            programs += [Program(slot, _FIRST_PORT + i, namespaces, group.child(str(i)).inside([])) for i, slot in enumerate(slots)]
            list(pool.map(Program.wait_until_ready, programs))
            if shunt:
                shunt.wait_until_decided(programs)
            notes = list(pool.map(Program.go, programs))
            counters = shunt.status() if shunt else {}
            return {p.slot: Seen(n, counters.get(p.port)) for p, n in zip(programs, notes)}
    finally:
        with uninterrupted():
            for program in programs:
                program.kill()
            if shunt:
                shunt.stop()
            group.remove()


@dataclass(frozen=True)
class _Planned:
    slot: object
    port: int
