"""What a run needs and removes again: cgroups, network namespaces and a node plugin, all its own."""

import os
import shutil
from contextlib import ExitStack
from pathlib import Path

from shuntdev import cgroups
from shuntdev.cgroups import Cgroup
from shuntdev.console import ROOT, say, uninterrupted
from suite.places import Namespaces

from . import arms
from .agent import Agent, policy
from .tutorial import Tutorial

_FOLDER = ROOT / "target" / "bench"


class Lab:
    def __init__(self, cpu_percent=1, with_tutorial=True, congestion=None):
        """cpu_percent: what the node plugin may take for tending connections; 1 is its default. congestion: TCP's congestion control, if not the machine's."""
        self._cpu_percent = cpu_percent
        self._with_tutorial = with_tutorial
        self._congestion = congestion

    def __enter__(self):
        self._stack = ExitStack()
        try:
            self._furnish()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        with uninterrupted():
            self._stack.close()

    def _furnish(self):
        _sweep()
        name = _name(os.getpid())
        self.folder = _FOLDER / name
        self.folder.mkdir(parents=True)
        self._stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        root = Cgroup.create(f"/{name}")
        self._stack.callback(root.remove)
        shunt = root.child("shunt")
        self.cgroups = {arm.name: Cgroup.at(f"{root.path}/{arm.cgroup}") for arm in arms.EVERY_ARM}
        for group in self.cgroups.values():
            group.folder.mkdir(parents=True)
        self.namespaces = self._stack.enter_context(Namespaces(root.child("network").inside([])))
        # As over loopback by default; else short connections soon find no port that is not in TIME_WAIT, and it is the search for one that is measured.
        self.namespaces.set("net.ipv4.tcp_tw_reuse", 1)
        if self._congestion:
            self.namespaces.set("net.ipv4.tcp_congestion_control", self._congestion)
        self.congestion = self.namespaces.get("net.ipv4.tcp_congestion_control")
        self.agent = Agent(shunt, root.child("agent"), self.folder, _pins(os.getpid()), self._cpu_percent)
        self._stack.callback(self.agent.stop)
        self.agent.start(
            [
                policy("settled", self.cgroups["settled"].path, enrolment="Settled", blockingSockets="Accept"),
                policy("handshake", self.cgroups["handshake"].path, enrolment="Handshake"),
            ]
        )
        if self._with_tutorial:
            tutorial = Tutorial(self.cgroups["tutorial"], _tutorial_pins(os.getpid()))
            self._stack.callback(tutorial.remove)
            tutorial.attach()  # after the agent, which mounts the BPF file system where it is missing


def _name(pid):
    return f"shunt-bench-{pid}"


def _pins(pid):
    return f"/sys/fs/bpf/{_name(pid)}"


def _tutorial_pins(pid):
    return f"/sys/fs/bpf/shunt-bench-tutorial-{pid}"


def _sweep():
    """Removes what runs left behind that were killed with SIGKILL."""
    for group in cgroups.root().glob(_name("*")):
        pid = group.name.rpartition("-")[2]
        if Path(f"/proc/{pid}").exists():
            continue
        say(f"removing {group}, left behind by a run that was killed")
        left = Cgroup.at(f"/{group.name}")
        folder = _FOLDER / group.name
        Agent(left, left, folder, _pins(pid)).stop()
        Tutorial(left, _tutorial_pins(pid)).remove()
        left.remove()
        shutil.rmtree(folder, ignore_errors=True)
