"""redis-benchmark against redis-server, without anything between them."""

import csv
from dataclasses import dataclass

from . import arms
from .chain import Chain
from .turns import ArmsCell


@dataclass(frozen=True)
class RedisCell(ArmsCell):
    command: str      # get, set
    size: int
    connections: int
    pipeline: int = 1

    kind = "databases"
    figure = "operations_per_s"
    slice_ms = 2000
    arms = arms.PROXIED
    short = property(lambda self: self.command == "get" and self.connections == 32 and self.pipeline == 1)

    @property
    def name(self):
        return f"redis-{self.command}-{self.size}B-{self.connections}" + (f"-pipelined{self.pipeline}" if self.pipeline > 1 else "")

    def open(self, lab, arm, index):
        return _Redis(self, lab, arm, index)


class _Redis(Chain):
    """redis-benchmark takes a number of requests, not a time: the first slice finds out how many make one."""

    _per_second = 20_000

    def serve(self):
        argv = ["redis-server", "--port", self.ports, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", self.folder]
        self.start("redis", argv, self.ports, self.near)
        self._benchmark("set", 20_000, 1, 10)  # so that there is something to get

    def load(self, seconds):
        requests = int(self._per_second * seconds)
        row = self._benchmark(self.cell.command, requests, self.cell.pipeline, seconds)
        self._per_second = float(row["rps"])
        return {
            "operations": requests,
            "bytes": requests * self.cell.size,
            "seconds": requests / self._per_second,
            "failures": 0,  # redis-benchmark ends with an error at the first one
            "p50_us": float(row["p50_latency_ms"]) * 1000,
            "p99_us": float(row["p99_latency_ms"]) * 1000,
        }

    def _benchmark(self, command, requests, pipeline, seconds):
        argv = ["redis-benchmark", "-h", "127.0.0.1", "-p", self.ports, "-c", self.cell.connections, "-n", requests]
        argv += ["-d", self.cell.size, "-P", pipeline, "-r", 1000, "-t", command, "--csv"]
        out = self.call(argv, seconds, self.near)
        return list(csv.DictReader(line for line in out.splitlines() if line.startswith('"')))[-1]


def cells():
    return [RedisCell("get", 1024, n) for n in (1, 32, 200)] + [RedisCell("set", 1024, 32), RedisCell("get", 1024, 32, 16)]
