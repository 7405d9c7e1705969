"""conformance/prove NAME ..."""

import sys

from shuntdev import build, console
from shuntdev.console import Failure

from . import integrity, memory, twins

_PROOFS = {"integrity": integrity.main, "memory": memory.main, "twins": twins.main}


def main():
    name = sys.argv[1] if len(sys.argv) > 1 else None
    if name not in _PROOFS:
        raise Failure(f"expected one of {', '.join(_PROOFS)}, found {name}")
    build.ensure_built()
    return _PROOFS[name](sys.argv[2:])


console.run(main)
