import json
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from shuntdev import debkernel, kernels
from shuntdev.console import Failure

_FOUND = """\
linux-image-6.1.0-57-amd64 - Linux 6.1
linux-image-6.12.9+deb13-amd64 - Linux 6.12
linux-image-6.12.117+deb13-amd64 - Linux 6.12
linux-image-6.12.118+deb13-cloud-amd64 - Linux 6.12 for clouds
linux-image-6.12.118+deb13-rt-amd64 - Linux 6.12, PREEMPT_RT
linux-image-7.3.4+deb13-amd64-unsigned - Linux 7.3
linux-image-6.19.14+deb13-amd64 - Linux 6.19
linux-image-amd64 - Linux (meta-package)
"""


class NewestTest(unittest.TestCase):
    def setUp(self):
        self.mirror = object.__new__(debkernel.Mirror)
        self.mirror._options = []
        patch = mock.patch.object(debkernel, "_output", return_value=_FOUND)
        patch.start()
        self.addCleanup(patch.stop)

    def test_versions_are_numbers_and_flavours_are_left_out(self):
        self.assertEqual("6.12.117+deb13-amd64", self.mirror.newest("6.12"))

    def test_the_newest_of_all(self):
        self.assertEqual("6.19.14+deb13-amd64", self.mirror.newest("newest"))

    def test_debian_12_counts_its_kernels_otherwise(self):
        self.assertEqual("6.1.0-57-amd64", self.mirror.newest("6.1"))

    def test_a_series_that_is_not_there_is_answered_with_those_that_are(self):
        with self.assertRaises(Failure) as failure:
            self.mirror.newest("6.8")
        self.assertIn("6.1, 6.12, 6.19", failure.exception.hint)


class VerdictTest(unittest.TestCase):
    def problems(self, lines, **codes):
        with tempfile.TemporaryDirectory() as folder:
            effect = "refuse" if any(effect == "refuse" for _, effect in lines) else "full"
            report = {"effect": effect, "lines": [{"name": name, "effect": effect, "seen": "seen", "advice": ""} for name, effect in lines]}
            (Path(folder) / "check.log").write_text(json.dumps(report))
            return kernels._problems("6.12", {"check": 0, **codes}, Path(folder))

    def test_a_kernel_may_be_refused_for_its_release_and_for_nothing_else(self):
        self.assertEqual([], self.problems([("kernel", "refuse"), ("cast", "refuse")]))
        self.assertEqual(1, len(self.problems([("kernel", "full"), ("pairing", "refuse")])))

    def test_a_failed_test_is_a_problem_and_one_that_was_not_begun_too(self):
        self.assertEqual([], self.problems([("kernel", "full")], SpliceTest=0))
        self.assertEqual(2, len(self.problems([("kernel", "full")], SpliceTest=1, PaceTest=None)))
