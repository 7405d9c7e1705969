"""make demo: an app behind its sidecar under load, without and with acceleration, on this machine.

Settings, all from the environment:
  DEMO_EXIT=1         end after the measurement and remove everything; without it the UI stays up until Ctrl-C
  DEMO_SECONDS=10     length of each of the two loads
  DEMO_HTTP_PORT=8080, DEMO_MANAGEMENT_PORT=8081, DEMO_GRPC_PORT=9443, DEMO_SIDECAR_PORT=18080, DEMO_APP_PORT=18081
"""

import json
import os
import shutil
import socket
import time
from contextlib import ExitStack

from . import build, console, fitness, load, table
from .cgroups import Cgroup
from .console import ROOT, Failure, flag, say, whole_number
from .noise import WORTH_SAYING, Noise
from .processes import require_free_ports
from .shunt import ADMIN, ControlPlane, NodePlugin

FOLDER = ROOT / "target" / "demo"
LOGS = ROOT / "target" / "logs" / "demo"
FIGURES = ROOT / "target" / "demo.json"
CGROUP = "/shunt-demo"
PINS = "/sys/fs/bpf/shunt-demo"
WARM_UP_SECONDS = 3


PORTS = {
    "http": (8080, "the control plane's API and UI"),
    "management": (8081, "the control plane's health and metrics"),
    "grpc": (9443, "the control plane's node stream"),
    "sidecar": (18080, "the sidecar"),
    "app": (18081, "the app"),
}


class Settings:
    def __init__(self):
        self.seconds = whole_number("DEMO_SECONDS", 10)
        self.ports = {name: whole_number(self._variable(name), default) for name, (default, _) in PORTS.items()}

    def require_free_ports(self):
        require_free_ports({self._variable(name): (port, PORTS[name][1]) for name, port in self.ports.items()})

    @staticmethod
    def _variable(name):
        return f"DEMO_{name.upper()}_PORT"


def main():
    if os.geteuid() != 0:
        raise Failure("BPF programs are loaded by root", "Run: sudo make demo")
    settings = Settings()
    only_demo = _hold_the_only_demo()
    FIGURES.unlink(missing_ok=True)
    build.ensure_built()
    fitness.require()
    stack = ExitStack()
    try:
        _demo(settings, stack)
    finally:
        with console.uninterrupted():
            say("removing the demo's processes, cgroup, pins and data")
            _remove(stack)
            only_demo.close()
    say(f"everything is removed; the figures are in {FIGURES.relative_to(ROOT)}")


def _remove(stack):
    try:
        stack.close()
    except (Failure, OSError) as e:
        # Also when another failure is on its way up: both are shown.
        console.report(Failure(f"something of the demo could not be removed: {e}", "make demo again removes it first"))
        raise SystemExit(1) from None


def _hold_the_only_demo():
    """An abstract socket as a lock: the kernel frees it however this process ends."""
    lock = socket.socket(socket.AF_UNIX)
    try:
        lock.bind("\0shunt-demo")
    except OSError:
        raise Failure("another make demo runs on this machine", "End it with Ctrl-C, then start this one again") from None
    return lock


def _demo(settings, stack):
    stack.callback(shutil.rmtree, FOLDER, ignore_errors=True)
    shutil.rmtree(FOLDER, ignore_errors=True)
    node = NodePlugin(FOLDER / "node", LOGS, PINS, "demo-node")
    group = _own_cgroup(stack, node)
    settings.require_free_ports()
    ports = settings.ports
    pod, shunt = group.child("pod"), group.child("shunt")

    say("starting the app (nginx) behind its sidecar (HAProxy)")
    chain = load.Chain(pod, FOLDER / "pod", LOGS, ports["app"], ports["sidecar"])
    chain.start(stack)

    say(f"starting the control plane on :{ports['http']} (gRPC :{ports['grpc']})")
    control_plane = ControlPlane(FOLDER / "control-plane", LOGS, ports, shunt)
    stack.callback(control_plane.server.stop)
    control_plane.wait_until_ready()

    say(f"starting the node plugin, attached to {pod.folder}")
    node.start(control_plane, pod, shunt)
    stack.callback(node.server.stop)
    control_plane.wait_for_node(node)

    before, plain = _measure(chain, node, shunt, settings.seconds, "without a policy: plain TCP")
    _create_policy(control_plane, node, pod, [ports["sidecar"], ports["app"]])
    after, accelerated = _measure(chain, node, shunt, settings.seconds, "with the policy")

    figures = {
        "before": before,
        "after": after,
        "redirected_bytes": accelerated["redirected_bytes"],
        "accelerated_connections": accelerated["accelerated_connections"],
        "reasons": accelerated["reasons"],
    }
    FIGURES.write_text(json.dumps(figures, indent=2) + "\n")
    print("\n" + table.render(before, after, plain, accelerated) + "\n", flush=True)
    if not flag("DEMO_EXIT"):
        _leave_up(control_plane, node)


def _own_cgroup(stack, node):
    """What an earlier demo left when it was killed goes first: processes, cgroup, pins."""
    stack.callback(lambda: Cgroup.at(CGROUP).remove())
    stack.callback(node.uninstall)
    group = Cgroup.create(CGROUP)
    node.uninstall()
    return group


def _measure(chain, node, shunt, seconds, what):
    chain.measure(WARM_UP_SECONDS)
    chain.wait_until_drained()  # a connection's last bytes are counted when it closes
    _wait_until_quiet(shunt)
    say(f"load of {seconds} s {what}")
    start = _Counters(node)
    noise = Noise(chain.pod)
    figures = chain.measure(seconds)
    others = noise.share()
    if others > WORTH_SAYING:
        say(f"note: other programs used {others:.0%} of this machine's CPUs meanwhile, so the figures are rough")
    chain.wait_until_drained()
    return figures, _Counters(node).since(start)


def _wait_until_quiet(shunt):
    """A JVM that has just started compiles itself for some seconds, on the same CPUs as the load."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        used = shunt.cpu_us()
        time.sleep(0.5)
        if shunt.cpu_us() - used < 0.05 * 500_000:
            return


class _Counters:
    def __init__(self, node):
        status = node.status()
        self.redirected_bytes = status["redirected"]["bytes"]
        self.accelerated = status["connections"]["accelerated"]
        self.reasons = status["reasons"]

    def since(self, start):
        reasons = {name: count - start.reasons.get(name, 0) for name, count in self.reasons.items()}
        return {
            "redirected_bytes": self.redirected_bytes - start.redirected_bytes,
            "accelerated_connections": self.accelerated - start.accelerated,
            "reasons": {name: count for name, count in sorted(reasons.items()) if count},
        }


def _create_policy(control_plane, node, pod, ports):
    say("creating the policy: POST /api/v1/policies")
    policy = {
        "apiVersion": "shunt.dev/v1alpha1",
        "kind": "AccelerationPolicy",
        "metadata": {"name": "demo-sidecar"},
        "spec": {
            "action": "Accelerate",
            "mode": "Enforce",
            "match": {"ports": [str(port) for port in ports], "cgroups": [f"{pod.path}/**"]},
            "enrolment": "Handshake",
        },
    }
    start = time.monotonic()
    created = control_plane.api.post("/api/v1/policies", policy)
    revision = created["status"]["revision"]
    control_plane.wait_for_node(node, revision)
    say(f"node acknowledged revision {revision} after {(time.monotonic() - start) * 1000:.0f} ms")


def _leave_up(control_plane, node):
    say("the UI stays up until Ctrl-C")
    print(f"\n    {control_plane.url}    user {ADMIN}    one-time password {control_plane.admin_password()}\n", flush=True)
    try:
        while True:
            time.sleep(1)
            control_plane.server.check_alive()
            node.server.check_alive()
    except KeyboardInterrupt:
        print(flush=True)


if __name__ == "__main__":
    console.run(main)
