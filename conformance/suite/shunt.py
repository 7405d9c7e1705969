"""Shunt as the suite uses it: one policy for each program."""

import time
from dataclasses import dataclass

from shuntdev import standalone
from shuntdev.standalone import StandaloneNode

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
    spec = {"enrolment": "Handshake" if enrolment == "handshake" else "Settled"}
    if enrolment == "accept":
        spec["blockingSockets"] = "Accept"
    if small_limits:
        spec["limits"] = _SMALL
    return standalone.policy(f"port-{port}", [port], **spec)


class Shunt(StandaloneNode):
    def start(self, documents):
        # "cases" has cases that splice; those run under another name. Hundreds of programs begin at once and wait for their verdict only some seconds.
        super().start(documents, None, "--trusted-programs", "cases", "--cpu-percent", "100")

    def counters(self):
        """By port."""
        return {int(name.removeprefix("port-")): Counters.of(p) for name, p in self.policies().items()}

    def wait_until_decided(self, programs, seconds=20, quiet_s=3):
        """Until every connection is accelerated or refused, or nothing has changed for a while: some are meant to stay undecided."""
        deadline = time.monotonic() + seconds
        changed, before = time.monotonic(), None
        while time.monotonic() < deadline:
            counters = self.counters()
            if all(counters[p.port].decided for p in programs):
                return
            if counters != before:
                changed, before = time.monotonic(), counters
            elif time.monotonic() - changed > quiet_s:
                return
            self.server.check_alive()
            time.sleep(0.3)
