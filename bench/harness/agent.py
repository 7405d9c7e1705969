"""The node plugin as the benchmark uses it: without a control plane, attached to one cgroup of ours, one policy for each accelerated arm."""

import json
import os
import re
import socket
import subprocess
import urllib.request
from pathlib import Path

from shuntdev.console import ROOT, Failure
from shuntdev.processes import Server

_NODE = os.environ.get("SHUNT_NODE") or str(ROOT / "bin" / "shunt-node")
_SAMPLE = re.compile(r'^(shunt_\w+)\{([^}]*)\} (\S+)$')
_LABEL = re.compile(r'(\w+)="([^"]*)"')


def policy(name, cgroup, **spec):
    match = {"cgroups": [f"{cgroup}/**"]}
    return {
        "apiVersion": "shunt.dev/v1alpha1",
        "kind": "AccelerationPolicy",
        "metadata": {"name": name},
        "spec": {"action": "Accelerate", "match": match, **spec},
    }


class Agent:
    def __init__(self, attach_to, own, folder, pins, cpu_percent=1):
        self._attach_to = attach_to
        self._own = own
        self._folder = folder
        self.pins = pins
        self._at = ["--pin-dir", pins, "--state-dir", folder / "state", "--run-dir", folder / "run"]
        self._cpu_percent = cpu_percent
        self._server = None
        self._port = None

    def start(self, documents):
        file = self._folder / "policies.yaml"
        file.write_text("---\n".join(json.dumps(d) + "\n" for d in documents))
        self._start(file)

    def start_again(self):
        """With the documents of the first start."""
        if not self._server or self._server.process.poll() is not None:
            self._start(self._folder / "policies.yaml")

    def share(self, cpu_percent):
        """What it may take from now on; what it installed stays, and so do its counters."""
        if cpu_percent != self._cpu_percent:
            self._cpu_percent = cpu_percent
            self._server.stop()
            self._start(self._folder / "policies.yaml")

    def _start(self, file):
        self._port = _free_port()
        argv = [_NODE, "run", "--standalone", "-f", file, "--cgroup", self._attach_to.folder, "--metrics-port", self._port]
        self._server = Server("node plugin", [*argv, *self._at, "--cpu-percent", self._cpu_percent], self._folder / "node.log", self._own)
        self._server.wait_until(lambda: self._server.said("^shunt-node ready"), "ready", 60)

    def stop(self):
        """Nothing of it is on this machine afterwards."""
        if self._server:
            self._server.stop()
        if Path(self.pins).exists():
            self._uninstall()

    def counters(self):
        """What the datapath has counted since it was installed, by policy."""
        self._server.check_alive()
        with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/metrics", timeout=10) as answer:
            return _by_policy(answer.read().decode())

    def cpu_seconds_of(self, thread):
        """CPU time of its threads of that name, so far."""
        self._server.check_alive()
        tasks = Path(f"/proc/{self._server.process.pid}/task").iterdir()
        named = [t for t in tasks if (t / "comm").read_text().strip() == thread]
        if not named:
            raise Failure(f"the node plugin has no thread named {thread}")
        return sum(int((t / "schedstat").read_text().split()[0]) for t in named) / 1e9

    def version(self):
        return self._call("version").strip()

    def _uninstall(self):
        self._call("uninstall", *self._at)

    def _call(self, *arguments):
        result = subprocess.run([_NODE, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        if result.returncode:
            raise Failure(f"shunt-node {arguments[0]} ended with {result.returncode}: {result.stderr.strip()}")
        return result.stdout


def _by_policy(text):
    """{policy: {"redirected_bytes", "redirected_messages", "live", "accelerated_live", "reasons", "fallbacks"}} from Prometheus text."""
    found = {}
    for line in text.splitlines():
        sample = _SAMPLE.match(line)
        if not sample:
            continue
        labels = dict(_LABEL.findall(sample[2]))
        if not labels.get("policy"):
            continue
        row = found.setdefault(labels["policy"], {"reasons": {}, "fallbacks": {}})
        name, value = sample[1].removeprefix("shunt_").removesuffix("_total"), int(float(sample[3]))
        if name == "fallbacks":
            row["fallbacks"][labels["reason"]] = value
        elif name == "connections":
            row["reasons"][labels.get("reason") or labels["result"]] = value
        else:
            row[name.removeprefix("connections_")] = value
    return found


def _free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]
