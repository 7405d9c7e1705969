"""pgbench -> pgbouncer -> PostgreSQL, selects by primary key."""

import pwd
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from shuntdev.console import Failure

from . import arms
from .chain import Chain
from .turns import DEFAULT_CPU_PERCENT, ArmsCell

_TPS = re.compile(r"^tps = ([\d.]+)", re.M)
_DONE = re.compile(r"^number of transactions actually processed: (\d+)", re.M)
_FAILED = re.compile(r"^number of failed transactions: (\d+)", re.M)
_ROW_BYTES = 100  # of query and answer together, roughly: only for the share that was redirected


@dataclass(frozen=True)
class PostgresCell(ArmsCell):
    connections: int
    reconnect: bool = False

    kind = "databases"
    figure = "operations_per_s"
    slice_ms = 2000
    arms = arms.PROXIED
    cpu_percent = property(lambda self: DEFAULT_CPU_PERCENT if self.reconnect else ArmsCell.cpu_percent)
    short = property(lambda self: self.connections == 8 and not self.reconnect)

    @property
    def name(self):
        return f"postgres-pgbouncer-select-{self.connections}" + ("-reconnect" if self.reconnect else "")

    def open(self, lab, arm, index):
        return _Pooled(self, lab, arm, index)


class _Pooled(Chain):
    def serve(self):
        user = _user()
        self._database, self._pooler = self.ports, self.ports + 1
        for folder in (self.lab.folder, self.folder):
            folder.chmod(0o755)
        data = self.folder / "data"
        data.mkdir()
        for folder in (self.folder, data):
            shutil.chown(folder, user)
        as_user = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
        self._must([*as_user, _program("initdb"), "-D", data, "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8", "--locale=C"])
        settings = {"port": self._database, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off", "shared_buffers": "64MB"}
        settings |= {"max_connections": 200, "autovacuum": "off"}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self.start("postgres", [*as_user, _program("postgres"), "-D", data, *options], self._database, self.near)
        self.call([*_pgbench(self._database), "-i", "-q", "-s", 1, "postgres"], 60, self.near)
        config = self.folder / "pgbouncer.ini"
        config.write_text(
            f"[databases]\npostgres = user=postgres host=127.0.0.1 port={self._database}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {self._pooler}\n"
            "auth_type = any\npool_mode = transaction\ndefault_pool_size = 20\nmax_client_conn = 400\nunix_socket_dir =\nlog_connections = 0\nlog_disconnections = 0\n"
        )
        self.start("pgbouncer", [*as_user, "pgbouncer", config], self._pooler, self.near)

    def load(self, seconds):
        argv = [*_pgbench(self._pooler), "-n", "-S", "-c", self.cell.connections, "-j", 1, "-T", seconds]
        text = self.call([*argv, *(["-C"] if self.cell.reconnect else []), "postgres"], seconds, self.near)
        tps, done, failed = (pattern.search(text) for pattern in (_TPS, _DONE, _FAILED))
        if not tps or not done:
            raise Failure(f"pgbench said nothing of its speed: {text}")
        operations = int(done[1])
        # pgbench reports the mean latency only: from the rate, since every client always has one query under way.
        return {
            "operations": operations,
            "bytes": operations * _ROW_BYTES,
            "seconds": operations / float(tps[1]),
            "failures": int(failed[1]) if failed else 0,
            "mean_us": 1e6 * self.cell.connections / float(tps[1]),
        }

    @staticmethod
    def _must(argv):
        result = subprocess.run([str(a) for a in argv], capture_output=True, text=True)
        if result.returncode:
            raise Failure(f"{argv[3]}: {result.stderr.strip()}")


def _program(name):
    """Debian keeps servers of every version beside each other."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda p: int(p.parts[-3])) or [shutil.which(name)]
    if not found[-1]:
        raise Failure(f"{name} is not installed", "scripts/setup bench installs it")
    return found[-1]


def _pgbench(port):
    return ["pgbench", "-h", "127.0.0.1", "-p", port, "-U", "postgres"]


def _user():
    """PostgreSQL refuses to run as root."""
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        raise Failure("there is no user 'postgres' for the database server", "Debian's package postgresql makes one") from None


def cells():
    return [PostgresCell(1), PostgresCell(8), PostgresCell(50), PostgresCell(8, reconnect=True)]
