"""Runs Maven with its output in a log and its progress on the screen."""

import queue
import re
import subprocess
import threading
import time

from .console import ROOT, Failure, say

LOGS = ROOT / "target" / "logs"
_SILENCE = 15  # seconds without a line of ours, after which we say that it is still alive

_MODULE = re.compile(r"\[INFO\] Building (?P<name>.+?) \S+ +\[(?P<at>\d+/\d+)\]")
_GOAL = re.compile(r"\[INFO\] --- (?P<plugin>[\w-]+?)(-maven-plugin|-plugin)?:[^:]+:(?P<goal>[\w-]+) ")
_DOWNLOADED = re.compile(r"\[INFO\] Downloaded from |^Downloaded from ")
_TESTS = re.compile(r"\[(INFO|WARNING|ERROR)\] Tests run: (?P<run>\d+), .*Time elapsed")
_TEST_CLASS = re.compile(r"\[INFO\] Running (?:\S*\.)?(?P<name>\w+)")
_ERROR = re.compile(r"\[ERROR\] +(?!Tests run: .* Time elapsed)(?P<text>\S.*)")
_OF_MAVEN = re.compile(r"\[(INFO|WARNING|ERROR)\]|Download(ing|ed) from|Progress \(")


def run(name, *arguments, shown_errors=15):
    """Runs `mvn arguments` to the end and returns its exit code; the output is target/logs/NAME.log."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{name}.log"
    command = ["mvn", "-B", *arguments]  # batch mode logs each download, which is how they are counted
    with open(log, "wb") as out:
        maven = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        try:
            _follow(maven, out, shown_errors)
        finally:
            if maven.poll() is None:
                maven.terminate()
            code = maven.wait()
    return code, log


def must(name, *arguments):
    code, log = run(name, *arguments)
    if code:
        raise Failure(
            f"mvn {' '.join(arguments)} ended with {code}", "The whole output is in the log named above.", log
        )


def _follow(maven, out, shown_errors):
    lines = queue.Queue()

    def read():
        for line in maven.stdout:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    progress = _Progress(shown_errors)
    while True:
        try:
            line = lines.get(timeout=1)
        except queue.Empty:
            progress.tick()
            continue
        if line is None:
            return
        out.write(line)
        out.flush()
        progress.line(line.decode(errors="replace").rstrip())
        progress.tick()


class _Progress:
    def __init__(self, shown_errors):
        self.module = "reading the project"
        self.goal = ""
        self.doing = ""
        self.downloads = 0
        self.tests = 0
        self.errors_left = shown_errors
        self.spoke = time.monotonic()

    def line(self, text):
        if match := _MODULE.match(text):
            self.module, self.goal, self.doing, self.tests = match["name"], "", "", 0
            self.say(f"{match['name']} ({match['at']})")
        elif match := _GOAL.match(text):
            self.goal, self.doing = f"{match['plugin']}:{match['goal']}", ""
        elif _DOWNLOADED.match(text):
            self.downloads += 1
        elif match := _TEST_CLASS.match(text):
            self.doing = match["name"]
        elif match := _TESTS.match(text):
            self.tests += int(match["run"])
        elif (match := _ERROR.match(text)) and self.errors_left > 0:
            self.errors_left -= 1
            self.say(f"  {match['text'][:200]}")
            if "[Help 1]" in text:
                self.errors_left = 0  # advice about Maven follows
        elif self.goal.startswith("exec") and text.strip() and not _OF_MAVEN.match(text):
            self.doing = text.strip()[:60]  # npm, clang

    def tick(self):
        if time.monotonic() - self.spoke < _SILENCE:
            return
        notes = [note for note in (self.goal, self.doing) if note]
        if self.tests:
            notes.append(f"{self.tests} tests so far")
        if self.downloads:
            notes.append(f"{self.downloads} files downloaded")
        self.say(f"  … {self.module}: {', '.join(notes) or 'starting'}")

    def say(self, text):
        say(text)
        self.spoke = time.monotonic()
