"""The suites that drive real sockets through the datapath, in their short forms, each as one test."""

import subprocess

from .console import ROOT, Failure, say
from .maven import LOGS

_SUITES = {
    "conformance": ["conformance/run", "--short"],
    "twins": ["conformance/prove", "twins"],
    "memory": ["conformance/prove", "memory"],
    "integrity": ["conformance/prove", "integrity"],
}
_SECONDS = 900  # many times what it takes on an idle machine


def names():
    return list(_SUITES)


def run(name):
    """Fails with the end of its output."""
    say(f"{name} ({' '.join(_SUITES[name])})")
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{name}.log"
    with open(log, "wb") as out:
        suite = subprocess.Popen(_SUITES[name], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
        try:
            code = suite.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            suite.terminate()  # not killed: it removes what it made
            suite.wait()
            raise Failure(f"{name} did not end in {_SECONDS} s", log=log) from None
    if code:
        raise Failure(f"{name} ended with {code}", f"Again: {' '.join(_SUITES[name])}", log)
    print(log.read_text(errors="replace").splitlines()[-1], flush=True)
