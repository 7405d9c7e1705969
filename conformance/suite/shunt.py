"""Shunt as the suite uses it: one node plugin without a control plane, attached to a cgroup of ours, one policy for each program."""

import json
import os
import subprocess
import time
from dataclasses import dataclass

from shuntdev.console import ROOT, Failure
from shuntdev.processes import Server

_NODE = os.environ.get("SHUNT_NODE") or str(ROOT / "bin" / "shunt-node")
_SMALL = {"backlogBytes": "16Ki", "backlogMessages": 128}


@dataclass(frozen=True)
class Counters:
    """What the datapath counted for one program."""

    live: int
    accelerated: int
    messages: int  # redirected
    reasons: frozenset  # under which connections are, or were, not accelerated
    fallbacks: frozenset
    refused: int

    @staticmethod
    def of(policy):
        connections, reasons = policy["connections"], policy["reasons"]
        return Counters(
            connections["live"],
            connections["accelerated"],
            policy["redirected"]["messages"],
            frozenset(r for r, n in reasons.items() if n),
            frozenset(r for r, n in policy["fallbacks"].items() if n),
            sum(reasons.values()),
        )

    @property
    def decided(self):
        return self.live <= self.accelerated + self.refused


def policy(port, enrolment, small_limits):
    """The policy of the program that listens on a port. `enrolment`: settled, accept or handshake."""
    spec = {
        "action": "Accelerate",
        "match": {"ports": [str(port)]},
        "enrolment": "Handshake" if enrolment == "handshake" else "Settled",
    }
    if enrolment == "accept":
        spec["blockingSockets"] = "Accept"
    if small_limits:
        spec["limits"] = _SMALL
    return {"apiVersion": "shunt.dev/v1alpha1", "kind": "AccelerationPolicy", "metadata": {"name": f"port-{port}"}, "spec": spec}


class Shunt:
    def __init__(self, cgroup, folder, pins):
        self._cgroup = cgroup
        self._folder = folder
        self._at = ["--pin-dir", pins, "--state-dir", folder / "state", "--run-dir", folder / "run"]
        self._server = None

    def start(self, documents):
        policies = self._folder / "policies.yaml"
        policies.write_text("---\n".join(json.dumps(d) + "\n" for d in documents))
        argv = [_NODE, "run", "--standalone", "-f", policies, "--cgroup", self._cgroup.folder, "--metrics-port", "0", *self._at]
        self._server = Server("node plugin", argv, self._folder / "node.log")
        self._server.wait_until(lambda: self._server.said("^shunt-node ready"), "ready", 60)

    def stop(self):
        if self._server:
            self._server.stop()
        self._call("uninstall")

    def status(self):
        """Counters by port."""
        return {int(p["name"].removeprefix("port-")): Counters.of(p) for p in json.loads(self._call("status", "--json"))["policies"]}

    def wait_until_decided(self, programs, seconds=20, quiet_s=3):
        """Until every connection is accelerated or refused, or nothing has changed for a while: some are meant to stay undecided."""
        deadline = time.monotonic() + seconds
        changed, before = time.monotonic(), None
        while time.monotonic() < deadline:
            counters = self.status()
            if all(counters[p.port].decided for p in programs):
                return
            if counters != before:
                changed, before = time.monotonic(), counters
            elif time.monotonic() - changed > quiet_s:
                return
            self._server.check_alive()
            time.sleep(0.3)

    def _call(self, *arguments):
        argv = [_NODE, *arguments, *self._at]
        result = subprocess.run([str(a) for a in argv], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        if result.returncode:
            raise Failure(f"shunt-node {arguments[0]} ended with {result.returncode}: {result.stderr.strip()}")
        return result.stdout
