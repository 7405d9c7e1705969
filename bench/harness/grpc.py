"""A gRPC client -> HAProxy -> gRPC server, both grpc-java, the library that Shunt's own node stream runs on."""

import json
import os
import subprocess
import zipfile
from dataclasses import dataclass

from shuntdev.console import ROOT, Failure

from . import arms
from .chain import Chain, inside
from .sizes import size_text
from .turns import ArmsCell

_SOURCE = ROOT / "bench" / "grpc" / "Rpc.java"
_OUT = ROOT / "target" / "bench" / "grpc"
# A small heap and one collector thread, so that eight of them fit beside each other; the first compiler only, which is done within the warm-up.
_JVM = ["-Xms64m", "-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"]


@dataclass(frozen=True)
class GrpcCell(ArmsCell):
    call: str         # unary, stream
    size: int
    connections: int

    kind = "grpc"
    figure = "operations_per_s"
    slice_ms = 1500
    arms = arms.PROXIED

    @property
    def name(self):
        return f"grpc-{self.call}-{size_text(self.size)}-{self.connections}"

    def open(self, lab, arm, index):
        build()
        return _Rpc(self, lab, arm, index)


def build():
    """Compiles the program against the libraries that the control plane ships."""
    if (_OUT / "Rpc.class").exists() and (_OUT / "Rpc.class").stat().st_mtime > _SOURCE.stat().st_mtime:
        return
    jars = [p for p in (ROOT / "control-plane" / "target").glob("shunt-control-plane-*.jar") if "sources" not in p.name]
    if not jars:
        raise Failure("control-plane/target holds no jar to take gRPC from", "make build makes it")
    with zipfile.ZipFile(jars[0]) as jar:
        for entry in jar.namelist():
            if entry.startswith("BOOT-INF/lib/") and entry.endswith(".jar"):
                (_OUT / "lib").mkdir(parents=True, exist_ok=True)
                (_OUT / "lib" / os.path.basename(entry)).write_bytes(jar.read(entry))
    result = subprocess.run(["javac", "-cp", f"{_OUT}/lib/*", "-d", str(_OUT), str(_SOURCE)], capture_output=True, text=True)
    if result.returncode:
        raise Failure(f"javac {_SOURCE.name}: {result.stderr.strip()}")


class _Rpc(Chain):
    """The client stays up between slices: a JVM that has just started mostly compiles itself."""

    _client = None

    def serve(self):
        java = ["java", *_JVM, "-cp", f"{_OUT}:{_OUT}/lib/*", "Rpc"]
        app, proxy = self.ports, self.ports + 1
        self.start("app", [*java, "server", app], app, self.near)
        config = self.config("grpc.cfg", APP=f"127.0.0.1:{app}", PROXY=f"127.0.0.1:{proxy}")
        self.start("proxy", ["haproxy", "-db", "-f", config], proxy, self.near)
        argv = [*java, "client", proxy, self.cell.call, self.cell.size, self.cell.connections]
        with open(self.folder / "client.log", "wb") as log:
            self._client = subprocess.Popen(
                self.group.inside(inside(self.near, argv)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
            )

    def warm_up(self, ms):
        for _ in range(4):
            self.slice(ms)

    def load(self, seconds):
        try:
            self._client.stdin.write(f"run {int(seconds * 1000)}\n")
            self._client.stdin.flush()
            return json.loads(self._client.stdout.readline())
        except (OSError, ValueError):
            log = self.folder / "client.log"
            raise Failure(f"{self.cell.name}, {self.arm.name}: the client ended: {log.read_text()[-2000:]}") from None

    def close(self):
        if self._client:
            self._client.kill()
            self._client.wait()
        super().close()


def cells():
    return [GrpcCell("unary", 64, 1), GrpcCell("unary", 1024, 8), GrpcCell("unary", 64 << 10, 8), GrpcCell("stream", 1024, 4), GrpcCell("stream", 64 << 10, 4)]
