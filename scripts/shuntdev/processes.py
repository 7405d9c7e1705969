"""Starting servers, waiting until they are ready, and stopping them by process id."""

import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

from .console import Failure


class Server:
    """A process of ours with a log. Not touched by a Ctrl-C in the terminal: we end it ourselves, in order."""

    def __init__(self, name, argv, log, cgroup=None, env=None, cwd=None):
        self.name = name
        self.log = Path(log)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "wb") as out:
            self.process = subprocess.Popen(
                cgroup.inside(argv) if cgroup else [str(a) for a in argv],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
                cwd=cwd,
                start_new_session=True,
            )

    def wait_until(self, ready, what, seconds):
        """Polls ready() until it is true; fails if the process ends or the time is up."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self.process.poll() is not None:
                raise Failure(f"{self.name} ended with {self.process.returncode} before {what}", log=self.log)
            if time.monotonic() > deadline:
                raise Failure(f"{self.name}: still not {what} after {seconds} s", log=self.log)
            time.sleep(0.1)

    def check_alive(self):
        if self.process.poll() is not None:
            raise Failure(f"{self.name} ended by itself with {self.process.returncode}", log=self.log)

    def stop(self, seconds=15):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def said(self, pattern):
        """The first match of a pattern in the log so far, or None."""
        return re.search(pattern, self.log.read_text(errors="replace"), re.MULTILINE)


def left_by_killed(folder, prefix):
    """What is named PREFIX-PID or PREFIX-PID-ANYTHING in a folder, after a process that has ended."""
    for path in Path(folder).glob(f"{prefix}-*"):
        pid = path.name.removeprefix(f"{prefix}-").partition("-")[0]
        if pid.isdecimal() and not Path(f"/proc/{pid}").exists():
            yield path


def until(ready, what, seconds, pause=0.1):
    """Polls ready() until it is true; fails if the time is up."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise Failure(f"still not {what} after {seconds} s")
        time.sleep(pause)


def listening(port, host="127.0.0.1"):
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def require_free_ports(ports):
    """ports: {environment variable: (port, what it is for)}. Names who holds a port that is taken."""
    for variable, (port, purpose) in ports.items():
        with socket.socket(socket.AF_INET6) as probe:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("::", port))
            except OSError:
                raise Failure(
                    f"port {port}, for {purpose}, is taken by {_holder(port)}",
                    f"End that, or choose another port: {variable}=PORT make demo",
                ) from None


def _holder(port):
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(f"socket:[{fields[9]}]")
    for fd in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if os.readlink(fd) in inodes:
                pid = fd.parts[2]
                command = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()
                return f"process {pid} ({command[:100]})"
        except OSError:
            continue
    return "a process that this user cannot see"


def established(port):
    """How many connections to or from a local TCP port are established."""
    count = 0
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "01" and port in (int(a.rpartition(":")[2], 16) for a in fields[1:3]):
            count += 1
    return count
