import unittest
from unittest import mock

from shuntdev import maven


class ProgressTest(unittest.TestCase):
    def setUp(self):
        self.said = []
        patch = mock.patch.object(maven, "say", self.said.append)
        patch.start()
        self.addCleanup(patch.stop)
        self.progress = maven._Progress(shown_errors=3)

    def test_a_module_is_announced(self):
        self._read("[INFO] Building Shunt policy 0.1.0-SNAPSHOT                   [2/7]")
        self.assertEqual(self.said, ["Shunt policy (2/7)"])

    def test_a_silence_is_broken_by_what_is_going_on(self):
        self._read(
            "[INFO] Building Shunt policy 0.1.0-SNAPSHOT [2/7]",
            "Downloaded from central: a.jar (1 kB at 2 kB/s)",
            "[INFO] --- maven-surefire-plugin:3.5.6:test (default-test) @ shunt-policy ---",
            "[INFO] Tests run: 12, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.1 s -- in dev.shunt.policy.MatchTest",
            "[INFO] Running dev.shunt.policy.parse.PolicyParserTest",
        )
        self.progress.spoke -= 60
        self.progress.tick()
        self.assertEqual(
            self.said[1], "  … Shunt policy: maven-surefire:test, PolicyParserTest, 12 tests so far, 1 files downloaded"
        )

    def test_errors_are_shown_at_once_and_maven_advice_is_not(self):
        self._read(
            "[ERROR]   MatchTest.bits:12 expected: 1 but was: 2",
            "[ERROR] Failed to execute goal x -> [Help 1]",
            "[ERROR] To see the full stack trace of the errors, re-run Maven with the -e switch.",
        )
        self.assertEqual(
            self.said, ["  MatchTest.bits:12 expected: 1 but was: 2", "  Failed to execute goal x -> [Help 1]"]
        )

    def _read(self, *lines):
        for line in lines:
            self.progress.line(line)


if __name__ == "__main__":
    unittest.main()
