"""make compose-test: docker-compose.yml brought up on an engine of its own, looked at through its REST API, Prometheus and a real
browser, taken down, and searched for what it left.

Settings, all from the environment:
  COMPOSE_STAY=1          leaves the stack up until Ctrl-C, and says how to look at it
  COMPOSE_SOURCE=1        builds Shunt in containers, from source, as `docker compose up` does in a fresh clone: takes a network and minutes
  COMPOSE_UNIFIED=1       hides version 1 of cgroups from the engine, as on a host that does not have it
  COMPOSE_COMMAND=FILE    another Compose, of any version from 1.29 on; default docker-compose
"""

import os
import shutil
import subprocess
import time
from contextlib import ExitStack

from . import baseimage, build, cgroups, composestack, console, hardening, misfits
from .aptcache import AptCache
from .composestack import Stack
from .console import ROOT, Failure, flag, say
from .engine import GATEWAY, Engine
from .leftovers import Traces

FOLDER = ROOT / "target" / "compose"
LOGS = ROOT / "target" / "logs" / "compose"
# Survives `make clean`, as what npm and Maven downloaded does.
CACHE = ROOT / ".tools" / "compose"
_APT_PORT = 3142
_CGROUP = "shunt-compose"


def main():
    if os.geteuid() != 0:
        raise Failure("an engine, namespaces and BPF programs need root", "Run: sudo make compose-test")
    source = flag("COMPOSE_SOURCE")
    if source:
        _ensure_browser_driver()
    else:
        build.ensure_built()
        _ensure_java()
    shutil.rmtree(LOGS, ignore_errors=True)
    LOGS.mkdir(parents=True)
    cleanup = ExitStack()
    try:
        stack = _bring_up(cleanup, source)
        _look(stack)
        if flag("COMPOSE_STAY"):
            _stay(stack)
        _take_down(stack)
    finally:
        with console.uninterrupted():
            cleanup.close()
    say("compose: everything is true, and nothing is left")


def _ensure_java():
    """The images' Java is made outside, too: inside there is no JDK to make it from."""
    java = ROOT / "target" / "java"
    if not (java / "bin" / "java").exists():
        say("making the images' Java runtime")
        subprocess.run([ROOT / "scripts" / "java-runtime", java], check=True)


def _ensure_browser_driver():
    """Which comes with the UI's packages, that a build outside of containers would have installed."""
    if not (ROOT / "ui" / "node_modules" / "playwright-core").exists():
        say("npm ci, for what looks at the UI")
        subprocess.run(["npm", "ci", "--silent"], cwd=ROOT / "ui", check=True)


def _bring_up(cleanup, source):
    cgroups.remove_leftovers(_CGROUP)
    archive = CACHE / "bookworm.tar"
    baseimage.ensure(archive, FOLDER / "tree", LOGS / "debootstrap.log")
    engine = Engine(FOLDER / "engine", LOGS / "dockerd.log", cgroups.own(_CGROUP), flag("COMPOSE_UNIFIED"))
    cleanup.callback(engine.remove)
    engine.start()
    say("importing the base image")
    engine.docker("import", "--change", 'CMD ["bash"]', archive, composestack.BASE)
    if source:
        engine.open_way_out(LOGS / "slirp4netns.log")
        baseimage.trust_as_this_machine_does(engine, composestack.BASE, LOGS / "certificates.log")
    with engine.network():
        apt = AptCache(CACHE / "packages", _APT_PORT)
    apt.start()
    cleanup.callback(apt.close)
    stack = Stack(engine, LOGS, "source" if source else "prebuilt")
    say(f"{stack.compose_version()}: build")
    start = time.monotonic()
    stack.build(f"http://{GATEWAY}:{_APT_PORT}")
    say(f"built in {time.monotonic() - start:.0f} s")
    for image, size in stack.image_sizes():
        say(f"  {image}: {size / 1e6:.0f} MB")
    say("docker-compose up")
    start = time.monotonic()
    cleanup.callback(stack.keep_logs)
    stack.up()
    print("\n" + stack.wait_for("policy", 180) + "\n", flush=True)
    say(f"the policy was applied, and its effect measured, {time.monotonic() - start:.0f} s after `up`")
    return stack


def _look(stack):
    stack.require_redirected_bytes()
    stack.require_containers_apart("load", "sidecar", "app")
    hardening.require(stack)
    misfits.require(stack.engine)
    stack.require_in_prometheus()
    stack.picture()


def _stay(stack):
    say("the stack stays up until Ctrl-C")
    print("\n    " + " ".join(stack.engine.inside(["bash"])) + "\n", flush=True)
    try:
        while True:
            time.sleep(1)
            stack.engine.server.check_alive()
    except KeyboardInterrupt:
        print(flush=True)


def _take_down(stack):
    traces = Traces(stack)
    say("docker-compose down")
    stack.down()
    traces.require_gone()
    say("no container, image, volume, network, program, map, pin, cgroup, namespace or process of it is left")


if __name__ == "__main__":
    console.run(main)
