import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from shuntdev import cgroups, killed


@unittest.skipIf(os.geteuid() != 0, "making a network namespace needs root")
class KilledTest(unittest.TestCase):
    def test_removes_what_ended_processes_left_in_the_kernel_and_nothing_of_living_ones(self):
        self.pins = Path(self.enterContext(tempfile.TemporaryDirectory()))
        prefix = f"shunt-killed-{os.getpid()}x"
        ended = subprocess.Popen(["true"])
        ended.wait()
        left, kept = (self._leave(f"{prefix}-{pid}-1") for pid in (ended.pid, os.getpid()))

        killed.remove_leftovers([prefix], self.pins)

        self.assertEqual([path for path in left if path.exists()], [])
        self.assertEqual([path for path in kept if not path.exists()], [])

    def _leave(self, name):
        group, pins = cgroups.Cgroup.create(f"/{name}"), self.pins / name
        self.addCleanup(group.remove)
        pins.mkdir()
        subprocess.run(["ip", "netns", "add", name], check=True)
        self.addCleanup(subprocess.run, ["ip", "netns", "delete", name], stderr=subprocess.DEVNULL)
        return group.folder, pins, Path("/run/netns") / name


if __name__ == "__main__":
    unittest.main()
