"""A case as a running program: started, held at its barrier, let go, and its notes."""

import os
import signal
import subprocess
import threading

_LONGEST_S = 30


class Program:
    def __init__(self, slot, port, namespaces, runner):
        self.slot = slot
        self.port = port
        self._process = subprocess.Popen(
            [*runner, *slot.argv(port, namespaces)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
        )
        self._early = []
        self.ready = False

    def wait_until_ready(self):
        """Until the program stands at its barrier, or ended without getting there."""
        watchdog = threading.Timer(_LONGEST_S, self.kill)
        watchdog.start()
        for line in self._process.stdout:
            if line == b"ready\n":
                self.ready = True
                break
            self._early.append(line)
        watchdog.cancel()

    def go(self):
        """Lets it go on; returns its notes, a dictionary from what to a list of values."""
        watchdog = threading.Timer(_LONGEST_S, self.kill)
        watchdog.start()
        try:
            rest, _ = self._process.communicate(b"go\n")
        except BrokenPipeError:
            rest = self._process.stdout.read()
        watchdog.cancel()
        return self._notes(b"".join(self._early) + rest)

    def kill(self):
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def _notes(self, text):
        notes = {}
        ended = False
        for line in text.decode(errors="replace").splitlines():
            what, equals, value = line.partition("=")
            if line == "end":
                ended = True
            elif equals:
                notes.setdefault(what, []).append(value)
            else:
                notes.setdefault("printed", []).append(line)
        code = self._process.wait()
        if code < 0:
            notes["died"] = [signal.Signals(-code).name]
        elif not ended and "hang" not in notes and "broken" not in notes:
            notes["ended"] = [f"early, with {code}"]
        return notes
