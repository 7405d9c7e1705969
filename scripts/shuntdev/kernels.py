"""make kernels: what the node plugin's check says on kernels that Debian has, each booted in a machine of its own (QEMU, without KVM about two minutes each).

Settings, all from the environment:
  KERNELS="6.1 6.12 newest"    series or versions, the newest of each
  KERNEL_TESTS=""              tests to run there too, below dev.shunt.node, such as datapath.RealConnectionTest or traffic.SpliceTest#METHOD; without KVM minutes each

A kernel passes if the check finds it fit, or refuses it for its release; and if the tests pass.
"""

import json
import os
import platform

from . import build, console, mutation
from .console import ROOT, Failure, say
from .debkernel import Mirror
from .guest import Guest, accelerator

_RESULTS = ROOT / "target" / "kernels"
_CHECK_S, _TEST_S, _BOOT_S = 400, 1200, 200


def main():
    if platform.machine() != "x86_64":
        raise Failure(f"this machine is {platform.machine()}; the guests are x86-64", "Run it on such a machine.")
    build.ensure_built()
    named = os.environ.get("KERNEL_TESTS", "").split()
    tests = mutation.Tests(build.sources_digest(mutation.NOT_TESTED)) if named else None
    mirror = Mirror()
    mirror.refresh()
    wrong = []
    releases = [mirror.newest(series) for series in (os.environ.get("KERNELS") or "6.1 6.12 newest").split()]
    for release in releases:
        kernel = mirror.kernel(release)
        say(f"booting Linux {release} ({accelerator()})")
        guest = Guest(mirror.emulator(), kernel, _RESULTS / release, ROOT)
        commands = [("check", [ROOT / "bin" / "shunt-node", "check", "--json"], _CHECK_S)]
        commands += [(name.replace("#", "-"), tests.command(_selected(name)), _TEST_S) for name in named]
        codes = guest.run(commands, _BOOT_S + sum(limit for _, _, limit in commands))
        problems = _problems(release, codes, guest.results)
        for problem in problems:
            say(f"{release}: {problem}")
        wrong += problems
    print(f"{len(releases)} kernels, {len(wrong)} problems; everything that was said is in {_RESULTS.relative_to(ROOT)}")
    return int(bool(wrong))


def _selected(name):
    return f"--select-{'method' if '#' in name else 'class'}=dev.shunt.node.{name}"


def _problems(release, codes, results):
    try:
        report = json.loads((results / "check.log").read_text())
    except ValueError:
        return [f"the check ended with {codes['check']}, and no report: {console.tail(results / 'check.log', 5)}"]
    refusals = [line for line in report["lines"] if line["effect"] == "refuse"]
    for line in report["lines"]:
        if line["effect"] != "full" or line["name"] in ("kernel", "programs"):
            say(f"{release}: {line['name']}: {line['effect']}: {line['seen']}" + (f"; {line['advice']}" if line["advice"] else ""))
    if any(line["name"] == "kernel" for line in refusals):
        return []  # what else such a one lacks is no news, and no test can pass
    say(f"{release}: {report['effect']}")
    problems = [f"the check refuses it: {line['name']}: {line['seen']}" for line in refusals]
    for name, code in codes.items():
        if name != "check":
            outcome = "passed" if code == 0 else "failed" if code else "not begun"
            say(f"{release}: {name}: {outcome}")
            if code != 0:
                problems.append(f"{name} {'was not begun' if code is None else 'ended with ' + str(code)}: {results / (name + '.log')}")
    return problems


if __name__ == "__main__":
    console.run(main)
