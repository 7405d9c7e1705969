"""A node plugin without a control plane, attached to a cgroup of ours: what the suites drive real sockets through."""

import json
import os
import signal
import subprocess
from pathlib import Path

from .console import ROOT, Failure
from .processes import Server

NODE = os.environ.get("SHUNT_NODE") or str(ROOT / "bin" / "shunt-node")


def policy(name, ports, **spec):
    """An accelerating policy for servers on these ports; `spec` adds to or replaces members of its spec."""
    whole = {"action": "Accelerate", "match": {"ports": [str(p) for p in ports]}} | spec
    return {"apiVersion": "shunt.dev/v1alpha1", "kind": "AccelerationPolicy", "metadata": {"name": name}, "spec": whole}


class StandaloneNode:
    def __init__(self, cgroup, folder, pins):
        self._cgroup = cgroup
        self._folder = Path(folder)
        self._policies = self._folder / "policies.yaml"
        self._at = ["--pin-dir", pins, "--state-dir", self._folder / "state", "--run-dir", self._folder / "run"]
        self._starts = 0
        self.pins = Path(pins)
        self.server = None

    def start(self, documents, jar=None, *arguments):
        """Installs or adopts the datapath; returns when the policies are live. `jar`: another build of the node plugin."""
        self.begin(documents, jar, *arguments)
        self.server.wait_until(lambda: self.server.said("^shunt-node ready"), "ready", 180)

    def begin(self, documents, jar=None, *arguments):
        """The same without waiting for anything."""
        self._write(documents)
        self._starts += 1
        argv = [NODE, "run", "--standalone", "-f", self._policies, "--cgroup", self._cgroup.folder, "--metrics-port", "0", *self._at, *arguments]
        self.server = Server("node plugin", argv, self._folder / f"node-{self._starts}.log", env={"SHUNT_JAR": str(jar)} if jar else None)

    def reload(self, documents):
        """Other policies for the agent that runs; it takes them over by itself, a moment later."""
        self._write(documents)
        self.server.process.send_signal(signal.SIGHUP)

    def kill(self):
        """SIGKILL: nobody tends the datapath until the next start."""
        self.server.process.kill()
        self.server.process.wait()

    def stop(self):
        if self.server:
            self.server.stop()

    def uninstall(self):
        self.stop()
        self.call("uninstall")

    def status(self):
        return json.loads(self.call("status", "--json"))

    def policies(self):
        """Counters by the name of the policy."""
        return {p["name"]: p for p in self.status()["policies"]}

    def call(self, *arguments):
        argv = [NODE, *arguments, *self._at]
        result = subprocess.run([str(a) for a in argv], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=180)
        if result.returncode:
            raise Failure(f"shunt-node {arguments[0]} ended with {result.returncode}: {result.stderr.strip()}")
        return result.stdout

    def _write(self, documents):
        self._folder.mkdir(parents=True, exist_ok=True)
        beside = self._policies.with_suffix(".new")
        beside.write_text("---\n".join(json.dumps(d) + "\n" for d in documents))
        beside.rename(self._policies)
