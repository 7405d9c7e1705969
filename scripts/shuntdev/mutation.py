"""Takes the datapath's conditions of safety away, one at a time, and sees whether the test that is named for each fails. The list: bpf/mutations/conditions.toml.

It may be stopped at any time: what was caught with the same sources is not tried again by the next run.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

from . import build, console, maven
from .console import ROOT, Failure, say

LIST = ROOT / "bpf" / "mutations" / "conditions.toml"
_PAGE = ROOT / "docs" / "safety-conditions.md"
_BEGIN, _END = "<!-- conditions: begin -->\n", "<!-- conditions: end -->"
_TESTS = "dev.shunt.node.traffic."
_KEPT = ROOT / "target" / "mutation"
NOT_TESTED = {"bpf/mutations", "control-plane", "ui"}  # sources that do not decide whether one of these tests fails
_LONGEST_S = 300
# A test that hangs fails before that, so that it takes away what it made.
_ENDS = [f"--config=junit.jupiter.execution.timeout.{key}" for key in ("default=120 s", "thread.mode.default=SEPARATE_THREAD")]
_NOT_DONE = 75  # exit code: nothing is wrong, and more is to be tried


@dataclass(frozen=True)
class Change:
    file: str
    find: str
    replace: str

    def make(self, sources):
        path = sources / self.file
        text = path.read_text()
        if (count := text.count(self.find)) != 1:
            raise Failure(
                f"bpf/src/{self.file} has this {count} times, expected once: {self.find!r}",
                f"The condition is written otherwise now, or is gone: correct {LIST.relative_to(ROOT)}.",
            )
        path.write_text(text.replace(self.find, self.replace))


@dataclass(frozen=True)
class Mutation:
    condition: str
    test: str
    changes: tuple

    @staticmethod
    def of(entry):
        every = [entry, *entry.get("also", [])]
        changes = tuple(Change(e.get("file", entry["file"]), e["find"], e["replace"]) for e in every)
        return Mutation(entry["condition"], entry["test"], changes)


def listed():
    return [Mutation.of(entry) for entry in tomllib.loads(LIST.read_text())["mutation"]]


def mutated(mutation, folder):
    """A copy of bpf/ without the condition."""
    copy = Path(folder) / "bpf"
    shutil.copytree(ROOT / "bpf", copy, ignore=shutil.ignore_patterns("target"))
    for change in mutation.changes:
        change.make(copy / "src")
    return copy


class Caught:
    """The mutations that made their tests fail; kept from run to run while the sources stay."""

    def __init__(self, file, sources):
        self._file = file
        self._sources = sources
        try:
            kept = json.loads(file.read_text())
        except (OSError, ValueError):
            kept = {}
        self._mutations = kept["mutations"] if kept.get("sources") == sources else []

    def __contains__(self, mutation):
        return repr(mutation) in self._mutations

    def add(self, mutation):
        self._mutations.append(repr(mutation))
        self._file.write_text(json.dumps({"sources": self._sources, "mutations": self._mutations}, indent=1))


class Tests:
    """Runs single tests with another object in front of the real one, without Maven."""

    def __init__(self, sources):
        classpath = _KEPT / "classpath"
        compiled = _KEPT / "compiled"
        if not compiled.is_file() or compiled.read_text() != sources:
            maven.must(
                "mutation", "-pl", "node-plugin", "-am", "-DskipTests", "test-compile", "dependency:build-classpath", f"-Dmdep.outputFile={classpath}", "-Dmdep.includeScope=test"
            )
            compiled.write_text(sources)
        node = ROOT / "node-plugin" / "target"
        self._classpath = [str(node / "test-classes"), str(node / "classes"), *classpath.read_text().strip().split(os.pathsep)]
        self._console = self._fetch_console()

    def _fetch_console(self):
        engine = next(Path(p).parent.name for p in self._classpath if "junit-platform-engine" in p)
        name = f"junit-platform-console-standalone-{engine}.jar"
        if not (_KEPT / name).is_file():
            maven.must("mutation-console", "dependency:copy", f"-Dartifact=org.junit.platform:junit-platform-console-standalone:{engine}", f"-DoutputDirectory={_KEPT}", "-N")
        return str(_KEPT / name)

    def command(self, *selected, before=()):
        """Runs what is selected; the classes before are taken first."""
        command = ["java", "-cp", os.pathsep.join([*before, *self._classpath, self._console]), "org.junit.platform.console.ConsoleLauncher", "execute"]
        return [*command, "--disable-banner", "--details=tree", "--fail-if-no-tests", *selected]

    def fail_with(self, classes, test, log):
        """Whether a test fails with the object that this folder holds."""
        name, method = test.split("#")
        command = self.command(*_ENDS, "--select-class", _TESTS + name, "--include-methodname", f".*[.#]{method}", before=[str(classes)])
        with open(log, "w") as out:
            code = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, cwd=ROOT / "node-plugin", timeout=_LONGEST_S).returncode
        if code not in (0, 1):
            raise Failure(f"{test} did not run", log=log)
        return code == 1


def try_one(mutation, tests, number):
    log = maven.LOGS / f"mutation-{number}.log"
    with tempfile.TemporaryDirectory(prefix="shunt-mutation-") as folder:
        bpf = mutated(mutation, folder)
        classes = Path(folder) / "classes" / "dev" / "shunt" / "bpf"
        made = subprocess.run(["make", "-s", "-C", str(bpf), f"OUT={classes}"], capture_output=True, text=True)
        if made.returncode:
            raise Failure(f"without '{mutation.condition}' it does not compile:\n{made.stderr[-2000:]}", f"Correct {LIST.relative_to(ROOT)}.")
        _must_load(classes / "shunt.bpf.o", mutation)
        return tests.fail_with(classes.parents[2], mutation.test, log)


def _must_load(what, mutation):
    """What the verifier refuses fails every test."""
    pins = Path("/sys/fs/bpf") / f"shunt-mutation-{os.getpid()}"
    try:
        loaded = subprocess.run(["bpftool", "prog", "loadall", str(what), str(pins)], capture_output=True, text=True)
    finally:
        shutil.rmtree(pins, ignore_errors=True)
    if loaded.returncode:
        raise Failure(f"without '{mutation.condition}' the kernel refuses it:\n{loaded.stderr[-2000:]}")


def table(found):
    lines = ["| condition | without it fails |", "| --- | --- |"]
    lines += [f"| {m.condition} | `{m.test}` |" for m in found]
    return "\n".join(lines) + "\n"


def page_with(text, page):
    head, rest = page.split(_BEGIN)
    return head + _BEGIN + text + _END + rest.split(_END)[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", help="conditions that contain this")
    parser.add_argument("--seconds", type=float, help="begins none after so many; the next run goes on")
    options = parser.parse_args()
    end = time.monotonic() + options.seconds if options.seconds else None
    chosen = [(i, m) for i, m in enumerate(listed()) if any(text in m.condition for text in options.only or [""])]
    sources = build.sources_digest(NOT_TESTED)
    _KEPT.mkdir(parents=True, exist_ok=True)
    caught = Caught(_KEPT / "caught.json", sources)
    left = [(i, m) for i, m in chosen if m not in caught]
    if len(left) < len(chosen):
        say(f"{len(chosen) - len(left)} of {len(chosen)} were caught before, with the same sources")
    tests = Tests(sources) if left else None
    survived = []
    for tried, (number, mutation) in enumerate(left):
        if end and time.monotonic() > end:
            print(f"{len(left) - tried} of {len(chosen)} conditions are not tried yet: run it again")
            return 1 if survived else _NOT_DONE
        if try_one(mutation, tests, number):
            caught.add(mutation)
            say(f"caught: {mutation.condition} ({mutation.test})")
        else:
            survived.append(mutation)
            say(f"SURVIVED: {mutation.condition} ({mutation.test})")
    if survived:
        print(f"{len(survived)} of {len(chosen)} conditions could be taken away without a failing test")
        return 1
    if not options.only:
        _PAGE.write_text(page_with(table(listed()), _PAGE.read_text()))
    print(f"each of {len(chosen)} conditions is missed by its test when it is taken away")
    return 0


if __name__ == "__main__":
    sys.exit(console.run(main))
