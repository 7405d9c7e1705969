"""What a person sees: one line a step with the seconds since the start, and failures that say what to do."""

import os
import signal
import sys
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(os.environ["SHUNT_ROOT"])
_START = time.monotonic()


class Failure(Exception):
    """A step failed. The message says what was expected and found; the hint says what to do; the log, if any, is shown."""

    def __init__(self, message, hint=None, log=None):
        super().__init__(message)
        self.hint = hint
        self.log = log


def say(text):
    print(f"[{time.monotonic() - _START:4.0f} s] {text}", flush=True)


def tail(path, lines=40):
    try:
        return "\n".join(Path(path).read_text(errors="replace").splitlines()[-lines:])
    except OSError as e:
        return f"({path} cannot be read: {e.strerror})"


def report(failure):
    out = [""]
    if failure.log:
        out += [f"--- the end of {failure.log}", tail(failure.log), "---", ""]
    out += [f"FAILED: {failure}"]
    if failure.hint:
        out += [f"        {failure.hint}"]
    print("\n".join(out), file=sys.stderr, flush=True)


def run(main):
    """Runs main() and turns its end into an exit code. SIGINT, SIGTERM and SIGHUP unwind it like an exception, so that what
    it started is removed on every way out."""

    def interrupt(number, _frame):
        raise KeyboardInterrupt(signal.Signals(number).name)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        sys.exit(main())
    except Failure as failure:
        report(failure)
        sys.exit(1)
    except KeyboardInterrupt as e:
        print(f"stopped by {e}", file=sys.stderr)
        sys.exit(130)


@contextmanager
def uninterrupted():
    """While things are being removed, another Ctrl-C must not leave half of them behind."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, signal.SIG_IGN) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before):
            signal.signal(number, handler)


def whole_number(name, default, least=1):
    """An environment variable that holds a whole number."""
    text = os.environ.get(name) or str(default)
    if not text.isdigit() or int(text) < least:
        raise Failure(f"{name} is '{text}', expected a whole number of at least {least}")
    return int(text)


def flag(name):
    return os.environ.get(name, "") not in ("", "0", "false", "no")
