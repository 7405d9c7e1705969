import os
import subprocess
import unittest

from shuntdev import cgroups


@unittest.skipIf(os.geteuid() != 0, "making a cgroup needs root")
class CgroupTest(unittest.TestCase):
    def setUp(self):
        self.group = cgroups.Cgroup.create(f"/shunt-test-scripts-{os.getpid()}")
        self.addCleanup(self.group.remove)

    def test_a_command_starts_inside_and_its_cpu_is_accounted(self):
        spin = "import time; end = time.process_time() + 0.05\nwhile time.process_time() < end: pass"
        child = self.group.child("child")
        before = self.group.cpu_us()
        subprocess.run(child.inside(["python3", "-c", spin]), check=True)
        self.assertGreaterEqual(self.group.cpu_us() - before, 50_000)

    def test_removal_ends_what_still_runs_inside(self):
        process = subprocess.Popen(self.group.child("child").inside(["sleep", "600"]))
        while process.pid not in self.group.pids():
            self.assertIsNone(process.poll())
        self.group.remove()
        self.assertEqual(process.wait(5), -9)
        self.assertFalse(self.group.folder.exists())

    def test_a_cgroup_left_behind_is_replaced(self):
        self.group.child("old")
        again = cgroups.Cgroup.create(self.group.path)
        self.assertEqual([p for p in again.folder.iterdir() if p.is_dir()], [])


if __name__ == "__main__":
    unittest.main()
