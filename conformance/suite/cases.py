"""What there is to run: the cases, compiled here and now, and where and how each is run."""

import os
import shutil
import subprocess
import zlib
from dataclasses import dataclass, replace

from shuntdev.console import ROOT, Failure

from .places import EVERY_PLACE

_SOURCES = ROOT / "conformance"
_OUT = ROOT / "target" / "conformance"


@dataclass(frozen=True)
class Case:
    name: str
    group: str
    modes: tuple
    flags: frozenset
    settled: frozenset  # reasons under which it is expected not to be accelerated; empty = accelerated
    handshake: frozenset
    command: tuple
    routes: tuple

    def places(self):
        routes = ("loopback",) if "only_loopback" in self.flags else self.routes
        return [p for p in EVERY_PLACE if p.route in routes]


@dataclass(frozen=True)
class Slot:
    """One case in one mode in one place."""

    case: Case
    mode: str
    place: object

    @property
    def name(self):
        return f"{self.case.name} [{self.mode}, {self.place.name}]"

    @property
    def blocks(self):
        return self.mode in ("blocking", "java-socket")

    def argv(self, port, namespaces):
        to, listen_on, client_side, server_side = self.place.ends(namespaces)
        argv = [*self.case.command, "run", self.case.name, self.mode, to, str(port), listen_on]
        if self.case.group == "java":  # cannot change its namespace by itself
            return ["nsenter", f"--net={client_side}", *argv]
        return [*argv, client_side, server_side]


def build():
    """Compiles all cases; returns them."""
    return _build_c() + _build_java()


def _build_c():
    program = _OUT / "cases"
    sources = sorted((_SOURCES / "cases").glob("*.c"))
    flags = "-std=gnu17 -O1 -g -Wall -Wextra -Werror -Wno-missing-field-initializers -pthread".split()
    if _is_older(program, _SOURCES / "cases"):
        _compile(["gcc", *flags, "-o", str(program), *map(str, sources)])
        # The same program under a name that is not among the trusted ones (shunt.py).
        shutil.copy(program, _OUT / "splicing")
    cases = _listed((str(program),), ("loopback", "veth", "redirect"))
    return [replace(c, command=(str(_OUT / "splicing"),)) if "may_splice" in c.settled else c for c in cases]


def _build_java():
    classes = _OUT / "java"
    home = os.environ.get("JAVA_HOME")
    tools = f"{home}/bin/" if home else ""
    if _is_older(classes / "Cases.class", _SOURCES / "java"):
        _compile([f"{tools}javac", "-Xlint:all", "-Werror", "--release", "17", "-d", str(classes), *map(str, sorted((_SOURCES / "java").glob("*.java")))])
    flags = "-Xshare:auto -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx96m".split()
    # Both ends are in one process, so in one namespace.
    return _listed((f"{tools}java", *flags, "-cp", str(classes), "Cases"), ("loopback", "redirect"))


def _is_older(target, sources):
    _OUT.mkdir(parents=True, exist_ok=True)
    return not target.exists() or target.stat().st_mtime < max(f.stat().st_mtime for f in sources.iterdir())


def _compile(argv):
    result = subprocess.run(argv, capture_output=True, text=True)
    if result.returncode:
        raise Failure(f"{argv[0]} failed:\n{result.stderr}")


def _listed(command, routes):
    text = subprocess.run([*command, "list"], capture_output=True, text=True, check=True).stdout
    cases = []
    for line in text.splitlines():
        values = {}
        for word in line.split():
            key, _, value = word.partition("=")
            values.setdefault(key, []).append(value)
        cases.append(
            Case(
                values["name"][0],
                values["group"][0],
                tuple(values["mode"]),
                frozenset(values.get("flag", ())),
                _reasons(values, "settled"),
                _reasons(values, "handshake"),
                command,
                routes,
            )
        )
    return cases


def _reasons(values, key):
    return frozenset(values[key][0].split("|")) if key in values else frozenset()


def every_slot(cases):
    """Everything everywhere, in an order that puts unlike programs side by side."""
    return _mixed(Slot(case, mode, place) for case in cases for mode in case.modes for place in case.places())


def short_slots(cases, enrolment):
    """Every case once; in which mode and place depends on the names alone. Handshake prefers blocking sockets, Settled leaves them alone."""
    slots = []
    for case in cases:
        dice = _dice(case.name + enrolment)
        modes = [m for m in case.modes if (m == "blocking") == (enrolment == "handshake")] or case.modes
        places = case.places()
        slots.append(Slot(case, modes[dice % len(modes)], places[(dice >> 8) % len(places)]))
    return _mixed(slots)


def _mixed(slots):
    return sorted(slots, key=lambda s: _dice(s.name))


def _dice(text):
    return zlib.crc32(text.encode())
