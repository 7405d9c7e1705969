"""The images' base without a registry: Debian 12 as debootstrap makes it, trimmed as Debian's own slim image is."""

import shutil
import subprocess
from pathlib import Path

from .console import Failure, say

_SUITE = "bookworm"
# As in Debian's slim image: no documents, and no fsync for each package.
_DPKG = """\
path-exclude /usr/share/doc/*
path-exclude /usr/share/man/*
path-exclude /usr/share/info/*
path-exclude /usr/share/locale/*
path-include /usr/share/locale/locale.alias
force-unsafe-io
"""
_AUTHORITIES = Path("/usr/local/share/ca-certificates")
_TRIM = ("usr/share/doc", "usr/share/man", "usr/share/info", "usr/share/locale", "var/cache/apt/archives", "var/lib/apt/lists", "var/log")


def ensure(archive, work, log):
    """Makes the tree's tar archive, unless there is one."""
    if archive.exists():
        say(f"the base image's tree is there already: {archive.name}")
        return
    say("making the base image's tree with debootstrap")
    shutil.rmtree(work, ignore_errors=True)
    archive.parent.mkdir(parents=True, exist_ok=True)
    try:
        _run(["debootstrap", "--variant=minbase", _SUITE, work], log)
        for folder in _TRIM:
            shutil.rmtree(work / folder, ignore_errors=True)
            (work / folder).mkdir()
        (work / "var/cache/apt/archives/partial").mkdir()
        (work / "var/lib/apt/lists/partial").mkdir()
        _add_updates(work / "etc/apt/sources.list")
        (work / "etc/dpkg/dpkg.cfg.d/shunt-image").write_text(_DPKG)
        (work / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")
        (work / "usr/sbin/policy-rc.d").chmod(0o755)
        part = archive.with_suffix(".part")
        _run(["tar", "--numeric-owner", "--one-file-system", "-C", work, "-cf", part, "."], log)
        part.rename(archive)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _add_updates(sources):
    """debootstrap names the mirror that it took; updates are beside it."""
    mirror = sources.read_text().split()[1]
    suites = ((mirror, _SUITE), (mirror, f"{_SUITE}-updates"), (f"{mirror}-security", f"{_SUITE}-security"))
    sources.write_text("".join(f"deb {where} {suite} main\n" for where, suite in suites))


def trust_as_this_machine_does(engine, image, log):
    """Builds in containers meet the same proxies as this machine, some of which look into TLS; a company's base image knows them, too."""
    if not any(_AUTHORITIES.glob("*.crt")):
        return
    # Debian's OpenSSL and Java take what lies in that folder once ca-certificates is installed; npm's Node has to be told.
    lines = f"FROM {image}\nCOPY *.crt {_AUTHORITIES}/\nENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt\n"
    engine.run(["sh", "-c", 'printf %s "$0" | docker build --quiet --tag "$1" --file - .', lines, image], log, _AUTHORITIES, {}, 60)


def _run(argv, log):
    with open(log, "ab") as out:
        code = subprocess.call([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
    if code:
        raise Failure(f"{argv[0]} ended with {code}", "It needs root and Debian's packages over the network.", log)
