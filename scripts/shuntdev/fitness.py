"""Whether Shunt runs on this machine at all, as its own check says."""

import functools
import json
import os
import subprocess

from .console import ROOT, Failure


def refusals():
    """One sentence for each thing that speaks against it; none where it runs."""
    done = subprocess.run([ROOT / "bin" / "shunt-node", "check", "--json"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    try:
        lines = json.loads(done.stdout)["lines"]
    except (ValueError, KeyError):
        raise Failure(f"shunt-node check ended with {done.returncode}: {done.stderr.strip()[-1000:]}") from None
    return [f"{line['name']}: {line['seen']}; {line['advice']}" for line in lines if line["effect"] == "refuse"]


@functools.cache
def hindrance():
    """Why what loads BPF programs cannot run here, or None."""
    if os.geteuid() != 0:
        return "needs root: it loads BPF programs and makes network namespaces"
    return "; ".join(refusals()) or None


def require():
    found = refusals()
    if found:
        raise Failure("Shunt does not run on this machine: " + "; ".join(found), "bin/shunt-node check shows everything that was tried.")
