"""The UI's end-to-end test, against a control plane and a node plugin of its own on free ports."""

import os
import re
import shutil
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from . import build, console, fitness
from .cgroups import Cgroup
from .console import ROOT, Failure, say
from .processes import Server
from .shunt import ADMIN, ControlPlane, NodePlugin

FOLDER = ROOT / "target" / "e2e"
LOGS = ROOT / "target" / "logs" / "e2e"
SECONDS = 300
_TALKER = Path(__file__).with_name("talker.py")


def run():
    """Runs the test and returns how many steps it took; fails with the tail of its output."""
    stack = ExitStack()
    try:
        return _run(stack)
    finally:
        with console.uninterrupted():
            stack.close()


def _run(stack):
    name = f"shunt-e2e-{os.getpid()}"
    shutil.rmtree(FOLDER, ignore_errors=True)
    stack.callback(shutil.rmtree, FOLDER, ignore_errors=True)
    group = Cgroup.create(f"/{name}")
    stack.callback(group.remove)
    say("the UI in a real browser: starting a control plane and a node plugin")
    ports = dict(zip(("http", "management", "grpc", "talker"), _free_ports(4)))
    control_plane = ControlPlane(FOLDER / "control-plane", LOGS, ports, group.child("control-plane"))
    stack.callback(control_plane.server.stop)
    control_plane.wait_until_ready()
    node = NodePlugin(FOLDER / "node", LOGS, f"/sys/fs/bpf/{name}", "e2e-node")
    stack.callback(node.uninstall)
    watched = group.child("watched")
    node.start(control_plane, watched, group.child("node"))
    stack.callback(node.server.stop)
    control_plane.wait_for_node(node)
    talker = Server("talker", [sys.executable, _TALKER, ports["talker"]], LOGS / "talker.log", watched)
    stack.callback(talker.stop)
    return _browse(control_plane, node, {"cgroup": watched.path, "port": ports["talker"]})


def _browse(control_plane, node, talker):
    say("npm run e2e")
    log = LOGS / "browser.log"
    environment = {**os.environ, "SHUNT_ADMIN_PASSWORD": control_plane.admin_password(), "SHUNT_NODE": node.id}
    environment |= {"SHUNT_TALKER_CGROUP": talker["cgroup"], "SHUNT_TALKER_PORT": str(talker["port"])}
    command = ["npm", "run", "--silent", "e2e", "--", "--base", control_plane.url, "--user", ADMIN]
    command += ["--shots", LOGS / "screenshots"]
    with open(log, "wb") as out:
        browser = subprocess.Popen(
            command, cwd=ROOT / "ui", env=environment,
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
        )
        try:
            code = browser.wait(SECONDS)
        except subprocess.TimeoutExpired:
            raise Failure(f"the browser's test did not end in {SECONDS} s", log=log) from None
        finally:
            browser.kill()
            browser.wait()
    if code:
        raise Failure(f"the browser's test ended with {code}", log=log)
    text = log.read_text(errors="replace")
    print(text, end="")
    return len(re.findall(r"^ *ok ", text, re.MULTILINE))


def _free_ports(count):
    sockets = [socket.create_server(("localhost", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def main():
    if reason := fitness.hindrance():
        raise Failure(reason, "Run: sudo scripts/e2e")
    build.ensure_built()
    run()


if __name__ == "__main__":
    console.run(main)
