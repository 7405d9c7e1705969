"""The demo's load: wrk -> HAProxy (sidecar) -> nginx (app), each in its cgroup."""

import json
import subprocess
import time

from .console import ROOT, Failure
from .processes import Server, established, listening

_CONFIGS = ROOT / "demo"
CONNECTIONS = 32


class Chain:
    def __init__(self, pod, folder, logs, app_port, sidecar_port):
        """pod: the Cgroup that holds all three. Nothing runs until start()."""
        self.pod = pod
        self.folder = folder
        self.logs = logs
        self.app_port = app_port
        self.sidecar_port = sidecar_port
        self._client = None

    def start(self, stack):
        """Starts app and sidecar; the ExitStack gets what ends them."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in ("www", "tmp"):
            (self.folder / name).mkdir(exist_ok=True)
        (self.folder / "www" / "1k").write_bytes(b"x" * 1023 + b"\n")
        self._client = self.pod.child("client")
        nginx = ["nginx", "-p", self.folder, "-c", self._config("nginx.conf"), "-e", "stderr"]
        haproxy = ["haproxy", "-db", "-f", self._config("haproxy.cfg")]
        for name, argv, port in (("app", nginx, self.app_port), ("sidecar", haproxy, self.sidecar_port)):
            server = Server(f"{argv[0]} ({name})", argv, self.logs / f"{argv[0]}.log", self.pod.child(name))
            stack.callback(server.stop)
            server.wait_until(lambda port=port: listening(port), f"listening on port {port}", 10)

    def _config(self, name):
        text = (_CONFIGS / name).read_text()
        words = {"DIR": self.folder, "APP_PORT": self.app_port, "SIDECAR_PORT": self.sidecar_port}
        for word, value in words.items():
            text = text.replace(f"@{word}@", str(value))
        path = self.folder / name
        path.write_text(text)
        return path

    def measure(self, seconds):
        """Loads the chain and returns rps, p50_us, p99_us, cpu_us_per_request and errors. CPU is that of client, sidecar and
        app together, the kernel's part of it included."""
        self.wait_until_drained()
        before = self.pod.cpu_us()
        wrk = self._client.inside(
            ["wrk", "--threads", 1, "--connections", CONNECTIONS, "--duration", f"{seconds}s", "--timeout", "5s"]
            + ["--script", _CONFIGS / "report.lua", f"http://127.0.0.1:{self.sidecar_port}/1k"]
        )
        result = subprocess.run(wrk, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds + 60)
        cpu_us = self.pod.cpu_us() - before
        lines = [line for line in result.stdout.splitlines() if line.startswith("{")]
        if result.returncode or not lines:
            (self.logs / "wrk.log").write_text(result.stdout + result.stderr)
            raise Failure(f"wrk ended with {result.returncode}", log=self.logs / "wrk.log")
        report = json.loads(lines[-1])
        if not report["requests"]:
            raise Failure(
                f"not one request was answered in {seconds} s: {report['errors']}", log=self.logs / "haproxy.log"
            )
        return {
            "rps": round(report["requests"] / (report["duration_us"] / 1e6), 1),
            "p50_us": report["p50_us"],
            "p99_us": report["p99_us"],
            "cpu_us_per_request": round(cpu_us / report["requests"], 2),
            "errors": sum(report["errors"].values()),
        }

    def wait_until_drained(self):
        """nginx closes the sidecar's pooled connections when they idle; a load must start with none of them."""
        deadline = time.monotonic() + 30
        while established(self.app_port) or established(self.sidecar_port):
            if time.monotonic() > deadline:
                raise Failure(
                    f"{established(self.app_port)} connections to the app are still open 30 s after the load ended",
                    log=self.logs / "haproxy.log",
                )
            time.sleep(0.1)

