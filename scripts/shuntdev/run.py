"""make run: a control plane alone, with data that stay, in the foreground."""

import os

from . import build, console
from .console import ROOT


def main():
    build.ensure_built()
    os.environ.setdefault("SHUNT_DATA_DIR", str(ROOT / "target" / "run"))
    launcher = str(ROOT / "bin" / "shunt-control-plane")
    os.execv(launcher, [launcher])


if __name__ == "__main__":
    console.run(main)
