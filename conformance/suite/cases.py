"""What there is to run: the cases, compiled here and now, and where and how each is run."""

import subprocess
import zlib
from dataclasses import dataclass
from pathlib import Path

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

    def places(self):
        if "only_loopback" in self.flags:
            return [p for p in EVERY_PLACE if p.route == "loopback"]
        return EVERY_PLACE


@dataclass(frozen=True)
class Slot:
    """One case in one mode in one place."""

    case: Case
    mode: str
    place: object

    @property
    def name(self):
        return f"{self.case.name} [{self.mode}, {self.place.name}]"


def build():
    """Compiles all cases; returns them."""
    _OUT.mkdir(parents=True, exist_ok=True)
    program = _OUT / "cases"
    sources = sorted((_SOURCES / "cases").glob("*.c"))
    flags = "-std=gnu17 -O1 -g -Wall -Wextra -Werror -Wno-missing-field-initializers -pthread".split()
    newest = max(f.stat().st_mtime for f in (_SOURCES / "cases").iterdir())
    if not program.exists() or program.stat().st_mtime < newest:
        _compile(["gcc", *flags, "-o", str(program), *map(str, sources)])
    return _listed((str(program),))


def _compile(argv):
    result = subprocess.run(argv, capture_output=True, text=True)
    if result.returncode:
        raise Failure(f"{argv[0]} failed:\n{result.stderr}")


def _listed(command):
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
            )
        )
    return cases


def _reasons(values, key):
    return frozenset(values[key][0].split("|")) if key in values else frozenset()


def every_slot(cases):
    return [Slot(case, mode, place) for case in cases for mode in case.modes for place in case.places()]


def short_slots(cases):
    """Every case twice, each time in another mode and place; which, depends on its name alone."""
    slots = []
    for case in cases:
        dice = zlib.crc32(case.name.encode())
        fast = [m for m in case.modes if m != "blocking"] or case.modes
        places = case.places()
        chosen = {(fast[dice % len(fast)], places[dice % len(places)]), (case.modes[0], places[(dice >> 8) % len(places)])}
        slots += [Slot(case, mode, place) for mode, place in sorted(chosen, key=str)]
    return slots
