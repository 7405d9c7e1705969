"""The memory of readers that stopped: what redirected and unread data holds is bounded per connection, by bytes and by messages, and per node."""

import argparse
import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from shuntdev.console import ROOT, Failure, say
from shuntdev.processes import until
from shuntdev.standalone import policy
from shuntdev.table import aligned

from .stage import compiled, stage

_PORT = 23000
_MIB = 1 << 20
_ONE_MESSAGE = 512 << 10  # one run of the program may let pass so much: a whole sk_msg
_NODE_BUDGET = 256 * _MIB  # DatapathOptions.DEFAULT_NODE_BUDGET_BYTES
_STEP = 64 << 10  # SHUNT_BACKLOG_STEP: a direction's share of the budget is known to so much
_COMES_BACK_S = 60
_SLAB_OF_SMALL = 8 * _MIB  # "a few MiB"


@dataclass(frozen=True)
class _Flood:
    name: str
    connections: int
    message: int
    messages: int  # at most, for each connection
    buffers: tuple  # SO_SNDBUF and SO_RCVBUF; 0: the kernel's own
    limits: dict
    reached: str = ""  # the reason that some directions must have left redirecting for


_LIMITS = {"backlogBytes": "4Mi", "backlogMessages": 2048}
_FLOODS = [
    _Flood("large messages", 1, 16 << 10, 1 << 20, (0, 0), _LIMITS),
    _Flood("a million of one byte", 1, 1, 1_000_000, (0, 0), _LIMITS),
    # Their buffers take more than the node's budget, so that it is what is reached.
    _Flood("a thousand readers", 1000, 16 << 10, 1 << 20, (32 << 10, 512 << 10), {"backlogBytes": "4Mi", "backlogMessages": 1 << 16}, "node_budget"),
]


@dataclass(frozen=True)
class _Held:
    """What a flood left unread."""

    bytes: int
    messages: int
    slab: int  # more unreclaimable slab on this machine than before, bytes
    messages_slab: int  # of these, in the cache that struct sk_msg comes from; others on this machine disturb it less
    reasons: tuple  # why directions left redirecting
    returned: bool  # to redirecting, after the readers had read everything


def main(arguments):
    argparse.ArgumentParser(prog="conformance/prove memory", description=__doc__).parse_args(arguments)
    rows = [("what is unread", "plain TCP: MiB", "slab MiB", "accelerated: MiB", "slab MiB", "left for TCP because of")]
    figures = {}
    with stage("memory") as place:
        for i, flood in enumerate(_FLOODS):
            say(f"memory: {flood.name}")
            plain = _hold(place, flood, _PORT + 2 * i, None)
            place.node.start([policy("flood", [_PORT + 2 * i + 1], limits=flood.limits)])
            held = _hold(place, flood, _PORT + 2 * i + 1, place.node)
            place.node.uninstall()
            rows.append((flood.name, _mib(plain.bytes), _mib(plain.slab), _mib(held.bytes), _mib(held.slab), ", ".join(held.reasons)))
            figures[flood.name] = {"plain": vars(plain), "accelerated": vars(held)}
            print(aligned(rows))
            _judge(flood, plain, held)
    (ROOT / "target" / "memory.json").write_text(json.dumps(figures, indent=1))
    print("memory: what stopped readers hold is bounded by bytes, messages and the node's budget; every byte came, and redirecting resumed", flush=True)
    return 0


def _judge(flood, plain, held):
    per_connection = int(flood.limits["backlogBytes"].removesuffix("Mi")) * _MIB + _ONE_MESSAGE
    # The budget is only looked at from the second step on, and what is on its way when it is reached still passes.
    node = _NODE_BUDGET + flood.connections * (2 * _STEP + flood.message)
    bound = min(flood.connections * per_connection, node) + plain.bytes
    problems = []
    if held.bytes > bound:
        problems.append(f"{held.bytes:,} bytes are unread, expected at most {bound:,}: the limit and what plain TCP holds, {plain.bytes:,}")
    if flood.message == 1 and held.messages_slab - plain.messages_slab > _SLAB_OF_SMALL:
        problems.append(f"{held.messages_slab:,} bytes of slab for messages more than before, expected at most {_SLAB_OF_SMALL:,} more than with plain TCP, {plain.messages_slab:,}")
    if not held.reasons:
        problems.append("no direction left redirecting: no limit was reached, this proves nothing")
    if flood.reached and flood.reached not in held.reasons:
        problems.append(f"directions left redirecting because of {', '.join(held.reasons)}, none because of {flood.reached}: this does not prove what it should")
    if not held.returned:
        problems.append("nothing was redirected after the readers had drained")
    if problems:
        raise Failure(f"memory, {flood.name}: {'; '.join(problems)}")


def _hold(place, flood, port, node):
    program = _Program(place, flood, port)
    try:
        program.answer("open")
        program.ask("use", "used")
        if node:
            until(lambda: node.status()["connections"]["acceleratedLive"] == flood.connections, "every connection accelerated", 60)
            program.ask("use", "used")
        before, before_messages = _slab(), _slab_of_messages()
        _, size, messages = program.ask("flood", "flooded").split()
        slab, messages_slab = max(0, _slab() - before), max(0, _slab_of_messages() - before_messages)
        program.ask("drain", "drained")
        reasons = tuple(r for r, n in node.status()["fallbacks"].items() if n) if node else ()
        returned = bool(node) and _redirects_again(program, node)
        return _Held(int(size), int(messages), slab, messages_slab, reasons, returned)
    finally:
        program.close()


def _redirects_again(program, node):
    """At once where the connection stayed; one that TCP carried for long has left meanwhile, and comes back when it asks and answers (slow.h)."""
    before, end = node.status()["returns"], time.monotonic() + _COMES_BACK_S
    while time.monotonic() < end:
        for _ in range(40):
            program.ask("use", "used")
        if node.status()["returns"] > before:
            return True
    return False


class _Program:
    """flood.c, which does one thing after the other as it is told."""

    def __init__(self, place, flood, port):
        argv = [compiled("flood"), port, flood.connections, flood.message, flood.messages, *flood.buffers]
        self._process = subprocess.Popen(
            place.watched.inside(["nsenter", f"--net={place.namespaces.near}", *argv]), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def ask(self, what, answer):
        self._process.stdin.write(what + "\n")
        return self.answer(answer)

    def answer(self, expected):
        line = self._process.stdout.readline().strip()
        if not line.startswith(expected):
            raise Failure(f"expected the program to say '{expected}', it said '{line}'")
        return line

    def close(self):
        self._process.kill()
        self._process.communicate()


def _slab():
    """Unreclaimable slab of this machine: where struct sk_msg and struct sk_buff are, which no limit of the kernel counts for a socket."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        name, value = line.split(":")
        if name == "SUnreclaim":
            return int(value.split()[0]) << 10
    raise Failure("/proc/meminfo has no SUnreclaim")


def _slab_of_messages():
    for line in Path("/proc/slabinfo").read_text().splitlines():
        name, _, objects, size, *_ = line.split()
        if name == "kmalloc-1k":
            return int(objects) * int(size)
    raise Failure("/proc/slabinfo has no kmalloc-1k")


def _mib(n):
    return f"{n / _MIB:.1f}"
