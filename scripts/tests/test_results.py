import tempfile
import unittest
from pathlib import Path

from shuntdev.results import Results


class ResultsTest(unittest.TestCase):
    def test_every_outcome_of_a_junit_report_is_counted_once(self):
        results = self._read(
            """<testsuites><testsuite tests="5">
              <testcase classname="dev.A" name="passes"/>
              <testcase classname="dev.A" name="prints"><system-out>text</system-out></testcase>
              <testcase classname="dev.A" name="fails"><failure message="1 != 2">AssertionError: 1 != 2
                at dev.A.fails(A.java:7)</failure></testcase>
              <testcase classname="dev.A" name="throws"><error/></testcase>
              <testcase classname="dev.A" name="skips"><skipped message="needs root"/></testcase>
            </testsuite></testsuites>"""
        )
        self.assertEqual(results.total_line(), "2 passed, 2 failed, 1 skipped")
        self.assertEqual([name for name, _ in results.failed], ["dev.A.fails", "dev.A.throws"])
        self.assertRegex(results.failed[0][1], r"^AssertionError: 1 != 2\n *at dev.A.fails\(A.java:7\)$")
        self.assertEqual(results.skipped, [("dev.A.skips", "needs root")])

    def test_a_skip_without_a_reason_says_so(self):
        results = self._read('<testsuite><testcase classname="A" name="b"><skipped/></testcase></testsuite>')
        self.assertEqual(results.skipped, [("A.b", "no reason given")])

    def test_what_only_other_hosts_have_is_not_skipped(self):
        results = self._read('<testsuite><testcase classname="A" name="b"><skipped message="f() is false ==&gt; not on this host: no such file"/></testcase></testsuite>')
        self.assertEqual(results.total_line(), "0 passed, 0 failed, 0 skipped, 1 not on this host")

    def _read(self, xml):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "TEST-x.xml"
            file.write_text(xml)
            return Results().add_reports([file])


if __name__ == "__main__":
    unittest.main()
