"""What the node plugin's container says when something it needs was not given to it: one line that names it and tells what to do."""

import re

from .console import Failure, say

_NEEDS = {
    "SYS_ADMIN": ["--cap-add", "SYS_ADMIN"],
    "NET_ADMIN": ["--cap-add", "NET_ADMIN"],
    "/sys/fs/bpf": ["--volume", "/sys/fs/bpf:/sys/fs/bpf"],
    "/sys/fs/cgroup": ["--volume", "/sys/fs/cgroup:/sys/fs/cgroup:ro"],
}
_SAYS = {
    "SYS_ADMIN": r"^capabilities: missing CAP_BPF CAP_PERFMON; .*in a container, add SYS_ADMIN",
    "NET_ADMIN": r"^capabilities: missing CAP_NET_ADMIN; .*in a container, add .*NET_ADMIN",
    "/sys/fs/bpf": r"^bpffs: not mounted; .*in a container, bind the host's /sys/fs/bpf$",
    "/sys/fs/cgroup": r"^cgroup: .*bind the host's /sys/fs/cgroup",
}
_ENDS = "Shunt refuses to accelerate on this machine; traffic flows by TCP as before"


def require(engine):
    for missing in _NEEDS:
        given = [option for need, options in _NEEDS.items() if need != missing for option in options]
        lines = _lines(engine, given)
        if len(lines) != 2 or not re.search(_SAYS[missing], lines[0]) or lines[1] != _ENDS:
            raise Failure(f"without {missing}, expected a line like {_SAYS[missing]} and then '{_ENDS}', found {lines}")
    say(f"without {', '.join(_NEEDS)} the node plugin names what it lacks, in one line each")


def _lines(engine, given):
    hardened = ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges:true", "--security-opt", "apparmor:unconfined"]
    folders = ["--tmpfs", "/tmp:exec", "--tmpfs", "/run", "--tmpfs", "/var/lib/shunt-node"]
    command = ["run", "--control-plane", "localhost:1", "--plaintext", "--join-token", "none", "--pin-dir", "/sys/fs/bpf/shunt-misfit"]
    return engine.docker_fails("run", "--rm", "--network", "none", *hardened, *folders, *given, "shunt-node-plugin", *command).splitlines()
