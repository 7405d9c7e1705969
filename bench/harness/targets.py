"""What Shunt promises in numbers: issue by issue, each as a cell, a figure and a bound."""

from dataclasses import dataclass

FLOOR = 0.97  # no cell of the matrix may be slower than that


@dataclass(frozen=True)
class Target:
    cell: str
    figure: str
    bound: float
    at_least: bool  # or at most

    def met(self, ratio):
        return ratio >= self.bound if self.at_least else ratio <= self.bound

    @property
    def text(self):
        return f"{'≥' if self.at_least else '≤'} {self.bound:.2f}×"


_PROXY = "http-haproxy-1KiB-32-keepalive"

TARGETS = (
    Target(_PROXY, "operations_per_s", 1.6, True),
    Target(_PROXY, "p50_us", 0.6, False),
    Target(_PROXY, "cpu_us_per_operation", 0.6, False),
    Target("request-64B-same-1-loopback", "operations_per_s", 1.75, True),
    Target("request-64B-same-1-loopback", "cpu_us_per_operation", 0.56, False),
    Target("request-blocking-64B-same-1-loopback", "operations_per_s", 1.75, True),
    Target("request-blocking-64B-same-1-loopback", "cpu_us_per_operation", 0.56, False),
    Target("stream-64KiB-same-1-loopback", "mib_per_s", 2.4, True),
    Target("stream-64KiB-two-1-loopback", "mib_per_s", 1.35, True),
)
