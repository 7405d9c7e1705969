"""wrk -> proxy -> nginx, and the same behind two sidecars that iptables leads to."""

import json
import subprocess
from dataclasses import dataclass

from shuntdev.console import ROOT, Failure

from . import arms
from .chain import Chain, inside
from .sizes import size_text
from .turns import DEFAULT_CPU_PERCENT, ArmsCell

_REPORT = ROOT / "demo" / "report.lua"
_SIZES = (1 << 10, 64 << 10, 1 << 20)
_SIDECAR_UID = 1337  # Istio's


@dataclass(frozen=True)
class HttpCell(ArmsCell):
    proxy: str        # haproxy, nginx, sidecars
    size: int
    connections: int
    keep_alive: bool = True

    kind = "proxies"
    figure = "operations_per_s"
    slice_ms = 2000
    cpu_percent = property(lambda self: ArmsCell.cpu_percent if self.keep_alive else DEFAULT_CPU_PERCENT)
    short = property(lambda self: self.proxy == "haproxy" and self.size == 1024 and self.connections == 32)

    @property
    def name(self):
        return f"http-{self.proxy}-{size_text(self.size)}-{self.connections}-{'keepalive' if self.keep_alive else 'close'}"

    @property
    def arms(self):
        # The tutorial's keys are addresses, and REDIRECT changes those.
        return arms.PROXIED if self.proxy != "sidecars" else tuple(a for a in arms.PROXIED if a is not arms.TUTORIAL)

    def open(self, lab, arm, index):
        return (_Sidecars if self.proxy == "sidecars" else _Proxied)(self, lab, arm, index)


class _Http(Chain):
    url_host = None

    def start_app(self, port, net):
        www = self.lab.folder / "www"
        www.mkdir(exist_ok=True)
        for size in _SIZES:
            if not (www / size_text(size)).exists():
                (www / size_text(size)).write_bytes(b"x" * (size - 1) + b"\n")
        config = self.config("app.conf", DIR=self.folder, WWW=www, APP=f"127.0.0.1:{port}")
        self.start("app", ["nginx", "-p", self.folder, "-c", config, "-e", "stderr"], port, net)

    def load(self, seconds):
        argv = ["wrk", "--threads", 1, "--connections", self.cell.connections, "--duration", f"{seconds}s", "--timeout", "10s"]
        argv += [] if self.cell.keep_alive else ["--header", "Connection: close"]
        argv += ["--script", _REPORT, f"http://{self.target}/{size_text(self.cell.size)}"]
        lines = [line for line in self.call(argv, seconds, self.near).splitlines() if line.startswith("{")]
        if not lines:
            raise Failure(f"{self.cell.name}, {self.arm.name}: wrk reported nothing")
        r = json.loads(lines[-1])
        return {
            "operations": r["requests"],
            "bytes": r["requests"] * self.cell.size,
            "seconds": r["duration_us"] / 1e6,
            "failures": sum(r["errors"].values()),
            "p50_us": r["p50_us"],
            "p99_us": r["p99_us"],
        }


class _Proxied(_Http):
    def serve(self):
        app, proxy = f"127.0.0.1:{self.ports}", f"127.0.0.1:{self.ports + 1}"
        self.start_app(self.ports, self.near)
        words = {"DIR": self.folder, "APP": app, "PROXY": proxy}
        if self.cell.proxy == "haproxy":
            config = self.config("haproxy.cfg", LIFE="http-keep-alive" if self.cell.keep_alive else "httpclose", **words)
            argv = ["haproxy", "-db", "-f", config]
        else:
            config = self.config("nginx.conf", CONNECTION="" if self.cell.keep_alive else "close", **words)
            argv = ["nginx", "-p", self.folder, "-c", config, "-e", "stderr"]
        self.start("proxy", argv, self.ports + 1, self.near)
        self.target = proxy


class _Sidecars(_Http):
    """wrk -> [REDIRECT] sidecar -> veth -> [REDIRECT] sidecar -> app, as Istio leads it: uid 1337 outbound, 127.0.0.6 inbound."""

    def serve(self):
        app, outbound, inbound = self.ports, self.ports + 1, self.ports + 2
        self.target = f"10.73.0.2:{app}"
        self.start_app(app, self.far)
        self.start("inbound", ["haproxy", "-db", "-f", self.config("inbound.cfg", INBOUND=inbound, APP=f"127.0.0.1:{app}")], inbound, self.far)
        config = self.config("outbound.cfg", OUTBOUND=outbound, UID=_SIDECAR_UID)
        self.folder.chmod(0o755)
        self.start("outbound", ["haproxy", "-db", "-f", config], outbound, self.near)
        not_the_sidecar = ["-m", "owner", "!", "--uid-owner", _SIDECAR_UID]
        self._rules = [
            (self.near, ["OUTPUT", "-p", "tcp", "-d", "10.73.0.2", "--dport", app, *not_the_sidecar, "-j", "REDIRECT", "--to-ports", outbound]),
            (self.far, ["PREROUTING", "-p", "tcp", "--dport", app, "-j", "REDIRECT", "--to-ports", inbound]),
        ]
        self._iptables("-A")

    def close(self):
        self._iptables("-D")
        super().close()

    def _iptables(self, action):
        for net, rule in getattr(self, "_rules", ()):
            subprocess.run(inside(net, ["iptables", "-t", "nat", action, *rule]), check=True)


def cells():
    found = []
    for proxy in ("haproxy", "nginx"):
        for keep_alive in (True, False):
            found += [HttpCell(proxy, size, n, keep_alive) for size in _SIZES for n in (1, 32, 200)]
    found += [HttpCell("sidecars", size, n) for size in _SIZES for n in (1, 32, 200)]
    return found
