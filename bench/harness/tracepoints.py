"""Pinned programs of tracepoints (tp_btf), attached and detached at will."""

import ctypes
import os

from shuntdev.console import Failure

_LIBBPF = ctypes.CDLL("libbpf.so.1", use_errno=True)


class Tracepoints:
    """Holds the programs when who pinned them is gone. Close it, which detaches them."""

    def __init__(self, pins):
        self._links = []
        self._programs = []
        for pin in pins:
            self._programs.append(_checked(_LIBBPF.bpf_obj_get(os.fsencode(pin)), f"open {pin}"))

    def attach(self):
        for program in self._programs:
            # A program of this kind knows its tracepoint, hence no name (bpf_raw_tp_link_attach()).
            self._links.append(_checked(_LIBBPF.bpf_raw_tracepoint_open(None, program), "attach to a tracepoint"))

    def detach(self):
        while self._links:
            os.close(self._links.pop())

    def close(self):
        self.detach()
        while self._programs:
            os.close(self._programs.pop())


def _checked(fd, what):
    if fd < 0:
        raise Failure(f"cannot {what}: {os.strerror(-fd)}")
    return fd
