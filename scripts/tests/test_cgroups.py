import os
import subprocess
import unittest

from shuntdev import cgroups


@unittest.skipIf(os.geteuid() != 0, "making a cgroup needs root")
class CgroupTest(unittest.TestCase):
    def setUp(self):
        self.group = cgroups.Cgroup.create(f"/shunt-test-{os.getpid()}-scripts")
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

    def test_what_a_killed_process_left_is_removed_and_what_a_living_one_has_is_not(self):
        prefix = f"shunt-test-leftovers-of-{os.getpid()}"
        living = cgroups.Cgroup.create(cgroups.own(prefix))
        self.addCleanup(living.remove)
        killed = subprocess.Popen(["sleep", "600"])
        dead = cgroups.Cgroup.create(f"/{prefix}-{killed.pid}")
        self.addCleanup(dead.remove)
        dead.child("child")
        killed.kill()
        killed.wait()
        cgroups.remove_leftovers(prefix)
        self.assertFalse(dead.folder.exists())
        self.assertTrue(living.folder.exists())


if __name__ == "__main__":
    unittest.main()
