"""What the containers of docker-compose.yml may do, read from the kernel and not from the file."""

import re
from pathlib import Path

from .console import Failure, say

_CAPABILITIES = {12: "NET_ADMIN", 21: "SYS_ADMIN"}
_NODE_PLUGIN = {"NET_ADMIN", "SYS_ADMIN"}


def require(stack):
    for service in stack.services():
        _require(service, _Rights(stack, service), _NODE_PLUGIN if service == "node-plugin" else set())
    say("no container is privileged or can write its root; the node plugin has SYS_ADMIN and NET_ADMIN, nobody else anything")


def _require(service, rights, capabilities):
    expected = {"privileged": False, "read-only": True, "no-new-privileges": True, "root": bool(capabilities)}
    expected["capabilities"] = capabilities
    found = {
        "privileged": rights.privileged,
        "read-only": rights.read_only,
        "no-new-privileges": rights.no_new_privileges,
        "root": rights.root,
        "capabilities": rights.capabilities,
    }
    if found != expected:
        raise Failure(f"{service}: expected {expected}, found {found}")


class _Rights:
    def __init__(self, stack, service):
        host = stack.container(service)["HostConfig"]
        pid = stack.pid(service)
        status = Path(f"/proc/{pid}/status").read_text()
        self.privileged = host["Privileged"]
        self.read_only = " / ro," in _root_mount(pid)
        self.no_new_privileges = _field(status, "NoNewPrivs") == "1"
        self.root = _field(status, "Uid").split()[0] == "0"
        self.capabilities = {
            _CAPABILITIES.get(bit, bit) for bit in range(64) if int(_field(status, "CapBnd"), 16) >> bit & 1
        }


def _field(status, name):
    return re.search(rf"^{name}:\s*(.*)$", status, re.MULTILINE)[1]


def _root_mount(pid):
    return next(line for line in Path(f"/proc/{pid}/mountinfo").read_text().splitlines() if line.split()[4] == "/")
