import sys
import unittest

from shuntdev.console import ROOT

sys.path.append(str(ROOT / "conformance"))

from suite import known  # noqa: E402
from suite.arms import Seen  # noqa: E402
from suite.cases import Case, Slot  # noqa: E402
from suite.places import EVERY_PLACE  # noqa: E402
from suite.shunt import Counters  # noqa: E402
from suite.verdicts import Kind, compare  # noqa: E402

SAW = {"recv": ["5"]}


def slot(mode="poll", flags=(), settled=()):
    case = Case("a_case", "group", (mode,), frozenset(flags), frozenset(settled), frozenset(), (), ("loopback",))
    return Slot(case, mode, EVERY_PLACE[0])


def counted(messages=0, accelerated=0, reasons=()):
    return Counters(0, accelerated, messages, frozenset(reasons), frozenset(), len(reasons))


def judge(of, counters, plain=SAW, again=SAW, accelerated=SAW, enrolment="settled"):
    return compare(of, enrolment, Seen(plain), Seen(again), Seen(accelerated, counters)).kind


class VerdictTest(unittest.TestCase):
    def test_a_run_that_redirected_and_saw_the_same_is_accelerated(self):
        self.assertIs(judge(slot(), counted(messages=1)), Kind.ACCELERATED)

    def test_a_run_that_redirected_nothing_proves_nothing(self):
        self.assertIs(judge(slot(), counted()), Kind.UNPROVEN)

    def test_any_other_note_is_a_difference(self):
        self.assertIs(judge(slot(), counted(messages=1), accelerated={"recv": ["4"]}), Kind.DIFFERS)
        self.assertIs(judge(slot(), counted(messages=1), accelerated=SAW | {"died": ["SIGKILL"]}), Kind.DIFFERS)

    def test_a_case_that_is_not_steady_over_plain_tcp_is_wrong(self):
        self.assertIs(judge(slot(), counted(messages=1), again={"recv": ["4"]}), Kind.PLAIN_DIFFERS)

    def test_a_case_that_hangs_over_plain_tcp_is_wrong_even_if_it_always_does(self):
        hangs = {"hang": ["yes"]}
        self.assertIs(judge(slot(), counted(messages=1), hangs, hangs, hangs), Kind.PLAIN_DIFFERS)

    def test_settled_is_expected_to_leave_blocking_sockets_alone(self):
        self.assertIs(judge(slot("blocking"), counted(reasons=["blocking_socket"])), Kind.EXCLUDED)
        self.assertIs(judge(slot("blocking"), counted(messages=1)), Kind.UNPROVEN)
        self.assertIs(judge(slot("blocking"), counted(messages=1), enrolment="handshake"), Kind.ACCELERATED)

    def test_an_excluded_case_must_be_counted_under_its_own_reason(self):
        self.assertIs(judge(slot(settled=["mptcp"]), counted(reasons=["mptcp"])), Kind.EXCLUDED)
        self.assertIs(judge(slot(settled=["mptcp"]), counted(reasons=["unpaired"])), Kind.UNPROVEN)

    def test_a_case_that_may_leave_may_also_stay(self):
        leaves = slot(flags=["may_leave"], settled=["splice_user"])
        self.assertIs(judge(leaves, counted(messages=3)), Kind.ACCELERATED)
        self.assertIs(judge(leaves, counted(reasons=["splice_user"])), Kind.EXCLUDED)


class KnownDifferencesTest(unittest.TestCase):
    def test_patterns_cover_enrolment_mode_and_case(self):
        k = known.Known("accept/*blocking", "a_*", "why")
        self.assertTrue(k.covers("accept", slot("blocking")))
        self.assertFalse(k.covers("accept", slot("poll")))
        self.assertFalse(k.covers("settled", slot("blocking")))

    def test_every_documented_difference_is_written_as_a_sentence(self):
        self.assertEqual([], [k.case for k in known.read() if not k.why.endswith(".")])


if __name__ == "__main__":
    unittest.main()
