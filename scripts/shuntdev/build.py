"""Builds all modules, unless nothing that they are made of has changed since the last build."""

import hashlib
import json
import os
import subprocess

from . import console, maven
from .console import ROOT, say

_STAMP = ROOT / "target" / "build.json"
# What the build makes, or does not read.
_NOT_SOURCES = {".git", ".tools", ".ci", ".idea", ".vscode", "target", "node_modules", "dist", "__pycache__"}
_NOT_BUILT = {"docs", "demo", "bench", "conformance", "deploy", "scripts", "LICENSES"}
_NOT_BUILT_FILES = {"Makefile", "LICENSE", "docker-compose.yml", ".dockerignore"}


def sources_digest(without=frozenset()):
    """Names and contents of every source file, but for those below some folders: time stamps lie after a checkout."""
    left_out = _NOT_BUILT | without
    digest = hashlib.sha256()
    for folder, folders, files in os.walk(ROOT):
        top = folder == str(ROOT)
        folders[:] = sorted(f for f in folders if f not in _NOT_SOURCES and os.path.relpath(os.path.join(folder, f), ROOT) not in left_out)
        for name in sorted(files):
            if name.endswith(".md") or (top and name in _NOT_BUILT_FILES):
                continue
            path = os.path.join(folder, name)
            digest.update(os.path.relpath(path, ROOT).encode() + b"\0")
            with open(path, "rb") as f:
                digest.update(hashlib.sha256(f.read()).digest())
    javac = subprocess.run(["javac", "-version"], capture_output=True, text=True)
    digest.update((javac.stdout + javac.stderr).encode())
    return digest.hexdigest()


def products():
    return sorted(str(p.relative_to(ROOT)) for p in ROOT.glob("*/target/**/*.jar") if p.is_file())


def is_current():
    try:
        stamp = json.loads(_STAMP.read_text())
    except (OSError, ValueError):
        return False
    return (
        bool(stamp.get("products"))
        and all((ROOT / p).is_file() for p in stamp["products"])
        and stamp.get("sources") == sources_digest()
    )


def stamp(digest):
    """Records that what is built now came from the sources with this digest (taken before the build began)."""
    _STAMP.parent.mkdir(parents=True, exist_ok=True)
    _STAMP.write_text(json.dumps({"sources": digest, "products": products()}, indent=1))


def ensure_built():
    if is_current():
        say("built already: no source changed")
        return
    digest = sources_digest()
    _STAMP.unlink(missing_ok=True)
    say("building (mvn package; tests are for make test)")
    maven.must("build", "package", "-DskipTests", "-Dmaven.test.skip=true")
    stamp(digest)
    say("built")


if __name__ == "__main__":
    console.run(ensure_built)
