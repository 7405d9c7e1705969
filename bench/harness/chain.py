"""Real servers in a row, and a client that loads them for a while: what cells of proxies, databases and RPCs have in common."""

import math
import shutil
import subprocess
from pathlib import Path

from shuntdev.console import ROOT, Failure
from shuntdev.processes import Server

_CONFIGS = ROOT / "bench" / "proxies"


class Chain:
    """One arm of a cell while it is open. A cell's own chain starts its servers in serve() and loads them in load()."""

    def __init__(self, cell, lab, arm, index):
        self.cell = cell
        self.lab = lab
        self.arm = arm
        self.group = lab.cgroups[arm.name]
        self.near, self.far = lab.namespaces.near, lab.namespaces.far
        self.ports = 2000 + 100 * index  # below what clients are given
        self.folder = lab.folder / f"{cell.name}-{arm.name}"
        self.folder.mkdir(parents=True)
        (self.folder / "tmp").mkdir()
        self._servers = []
        try:
            self.serve()
        except BaseException:
            self.close()
            raise

    def serve(self):
        raise NotImplementedError

    def load(self, seconds):
        """Returns {"operations", "bytes", "seconds", "failures"} and, where the client tells, "p50_us" and "p99_us"."""
        raise NotImplementedError

    def start(self, name, argv, port, net, env=None):
        """Starts a server and waits until something listens on the port."""
        server = Server(name, inside(net, argv), self.folder / f"{name}.log", self.group, env=env)
        self._servers.append(server)
        server.wait_until(lambda: listens(net, port), f"listening on port {port}", 60)
        return server

    def call(self, argv, seconds, net):
        """Runs the client and returns what it printed."""
        name = f"{self.cell.name}, {self.arm.name}"
        client = subprocess.Popen(
            self.group.inside(inside(net, argv)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        try:
            out, err = client.communicate(timeout=seconds + 20)
        except subprocess.TimeoutExpired:
            queues = subprocess.run(inside(net, ["ss", "-tn"]), capture_output=True, text=True).stdout
            raise Failure(f"{name}: {argv[0]} is still not done after {seconds + 20} s; the connections:\n{queues}") from None
        finally:
            client.kill()
            client.wait()
        if client.returncode:
            raise Failure(f"{name}: {argv[0]} ended with {client.returncode}: {out}{err}")
        return out

    def config(self, name, **words):
        text = (_CONFIGS / name).read_text()
        for word, value in words.items():
            text = text.replace(f"@{word}@", str(value))
        path = self.folder / name
        path.write_text(text)
        return path

    def warm_up(self, ms):
        """Pooled connections live on; those of the client are new in each slice, and what Settled needs to trust them is part of it."""
        self.slice(ms)

    def slice(self, ms):
        before = self.group.cpu_us()
        loaded = self.load(max(1, math.ceil(ms / 1000)))  # wrk and pgbench know whole seconds only
        cpu_us = self.group.cpu_us() - before
        for server in self._servers:
            server.check_alive()
        if not loaded["operations"]:
            raise Failure(f"{self.cell.name}, {self.arm.name}: not one operation in {ms} ms: {loaded}")
        return {
            **loaded,
            "operations_per_s": loaded["operations"] / loaded["seconds"],
            "cpu_us_per_operation": cpu_us / loaded["operations"],
        }

    def close(self):
        for server in reversed(self._servers):
            server.stop()
        shutil.rmtree(self.folder)


def inside(net, argv):
    return ["nsenter", f"--net={net}", *map(str, argv)]


def listens(net, port):
    tables = [Path(net.replace("ns/net", f"net/{table}")) for table in ("tcp", "tcp6")]
    for line in (line for t in tables for line in t.read_text().splitlines()[1:]):
        fields = line.split()
        if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
            return True
    return False
