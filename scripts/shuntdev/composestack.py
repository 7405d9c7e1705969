"""The stack of docker-compose.yml on an engine of the tests."""

import json
import os
import subprocess
import time
import urllib.parse
import urllib.request
from pathlib import Path

from . import cgroups
from .api import Api
from .console import ROOT, Failure, say

BASE = "debian:bookworm-slim"  # what the Dockerfiles begin with
_COMMAND = os.environ.get("COMPOSE_COMMAND", "docker-compose")
_PROJECT = "shunt"
_NODE = "docker-host"
_POLICY = "compose-demo"
_IMAGES = ("shunt-control-plane", "shunt-node-plugin", "shunt-demo", "shunt-demo-prometheus")


class Stack:
    def __init__(self, engine, logs, products):
        self.engine = engine
        self.logs = logs
        self.url = "http://localhost:8080"
        self._environment = {
            "SHUNT_PRODUCTS": products,
            # Watches the engine's containers only, not this whole machine.
            "SHUNT_NODE_CGROUP": engine.watched_cgroup(),
        }

    def _compose(self, log, seconds, *arguments):
        argv = [_COMMAND, "--ansi", "never", "--project-name", _PROJECT, *arguments]
        self.engine.run(argv, self.logs / log, ROOT, self._environment, seconds)

    def compose_version(self):
        self._compose("version.log", 10, "version", "--short")
        return f"Compose {(self.logs / 'version.log').read_text().strip()}"

    def build(self, proxy):
        self._compose("build.log", 2400, "build", "--build-arg", f"http_proxy={proxy}")

    def image_sizes(self):
        """(image, bytes), without what it shares with the base."""
        size = lambda image: int(self.engine.docker("image", "inspect", "--format", "{{.Size}}", image))
        return [(image, size(image)) for image in (BASE, *_IMAGES)]

    def up(self):
        self._compose("up.log", 400, "up", "--detach")

    def down(self):
        self._compose("down.log", 120, "down", "--volumes", "--rmi", "all")

    def images_left(self):
        return [name for name in self.engine.docker("image", "ls", "--format", "{{.Repository}}").split() if name in _IMAGES]

    def keep_logs(self):
        """The containers' logs, for whoever has to find out what went wrong."""
        try:
            self._compose("containers.log", 30, "logs", "--no-color", "--timestamps")
        except Failure:
            pass  # they are gone, as they should be at the end of a good run

    def container(self, service):
        """What the engine knows about a service's only container."""
        label = f"label=com.docker.compose.service={service}"
        ids = self.engine.docker("ps", "--all", "--quiet", "--filter", label).split()
        if len(ids) != 1:
            raise Failure(f"expected one container of {service}, found {len(ids)}", log=self.logs / "up.log")
        return json.loads(self.engine.docker("inspect", ids[0]))[0]

    def services(self):
        """Names of the services whose containers run."""
        label = '{{.Label "com.docker.compose.service"}}'
        return self.engine.docker("ps", "--format", label).split()

    def pid(self, service):
        """In this process's numbers, not the engine's."""
        return self.engine.outer_pid(self.container(service)["State"]["Pid"])

    def wait_for(self, service, seconds):
        """Waits until a container that runs once has ended well; returns its log."""
        deadline = time.monotonic() + seconds
        while (state := self.container(service)["State"])["Status"] != "exited":
            self.engine.server.check_alive()
            if time.monotonic() > deadline:
                raise Failure(f"{service} is {state['Status']} after {seconds} s", log=self._log_of(service))
            time.sleep(0.5)
        log = self._log_of(service)
        if state["ExitCode"]:
            raise Failure(f"{service} ended with {state['ExitCode']}", log=log)
        return log.read_text()

    def _log_of(self, service):
        log = self.logs / f"{service}.log"
        self.engine.run(["docker", "logs", self.container(service)["Id"]], log, ROOT, {}, 30)
        return log

    def secret(self, name):
        return (self.engine.folder / "volumes" / f"{_PROJECT}_admin-secrets" / "_data" / name).read_text().strip()

    def node(self):
        with self.engine.network():
            return Api(self.url, self.secret("api-token")).get(f"/api/v1/nodes/{_NODE}")

    def require_redirected_bytes(self):
        """Bytes go from container to container without TCP, now: the count of the policy grows."""
        node = self.node()
        if node["state"] != "InSync" or node["health"]["state"] != "Healthy" or node["health"]["reasons"]:
            raise Failure(f"expected a healthy node in sync, found {json.dumps(node)}")
        first = self._redirected()
        deadline = time.monotonic() + 30
        while (now := self._redirected()) <= first:
            if time.monotonic() > deadline:
                raise Failure(f"no byte was redirected in 30 s; the control plane says {json.dumps(self.node())}")
            time.sleep(1)
        say(f"REST: policy {_POLICY} redirected {now:,} bytes between containers so far")

    def _redirected(self):
        return next(p["redirectedBytes"] for p in self.node()["policies"] if p["name"] == _POLICY)

    def require_containers_apart(self, *services):
        """Each has a network namespace and a cgroup of its own, so what was redirected crossed both."""
        pids = {service: self.pid(service) for service in services}
        networks = {os.readlink(f"/proc/{pid}/ns/net") for pid in pids.values()}
        groups = {unified_cgroup(pid) for pid in pids.values()}
        if len(networks) != len(services) or len(groups) != len(services):
            raise Failure(f"expected {len(services)} network namespaces and cgroups, found {networks} and {groups}")

    def require_in_prometheus(self):
        query = urllib.parse.urlencode({"query": f'shunt_redirected_bytes_total{{policy="{_POLICY}"}} > 0 and on() shunt_policies > 0'})
        deadline = time.monotonic() + 30
        while not (found := self._query(query)):
            if time.monotonic() > deadline:
                raise Failure(f"Prometheus found nothing for {query} in 30 s")
            time.sleep(1)
        say(f"Prometheus: {int(float(found[0]['value'][1])):,} bytes redirected, scraped from both")

    def _query(self, query):
        with self.engine.network(), urllib.request.urlopen(f"http://localhost:9090/api/v1/query?{query}", timeout=10) as answer:
            return json.load(answer)["data"]["result"]

    def picture(self):
        """The UI in a real browser, with the accelerated traffic on the screen."""
        picture = self.logs / "ui.png"
        node = ["node", "e2e/picture.mjs", "--base", self.url, "--node", _NODE, "--policy", _POLICY, "--out", picture]
        environment = {"SHUNT_ADMIN_PASSWORD": self.secret("password"), "PATH": os.environ["PATH"]}
        self.engine.run(node, self.logs / "browser.log", ROOT / "ui", environment, 120)
        say(f"the UI shows it: {picture.relative_to(ROOT)}")


def unified_cgroup(pid):
    """Path in the cgroup2 hierarchy, which a hybrid host lists beside the others."""
    return next(line[3:] for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines() if line.startswith("0::"))
