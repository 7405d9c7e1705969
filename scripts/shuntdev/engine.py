"""Debian's Docker engine in namespaces of its own: what it mounts, plugs and starts is out of sight for the rest of this machine,
and is gone when its first process is, however this script ends."""

import ctypes
import os
import shutil
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path

from . import cgroups
from .cgroups import Cgroup
from .console import Failure, say
from .processes import Server

# Not what a Docker of another origin put elsewhere.
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"

# The first process of the namespaces. Mounts propagate among them, as systemd has it for a whole machine, and not out of them.
_START = """
mount --make-rshared /
mount -t tmpfs -o mode=755 tmpfs /run
mount -t bpf bpf /sys/fs/bpf
if [ "$1" = unified ]; then umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup; fi
shift
ip link set lo up
"$@" &
trap 'kill -TERM $!' TERM
wait $!
wait $!
"""

# Also when this process is killed.
_ENDS_WITH_US = ["setpriv", "--pdeathsig", "KILL", "--"]

# This machine's end of the network in which images are built.
GATEWAY = "172.31.255.1"

_CLONE_NEWNET = 0x40000000


class Engine:
    def __init__(self, folder, log, cgroup_parent, unified):
        """
        folder: for images and containers, removed at the end. cgroup_parent: path in every hierarchy, for the containers.
        unified: the engine sees version 2 of cgroups only, whatever this machine has; then it gives containers cgroup namespaces, too.
        """
        self.folder = folder
        self.cgroup_parent = cgroup_parent
        self.pid = None  # of the first process in the namespaces, once it is up
        self.server = None
        self._log = log
        self._way_out = None
        self._unified = unified

    def start(self):
        say("starting an engine in namespaces of its own")
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self._make_cgroups()
        dockerd = ["dockerd", "--data-root", self.folder, "--exec-opt", "native.cgroupdriver=cgroupfs"]
        dockerd += ["--cgroup-parent", self.cgroup_parent, "--log-level", "warn", "--bip", f"{GATEWAY}/24"]
        unshare = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
        self.server = Server("dockerd", [*_ENDS_WITH_US, *unshare, "sh", "-ec", _START, "sh", "unified" if self._unified else "as-it-is", *dockerd], self._log, env={"PATH": _PATH})
        self.server.wait_until(self._find_first_process, "in its namespaces", 10)
        self.server.wait_until(lambda: self._docker("version").returncode == 0, "answering", 60)

    def _make_cgroups(self):
        # It is to be watched before the first container is in it.
        (cgroups.root() / self.cgroup_parent.strip("/")).mkdir()
        for folder in self._cgroup_folders():
            if folder != cgroups.root() / self.cgroup_parent.strip("/") and (folder.parent / "cpu.shares").exists():
                # In version 1 a group weighs as much as one process outside of it, which is little for a whole stack.
                folder.mkdir(exist_ok=True)
                (folder / "cpu.shares").write_text("8192")

    def _find_first_process(self):
        pid = self.server.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        self.pid = int(children[0]) if children else None
        return self.pid is not None and os.readlink(f"/proc/{self.pid}/ns/net") != os.readlink("/proc/self/ns/net")

    def open_way_out(self, log):
        """From now on containers reach what this machine's processes reach: slirp4netns opens the connections, as for engines without root."""
        argv = [*_ENDS_WITH_US, "slirp4netns", "--configure", "--mtu=65520", "--disable-host-loopback", str(self.pid), "tap0"]
        self._way_out = Server("slirp4netns", argv, log)
        route = lambda: subprocess.run(self.inside(["ip", "route", "show", "default"]), capture_output=True).stdout
        self._way_out.wait_until(route, "the default route", 10)

    def remove(self):
        """Ends the engine and everything in its namespaces; removes its files and cgroups."""
        if self._way_out is not None:
            self._way_out.stop()
        if self.pid is not None and self.server.process.poll() is None:
            os.kill(self.pid, signal.SIGTERM)  # unshare(1) passes none on
            try:
                self.server.process.wait(30)
            except subprocess.TimeoutExpired:
                pass
        if self.server is not None:
            self.server.stop(0)  # takes along whatever is left in the namespaces
        shutil.rmtree(self.folder, ignore_errors=True)
        for folder in self._cgroup_folders():
            Cgroup(folder, self.cgroup_parent).remove()

    def _cgroup_folders(self):
        """The containers' parent in every hierarchy there is."""
        return [Path(point) / self.cgroup_parent.strip("/") for point in cgroups.mounts()]

    def watched_cgroup(self):
        """The folder of cgroup_parent in version 2's hierarchy, as the engine sees it."""
        return ("/sys/fs/cgroup" if self._unified else str(cgroups.root())) + self.cgroup_parent

    def container_cgroups(self):
        """Of containers, not of the engine's own builder."""
        found = [path for folder in self._cgroup_folders() if folder.exists() for path in folder.iterdir() if path.is_dir()]
        return [str(path) for path in found if path.name != "buildkit"]

    def container_processes(self):
        """Names of what runs beside the engine itself, by process id."""
        own = {}
        for status in Path("/proc").glob("[0-9]*/status"):
            try:
                pid = int(status.parts[2])
                if os.readlink(f"/proc/{pid}/ns/mnt") == os.readlink(f"/proc/{self.pid}/ns/mnt"):
                    own[pid] = status.read_text().split("\n", 1)[0].partition("\t")[2]
            except OSError:
                continue  # it has ended meanwhile
        return {pid: name for pid, name in own.items() if name not in ("unshare", "sh", "dockerd", "containerd")}

    def outer_pid(self, pid):
        """A process of the engine's namespace, in the numbers of this one."""
        for status in Path("/proc").glob("[0-9]*/status"):
            try:
                numbers = next(line for line in status.read_text().splitlines() if line.startswith("NSpid:")).split()[1:]
                if len(numbers) > 1 and int(numbers[1]) == pid and self._is_inside(int(numbers[0])):
                    return int(numbers[0])
            except OSError:
                continue  # it has ended meanwhile
        raise Failure(f"process {pid} of the engine's namespace is not in /proc")

    def _is_inside(self, pid):
        """Whether a process descends from the namespaces' first one."""
        while pid > 1 and pid != self.pid:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        return pid == self.pid

    def inside(self, argv):
        """The command that runs argv where the engine is: its network, its mounts, its processes."""
        return ["nsenter", "--target", str(self.pid), "--mount", "--net", "--pid", "--", *map(str, argv)]

    def _inside_folder(self, folder, argv):
        return self.inside(["sh", "-c", 'cd "$0" && exec "$@"', folder, *argv])

    def _docker(self, *arguments):
        return subprocess.run(
            self.inside(["docker", *arguments]), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            env={**os.environ, "PATH": _PATH},
        )

    def docker(self, *arguments):
        result = self._docker(*arguments)
        if result.returncode:
            raise Failure(f"docker {' '.join(map(str, arguments))} ended with {result.returncode}: {result.stderr.strip()}")
        return result.stdout

    def docker_fails(self, *arguments):
        """What a command that must fail says about it."""
        result = self._docker(*arguments)
        if not result.returncode:
            raise Failure(f"docker {' '.join(map(str, arguments))}: expected it to fail, it said {result.stdout}")
        return result.stderr

    def run(self, argv, log, cwd, env, seconds):
        """Runs a command where the engine is, its output in a log."""
        with open(log, "wb") as out:
            process = subprocess.Popen(
                self._inside_folder(cwd, argv), env={**os.environ, "PATH": _PATH, **env},
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
            )
            try:
                code = process.wait(seconds)
            except subprocess.TimeoutExpired:
                raise Failure(f"{argv[0]} did not end in {seconds} s", log=log) from None
            finally:
                process.kill()
                process.wait()
        if code:
            raise Failure(f"{' '.join(map(str, argv))} ended with {code}", log=log)

    @contextmanager
    def network(self):
        """Meanwhile, sockets of this thread are made in the engine's network."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open("/proc/thread-self/ns/net") as home, open(f"/proc/{self.pid}/ns/net") as there:
            self._enter(libc, there)
            try:
                yield
            finally:
                self._enter(libc, home)

    @staticmethod
    def _enter(libc, namespace):
        if libc.setns(namespace.fileno(), _CLONE_NEWNET):
            raise Failure(f"setns to {namespace.name}: {os.strerror(ctypes.get_errno())}")
