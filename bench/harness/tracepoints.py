"""Pinned programs of tracepoints (tp_btf), attached and detached at will."""

import ctypes
import os

from shuntdev.console import Failure


class Tracepoints:
    """Holds the programs when who pinned them is gone. Close it, which detaches them."""

    def __init__(self, pins):
        self._libbpf = ctypes.CDLL("libbpf.so.1")
        self._links = []
        self._programs = [_checked(self._libbpf.bpf_obj_get(os.fsencode(pin)), f"open {pin}") for pin in pins]

    def attach(self):
        for program in self._programs:
            # A program of this kind knows its tracepoint, hence no name (bpf_raw_tp_link_attach()).
            self._links.append(_checked(self._libbpf.bpf_raw_tracepoint_open(None, program), "attach to a tracepoint"))

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
