"""Integrity under change: connections that check every byte, while policies toggle and the agent is killed, restarted, upgraded, drained, uninstalled and installed again.

Whatever happens follows from one seed: which connections there are, how long and how slow, and what is done to Shunt and when.
"""

import argparse
import json
import random
import re
import subprocess
import time
from collections import Counter

from shuntdev.console import ROOT, Failure, say
from shuntdev.processes import until
from shuntdev.standalone import policy
from shuntdev.table import aligned

from .other_build import other_build
from .stage import compiled, stage

_PORT = 21000
_SETTLED, _EARLY, _BLOCKING = [_PORT, _PORT + 1, _PORT + 4], [_PORT + 2, _PORT + 3], [_PORT + 5]  # load.h, enum kind
_SECOND = 100  # the ports of the load between two namespaces
_SHARE = ("--cpu-percent", "50")
_REPLACED = ("shunt_watch", "shunt_sender", "shunt_conductor_iter", "shunt_adopter_iter", "shunt_reader_link")  # pins, as an upgrade comes by them
_DIGEST = slice(16, 48)  # of shunt_meta
_ACCEPTED = "recv (blocking) EAGAIN"  # of programs whose policy says blockingSockets: Accept (tally.c); 1 in 10,000 connections or so, in a run of changes
_SMALL = {"backlogBytes": "64Ki", "backlogMessages": 64}


def main(arguments):
    options = _options(arguments)
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 31)
    say(f"integrity: seed {seed}, {options.connections} connections, {options.seconds} s")
    try:
        with stage("integrity") as place:
            trial = _Trial(place, options, seed)
            trial.run()
    except Failure as failure:
        again = f"conformance/prove integrity --seed {seed} --connections {options.connections} --seconds {options.seconds}"
        raise Failure(f"integrity, seed {seed}: {failure}", f"Again: {again}", failure.log) from None
    return 0


def _options(arguments):
    parser = argparse.ArgumentParser(prog="conformance/prove integrity", description=__doc__)
    parser.add_argument("--long", action="store_true", help="500 connections for ten minutes; otherwise 40 for 40 s")
    parser.add_argument("--connections", type=int)
    parser.add_argument("--seconds", type=int)
    parser.add_argument("--seed", type=int)
    options = parser.parse_args(arguments)
    options.connections = options.connections or (500 if options.long else 40)
    options.seconds = options.seconds or (600 if options.long else 40)
    return options


class _Trial:
    def __init__(self, place, options, seed):
        self._place = place
        self._node = place.node
        self._options = options
        self._seed = seed
        self._random = random.Random(seed)
        self._jars = [None, other_build(place.folder)]
        self._jar = 0
        self._done = Counter()
        self._redirected = Counter()
        self._returns = 0
        self._half_upgraded = 0
        self._loads = []

    def run(self):
        self._start_node()
        self._start_loads()
        self._change_until(time.monotonic() + self._options.seconds)
        until(self._all_through, "through with it", 300)
        self._remember()
        self._conclude()

    def _all_through(self):
        self._check_loads()
        return all(load.said("^{") for load in self._loads)

    def _start_loads(self):
        """Half of the connections over loopback, half between two namespaces, each with IPv4 clients and servers on [::]."""
        spaces = self._place.namespaces
        for name, to, offset, server in (("loopback", "127.0.0.1", 0, spaces.near), ("veth", "10.73.0.2", _SECOND, spaces.far)):
            argv = [compiled("integrity"), to, _PORT + offset, "6", spaces.near, server, self._options.connections // 2, self._options.seconds, self._seed + offset]
            load = self._place.run(f"load-{name}", argv)
            load.wait_until(lambda load=load: load.said("^running"), "running", 60)
            self._loads.append(load)

    def _change_until(self, end):
        changes = [self._toggle, self._kill, self._restart, self._upgrade, self._die_upgrading, self._uninstall]
        order = []
        while time.monotonic() < end:
            if not order:  # every change comes up before any comes up again; policies change oftener than the rest
                order = self._random.sample(changes + [self._toggle] * 3, len(changes) + 3)
                order += self._random.sample(changes, len(changes))
            self._rest(self._random.uniform(0.2, 3))
            change = order.pop()
            say(f"  {change.__name__.strip('_')}")
            change()
            self._done[change.__name__.strip("_")] += 1

    def _rest(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._check_loads()
            time.sleep(0.1)

    def _check_loads(self):
        for load in self._loads:
            if wrong := load.said("^wrong: .*"):
                raise Failure(f"{load.name}: {wrong[0]}\n{self._sockets(wrong[0])}", log=self._node.server.log)
            if load.process.poll() not in (None, 0):
                raise Failure(f"{load.name} ended with {load.process.returncode}", log=load.log)

    def _sockets(self, wrong):
        """What the kernel says of the two sockets that something is wrong with."""
        port = re.search(r"client's port (\d+)", wrong)
        command = f"ss -Htnmeio '( sport = {port[1]} or dport = {port[1]} )'" if port else "true"
        spaces = {self._place.namespaces.near, self._place.namespaces.far}
        return "".join(subprocess.run(["nsenter", f"--net={space}", "sh", "-c", command], capture_output=True, text=True).stdout for space in spaces)

    def _toggle(self):
        self._node.reload(self._some_policies())

    def _some_policies(self):
        on = self._random.random() < 0.65
        extra = self._random.choice([{}, {}, {"limits": _SMALL}, {"mode": "Observe"}])
        return _policies(on, extra)

    def _start_node(self):
        # Between two changes are seconds, and hundreds of connections shall be enrolled in them.
        self._node.start(_policies(True, {}), self._jars[self._jar], *_SHARE)

    def _kill(self):
        self._node.kill()
        self._rest(self._random.uniform(0, 1.5))
        self._start_node()

    def _restart(self):
        self._node.stop()
        self._rest(self._random.uniform(0, 1))
        self._start_node()

    def _upgrade(self):
        """Another build of the BPF programs takes over from this one."""
        if self._random.random() < 0.5:
            self._node.kill()
        self._remember()
        self._node.stop()
        self._jar = 1 - self._jar
        self._start_node()

    def _die_upgrading(self):
        """SIGKILL of an agent in the middle of an upgrade."""
        self._remember()
        self._node.stop()
        pin = self._node.pins / self._random.choice(_REPLACED)
        before = pin.stat().st_ino
        self._node.begin(_policies(True, {}), self._jars[1 - self._jar], *_SHARE)
        until(lambda: pin.stat().st_ino != before or self._node.server.check_alive(), f"replacing {pin}", 60, pause=0)
        self._node.kill()
        self._half_upgraded += self._is_half_upgraded()
        self._rest(self._random.uniform(0, 1.5))
        if self._random.random() < 0.5:
            self._jar = 1 - self._jar
        self._start_node()

    def _is_half_upgraded(self):
        """Until an upgrade is complete, the record of the installation names no programs (InstallRecord)."""
        shown = subprocess.run(["bpftool", "-j", "map", "dump", "pinned", self._node.pins / "shunt_meta"], capture_output=True, text=True, check=True)
        return not any(int(byte, 16) for byte in json.loads(shown.stdout)[0]["value"][_DIGEST])

    def _uninstall(self):
        self._remember()
        self._node.call("uninstall", "--stop")
        if self._node.pins.exists():
            raise Failure(f"uninstall left {self._node.pins} behind")
        self._rest(self._random.uniform(0, 1.5))
        self._start_node()

    def _remember(self):
        """Counters end with the installation. What is redirected between this and its removal is not counted."""
        status = self._node.status()
        self._returns += status["returns"]
        for p in status["policies"]:
            self._redirected[p["name"]] += p["redirected"]["bytes"]

    def _conclude(self):
        self._check_loads()
        loads = {load.name.removeprefix("load-"): json.loads(load.said("^{.*")[0]) for load in self._loads}
        kinds = {(place, kind): of for place, result in loads.items() for kind, of in result["kinds"].items()}
        received = sum(of["bytes"] for of in kinds.values())
        redirected = sum(self._redirected.values())
        totals = {
            "seed": self._seed,
            "connections": sum(of["connections"] for of in kinds.values()),
            "bytes": received,
            "redirectedBytes": redirected,
            "returns": self._returns,
            "changes": dict(self._done),
            "halfUpgraded": self._half_upgraded,
            "spurious": sum(of["spurious"] for of in kinds.values()),
            "loads": loads,
        }
        (ROOT / "target" / "integrity.json").write_text(json.dumps(totals, indent=1))
        rows = [("programs", "connections", "reset half way", "MiB checked", "woken for nothing")]
        rows += [(f"{kind}, {place}", f"{of['connections']:,}", f"{of['reset']:,}", _mib(of["bytes"]), f"{of['spurious']:,}") for (place, kind), of in kinds.items()]
        print(aligned(rows))
        changes = ", ".join(f"{n} {name}" for name, n in sorted(self._done.items()))
        print(f"changes: {changes}; {self._half_upgraded} agents left programs of two builds behind")
        results = Counter()
        for result in loads.values():
            results.update(result["results"])
        accepted = results.pop(_ACCEPTED, 0)
        if accepted > totals["connections"] // 20:
            raise Failure(f"recv returned EAGAIN to blocking programs {accepted} times: the policy accepts that, but not so often")
        print(f"a blocking recv returned EAGAIN, which `blockingSockets: Accept` accepts: {accepted}")
        print("errors that plain TCP gives too: " + (", ".join(f"{what} {n:,}" for what, n in sorted(results.items())) or "none"))
        if redirected < received // 100:
            raise Failure(f"only {_mib(redirected)} of {_mib(received)} MiB were seen to be redirected: this proves nothing")
        print(
            f"integrity: {totals['connections']:,} connections, {_mib(received)} MiB checked byte by byte, {_mib(redirected)} MiB of them seen redirected, "
            f"{sum(self._done.values())} changes: every byte right",
            flush=True,
        )


def _mib(n):
    return f"{n >> 20:,}"


def _policies(on, extra):
    """What the loads' connections match. `extra` must not loosen anything: no errno but TCP's may come."""

    def of(name, ports, **spec):
        return policy(name, [*ports, *(p + _SECOND for p in ports)], **spec, **extra)

    if not on:
        return [policy("settled", [_PORT - 1]), policy("early", [port + d for port in _EARLY for d in (0, _SECOND)], action="Bypass")]
    return [of("settled", _SETTLED), of("early", _EARLY, enrolment="Handshake"), of("blocking", _BLOCKING, blockingSockets="Accept")]
