"""The results as JSON: what each cell measured, and where, when and of what commit. Cells of earlier runs stay until they are run again."""

import json
import os
import platform
import re
import subprocess
from datetime import datetime, timezone
from pathlib import Path

from shuntdev.console import ROOT

_VERSIONS = {
    "nginx": ["nginx", "-v"],
    "haproxy": ["haproxy", "-v"],
    "wrk": ["wrk", "-v"],
    "postgres": ["pgbench", "--version"],
    "pgbouncer": ["pgbouncer", "--version"],
    "redis": ["redis-server", "--version"],
    "java": ["java", "-version"],
    "gcc": ["gcc", "--version"],
}


class Record:
    def __init__(self, path):
        self._path = Path(path)
        self._content = json.loads(self._path.read_text()) if self._path.exists() else {"environments": [], "cells": {}}
        self._environment = None

    def about(self, lab):
        environment = {
            "kernel": platform.release(),
            "machine": platform.machine(),
            "cpu": _cpu_model(),
            "cpus": os.cpu_count(),
            "memory_mib": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20,
            "congestion": lab.congestion,
            "commit": _commit(),
            "shunt": lab.agent.version(),
            "versions": {name: _version(argv) for name, argv in _VERSIONS.items()},
        }
        if environment not in self._content["environments"]:
            self._content["environments"].append(environment)
        self._environment = self._content["environments"].index(environment)

    def oldest_first(self, cells, suffix):
        """Cells without a result of this commit first, then those whose result is oldest."""
        return sorted(cells, key=lambda cell: self._age_key(self._content["cells"].get(cell.name + suffix)))

    def _age_key(self, known):
        return (known["environment"] == self._environment, known["at"]) if known else (False, "")

    def add(self, result):
        when = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._content["cells"][result["cell"]] = {"environment": self._environment, "at": when, **result}
        beside = self._path.with_suffix(".tmp")
        beside.write_text(json.dumps(self._content, indent=1) + "\n")
        beside.replace(self._path)


def _cpu_model():
    match = re.search(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(), re.M)
    return match[1] if match else platform.processor()


def _commit():
    def git(*arguments):
        return subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True).stdout.strip()

    return git("rev-parse", "--short", "HEAD") + ("-dirty" if git("status", "--porcelain", "--untracked-files=no") else "")


def _version(argv):
    """The first line that a program says of itself which holds a number."""
    try:
        result = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    except OSError:
        return None
    return next((line.strip() for line in (result.stdout + result.stderr).splitlines() if re.search(r"\d\.\d", line)), None)
