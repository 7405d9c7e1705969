"""Two network namespaces with the same connections: 127.0.0.1 and the same two ports on both ends, opened and closed in overlap. Never a byte in the wrong one."""

import argparse
import json

from shuntdev.console import Failure, say
from shuntdev.standalone import policy

from .stage import compiled, stage

_PORT = 22000
_LANES = 6  # twins.c
_LEAST = 1000  # connections; fewer would prove little


def main(arguments):
    parser = argparse.ArgumentParser(prog="conformance/prove twins", description=__doc__)
    parser.add_argument("--seconds", type=int, default=12)
    seconds = parser.parse_args(arguments).seconds
    say(f"twins: {_LANES} pairs of connections with the same addresses and ports, {seconds} s")
    with stage("twins") as place:
        # Even lanes are enrolled at the handshake, where fingerprints meet; odd ones once they settled.
        early, settled = ([_PORT + i for i in range(first, _LANES, 2)] for first in (0, 1))
        place.node.start([policy("early", early, enrolment="Handshake"), policy("settled", settled)])
        spaces = place.namespaces
        program = place.run("program", [compiled("twins"), spaces.near, spaces.far, _PORT, seconds])
        program.wait_until(lambda: program.said("^({|wrong: )"), "through with it", seconds + 60)
        if wrong := program.said("^wrong: .*"):
            raise Failure(f"twins: {wrong[0]}")
        _conclude(json.loads(program.said("^{.*")[0]), place.node.policies())
    return 0


def _conclude(done, counted):
    for name in ("early", "settled"):
        if not counted[name]["redirected"]["messages"]:
            raise Failure(f"twins: no message of a connection of the policy {name} was redirected: this proves nothing; counted: {json.dumps(counted[name])}")
    if done["connections"] < _LEAST:
        raise Failure(f"twins: only {done['connections']} connections, expected {_LEAST}: this machine is too slow for it, give it more --seconds")
    accelerated = sum(p["connections"]["accelerated"] for p in counted.values())
    redirected = sum(p["redirected"]["messages"] for p in counted.values())
    print(
        f"twins: {done['connections']:,} connections in two namespaces with the same addresses and ports, {accelerated:,} accelerated, "
        f"{done['messages']:,} messages of 1 KiB, {redirected:,} redirected: not one in the wrong place",
        flush=True,
    )
