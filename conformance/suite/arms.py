"""Runs slots: over plain TCP, or accelerated with some enrolment."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from shuntdev import cgroups
from shuntdev.cgroups import Cgroup
from shuntdev.console import ROOT, say, uninterrupted

from .places import Namespaces
from .programs import Program
from .shunt import Counters, Shunt, policy

BATCH = 320  # programs that wait at their barrier together
_AT_ONCE = 24  # most of a case's time is waiting
_FIRST_PORT = 20000
_FOLDER = ROOT / "target" / "conformance"


@dataclass
class Seen:
    """What one program saw, and what the datapath counted for it."""

    notes: dict
    counters: Counters | None = None


def plain(slots, at_once=_AT_ONCE):
    """What every slot sees over plain TCP."""
    return {slot: seen for (slot, _), seen in _in_batches([(slot, None) for slot in slots], at_once).items()}


def accelerated(trials, at_once=_AT_ONCE):
    """trials: pairs of a slot and an enrolment. What each sees, by the same pair."""
    return _in_batches(trials, at_once)


def _in_batches(trials, at_once):
    seen = {}
    for at in range(0, len(trials), BATCH):
        if at:
            say(f"  {at} done")
        seen |= _batch(trials[at : at + BATCH], at_once)
    return seen


def _batch(trials, at_once):
    _sweep()
    group = Cgroup.create(f"/{_name(os.getpid())}")
    programs = []
    shunt = Shunt(group, _FOLDER, _pins(os.getpid())) if trials[0][1] else None
    try:
        with Namespaces(group.child("network").inside([])) as namespaces:
            try:
                return _run(trials, group, namespaces, shunt, programs, at_once)
            finally:
                for program in programs:
                    program.kill()
    finally:
        with uninterrupted():
            if shunt:
                shunt.uninstall()
            group.remove()


def _run(trials, group, namespaces, shunt, programs, at_once):
    ports = {trial: _FIRST_PORT + i for i, trial in enumerate(trials)}
    if shunt:
        # Policies first: only connections that are opened later are sure to be watched.
        shunt.start([policy(port, enrolment, "small_limits" in slot.case.flags) for (slot, enrolment), port in ports.items()])
    # A cgroup each: what the datapath learns of one (that it splices) shall not concern another.
    programs += [Program(slot, port, namespaces, group.child(str(port)).inside([])) for (slot, _), port in ports.items()]
    with ThreadPoolExecutor(at_once) as pool:
        try:
            list(pool.map(Program.wait_until_ready, programs))
            if shunt:
                shunt.wait_until_decided(programs)
            notes = list(pool.map(Program.go, programs))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for program in programs:  # or those under way would be waited for
                program.kill()
            raise
    counters = shunt.counters() if shunt else {}
    return {trial: Seen(n, counters.get(port)) for (trial, port), n in zip(ports.items(), notes)}


def _name(pid):
    return f"shunt-conformance-{pid}"


def _pins(pid):
    return f"/sys/fs/bpf/{_name(pid)}"


def _sweep():
    """Removes what runs left behind that were killed with SIGKILL."""
    for folder in cgroups.root().glob(_name("*")):
        pid = folder.name.rpartition("-")[2]
        if Path(f"/proc/{pid}").exists():
            continue
        say(f"removing {folder}, left behind by a run that was killed")
        group = Cgroup.at(f"/{folder.name}")
        if Path(_pins(pid)).exists():
            Shunt(group, _FOLDER, _pins(pid)).uninstall()
        group.remove()
