"""Shunt itself as the scripts start it: a control plane and the node plugin of this host, with data and pins of their own."""

import json
import subprocess
import time
from pathlib import Path

from .api import Api, answers
from .console import ROOT, Failure
from .processes import Server

_BIN = ROOT / "bin"
ADMIN = "admin"


class ControlPlane:
    def __init__(self, folder, logs, ports, cgroup=None):
        """ports: numbers by name: http, management, grpc."""
        self.url = f"http://localhost:{ports['http']}"
        self._ready = f"http://localhost:{ports['management']}/readyz"
        self.grpc_port = ports["grpc"]
        self.api = None  # once it is ready
        # The control plane writes a new token into each file that is not there.
        self.join_token_file = folder / "join-token"
        self._api_token_file = folder / "api-token"
        folder.mkdir(parents=True, exist_ok=True)
        self.server = Server(
            "control plane",
            [_BIN / "shunt-control-plane"],
            logs / "control-plane.log",
            cgroup,
            env={
                "SHUNT_DATA_DIR": str(folder / "data"),
                "SERVER_PORT": str(ports["http"]),
                "MANAGEMENT_SERVER_PORT": str(ports["management"]),
                "SPRING_GRPC_SERVER_PORT": str(ports["grpc"]),
                "SHUNT_BOOTSTRAP_API_TOKEN_FILE": str(self._api_token_file),
                "SHUNT_BOOTSTRAP_JOIN_TOKEN_FILE": str(self.join_token_file),
            },
        )

    def wait_until_ready(self):
        self.server.wait_until(lambda: answers(self._ready), "ready", 180)
        self.api = Api(self.url, self._api_token_file.read_text().strip())

    def admin_password(self):
        """The one-time password that a first start prints."""
        match = self.server.said(r"one-time password: (\S+)")
        if not match:
            raise Failure("the control plane printed no one-time password", log=self.server.log)
        return match[1]

    def node_in_sync(self, node_id, revision=None):
        """Whether the node acknowledged its desired revision (that one or a newer one, if given)."""
        for node in self.api.get("/api/v1/nodes")["items"]:
            if node["id"] == node_id:
                return node["state"] == "InSync" and node["appliedRevision"] >= (revision or 0)
        return False

    def wait_for_node(self, node, revision=None, seconds=60):
        deadline = time.monotonic() + seconds
        while not self.node_in_sync(node.id, revision):
            node.server.check_alive()
            self.server.check_alive()
            if time.monotonic() > deadline:
                raise Failure(
                    f"node {node.id} did not acknowledge revision {revision} in {seconds} s; "
                    f"the control plane says {json.dumps(self.api.get('/api/v1/nodes'))}",
                    log=node.server.log,
                )
            time.sleep(0.1)


class NodePlugin:
    """The node plugin, attached to one cgroup only: no other connection of this machine is watched."""

    def __init__(self, folder, logs, pins, node_id):
        self.folder = folder
        self.id = node_id
        self.server = None
        self._logs = logs
        self._pins = pins
        self._at = ["--pin-dir", pins, "--run-dir", folder / "run", "--state-dir", folder / "state"]

    def start(self, control_plane, attach_to, cgroup=None):
        arguments = ["--control-plane", f"localhost:{control_plane.grpc_port}", "--plaintext"]
        arguments += ["--join-token-file", control_plane.join_token_file, "--node-id", self.id]
        arguments += ["--cgroup", attach_to.folder, "--metrics-port", "0"]
        self.server = Server(
            "node plugin", [_BIN / "shunt-node", "run", *self._at, *arguments], self._logs / "node-plugin.log", cgroup
        )

    def status(self):
        return json.loads(self._call("status", "--json"))

    def uninstall(self):
        """Removes every program, map and link, also those of an earlier run that was killed."""
        if Path(self._pins).exists():
            self._call("uninstall")

    def _call(self, command, *arguments):
        argv = [_BIN / "shunt-node", command, *self._at, *arguments]
        result = subprocess.run(
            [str(a) for a in argv], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
        )
        if result.returncode:
            raise Failure(f"shunt-node {command} ended with {result.returncode}: {result.stderr.strip()}")
        return result.stdout
