"""Debian's kernels as they are on its mirror: found by version, fetched once, unpacked, never installed."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .console import ROOT, Failure, say

_KEPT = ROOT / ".tools" / "kernels"  # make clean keeps it
_KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# What users of Debian 12 and 13 have or can have; older suites of the two first, since that is what most run.
_SUITES = ("bookworm", "bookworm-backports", "trixie", "trixie-backports")
_SECURITY = ("bookworm-security", "trixie-security")
_PACKAGE = re.compile(r"linux-image-(?P<release>(?P<version>\d+(?:\.\d+)+)\S*-amd64)")
_FLAVOURS = ("cloud-", "rt-")  # as a plain one, but without the file system that the guest's root comes by


@dataclass(frozen=True)
class Kernel:
    release: str  # what uname -r says
    folder: Path

    @property
    def image(self):
        """Beside its modules since 6.19."""
        return next(found for pattern in ("boot/vmlinuz-*", "usr/lib/modules/*/vmlinuz") for found in self.folder.glob(pattern))

    @property
    def modules(self):
        """The folder of modules: Debian has them in /lib, newer ones in /usr/lib."""
        return next(found for root in ("lib", "usr/lib") if (found := self.folder / root / "modules" / self.release).is_dir())


class Mirror:
    """An apt of its own, so that no suite of a newer Debian becomes one that this machine installs from."""

    def __init__(self):
        self._home = _KEPT / "apt"
        for folder in ("lists/partial", "cache/archives/partial"):
            (self._home / folder).mkdir(parents=True, exist_ok=True)
        sources = self._home / "sources.list"
        site = self._site()
        if not _KEYS.exists():
            raise Failure(f"expected Debian's keys in {_KEYS}, found none", "apt-get install debian-archive-keyring")
        lines = [(site, suite) for suite in _SUITES] + [(f"{site}-security", suite) for suite in _SECURITY]
        sources.write_text("".join(f"deb [signed-by={_KEYS}] {where} {suite} main\n" for where, suite in lines))
        self._options = [
            f"--option=Dir::Etc::sourcelist={sources}",
            "--option=Dir::Etc::sourceparts=/dev/null",
            f"--option=Dir::State::lists={self._home / 'lists'}",
            f"--option=Dir::Cache={self._home / 'cache'}",
            "--option=APT::Sandbox::User=root",
        ]

    @staticmethod
    def _site():
        """The mirror that this machine uses."""
        found = _output(["apt-get", "indextargets", "--format", "$(ORIGIN) $(LABEL) $(REPO_URI)", "Created-By: Packages"])
        for line in found.splitlines():
            origin, label, uri = line.split()[:3]
            if origin == label == "Debian":
                return uri.rstrip("/")
        raise Failure("expected a mirror of Debian among apt's sources, found none", "Kernels come from Debian: run this on Debian, or add its mirror.")

    def refresh(self):
        say("reading what kernels Debian has")
        self._apt_get("update")

    def newest(self, series):
        """The newest plain kernel whose version begins so, such as 6.12 or 6.12.43; or the newest of all."""
        found = {}
        for line in _output(["apt-cache", *self._options, "search", "--names-only", "^linux-image-.*-amd64$"]).splitlines():
            match = _PACKAGE.fullmatch(line.split()[0])
            if match and not any(flavour in match["release"] for flavour in _FLAVOURS) and "unsigned" not in match["release"]:
                found[match["release"]] = tuple(int(part) for part in re.findall(r"\d+", match["release"].replace("amd64", "")))
        wanted = () if series == "newest" else tuple(int(part) for part in series.split("."))
        fitting = [release for release, numbers in found.items() if numbers[: len(wanted)] == wanted]
        if not fitting:
            have = ", ".join(sorted({".".join(map(str, n[:2])) for n in found.values()}, key=lambda text: tuple(map(int, text.split(".")))))
            raise Failure(f"Debian has no kernel {series}", f"It has, of {', '.join(_SUITES)}: {have}.")
        return max(fitting, key=lambda release: found[release])

    def kernel(self, release):
        """Fetches and unpacks one, unless it is there."""
        folder = _KEPT / release
        if not (folder / "complete").exists():
            packages = [f"linux-image-{release}", *self._parts(f"linux-image-{release}", release)]
            say(f"fetching {' '.join(packages)}")
            self._unpack(packages, folder)
            _must(["depmod", "--basedir", Kernel(release, folder).modules.parents[2], release])
        return Kernel(release, folder)

    def emulator(self):
        """This machine's QEMU, or that of Debian 12's backports, beside it: QEMU 7.2 spoils the flags register when it interprets cmpxchg16b, without which Linux 7.3 has no memory for what a program keeps of a socket."""
        installed = re.search(r"version (\d+)", _output(["qemu-system-x86_64", "--version"]))
        if installed and int(installed[1]) >= 8:
            return ["qemu-system-x86_64"]
        folder = _KEPT / "qemu"
        if not (folder / "complete").exists():
            say("fetching a newer QEMU")
            self._unpack([f"qemu-system-{part}/bookworm-backports" for part in ("x86", "common", "data")], folder)
        return [str(folder / "usr/bin/qemu-system-x86_64"), "-L", str(folder / "usr/share/qemu"), "-L", "/usr/share/seabios"]

    def _unpack(self, packages, folder):
        debs = folder / "deb"
        shutil.rmtree(folder, ignore_errors=True)
        debs.mkdir(parents=True)
        self._apt_get("download", *packages, cwd=debs)
        for deb in debs.iterdir():
            _must(["dpkg-deb", "-x", deb, folder])
        shutil.rmtree(debs)
        (folder / "complete").touch()

    def _parts(self, package, release):
        """Since 6.19 an image's package only names those that hold it."""
        depends = re.findall(r"^Depends: (.*)$", _output(["apt-cache", *self._options, "show", package]), re.MULTILINE)
        names = re.findall(r"linux-(?:binary|modules)-" + re.escape(release), " ".join(depends))
        return sorted(set(names))

    def _apt_get(self, *arguments, cwd=None):
        _must(["apt-get", *self._options, *arguments], cwd=cwd)


def _output(argv):
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise Failure(f"{argv[0]} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    return done.stdout


def _must(argv, cwd=None):
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, stdin=subprocess.DEVNULL, cwd=cwd)
    if done.returncode:
        raise Failure(f"{' '.join(map(str, argv))} ended with {done.returncode}:\n{done.stderr.strip()[-1000:]}", "It needs Debian's packages over the network.")
