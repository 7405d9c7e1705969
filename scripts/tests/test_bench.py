import json
import sys
import tempfile
import unittest
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from unittest import mock

from shuntdev.console import ROOT, Failure

sys.path[:0] = [str(ROOT / "conformance"), str(ROOT / "bench")]

from harness import arms, check, figures, gains, main, page, sockets, turns  # noqa: E402
from harness.agent import _by_policy  # noqa: E402


class Lab:
    """Counters that advance with every look: 700 bytes redirected and one connection more."""

    def __init__(self):
        self.looks = 0
        self.agent = self

    def counters(self):
        self.looks += 1
        return {
            "settled": {
                "redirected_bytes": 700 * self.looks,
                "live": 1,
                "accelerated_live": 1,
                "reasons": {"accelerated": self.looks, "not_settled": self.looks},
                "fallbacks": {"backlog_bytes": 3},
            }
        }


class Load:
    """Twice as fast under Shunt, while the machine gets slower from round to round."""

    def __init__(self, arm, failing_round):
        self.arm = arm
        self.failing_round = failing_round
        self.slices = 0

    def warm_up(self, ms):
        pass

    def slice(self, ms):
        self.slices += 1
        if self.failing_round == self.slices:
            raise Failure("it broke")
        rate = (200 if self.arm is arms.SETTLED else 100) / self.slices
        return {"operations": 10, "bytes": 350, "seconds": 1, "failures": 0, "operations_per_s": rate}

    def close(self):
        pass


class Cell(turns.ArmsCell):
    name, kind, figure = "a-cell", "sockets", "operations_per_s"
    slice_ms = 1
    arms = (arms.PLAIN, arms.SETTLED)

    def __init__(self, failing_round=None):
        self.failing_round = failing_round

    def open(self, lab, arm, index):
        return Load(arm, self.failing_round if arm is arms.SETTLED else None)


class LuckyCell(Cell):
    """Every third set of connections is one in which plain TCP is four times as fast, for as long as they live."""

    anew = True

    def __init__(self):
        super().__init__()
        self.sets = 0
        self.open_now = 0
        self.open_at_most = 0

    def open(self, lab, arm, index):
        self.sets += arm is arms.PLAIN
        self.open_now += 1
        self.open_at_most = max(self.open_at_most, self.open_now)
        load = super().open(lab, arm, index)
        measure, lucky = load.slice, arm is arms.PLAIN and self.sets % 3 == 0
        load.slice = lambda ms: {**(measured := measure(ms)), "operations_per_s": measured["operations_per_s"] * (4 if lucky else 1)}
        load.close = self._closed
        return load

    def _closed(self):
        self.open_now -= 1


class TurnsTest(unittest.TestCase):
    def test_pairs_arms_round_by_round_so_that_a_slower_machine_changes_no_ratio(self):
        settled = Cell().run(Lab(), 4, 1)["arms"]["settled"]
        self.assertEqual({"median": 2.0, "least": 2.0, "most": 2.0}, settled["ratios"]["operations_per_s"])
        self.assertEqual(0, settled["failures"])

    def test_says_which_share_of_the_bytes_was_redirected_and_why_the_rest_was_not(self):
        datapath = Cell().run(Lab(), 4, 1)["arms"]["settled"]["datapath"]
        self.assertEqual(700 / (4 * 350), datapath["redirected_share"])
        self.assertEqual({"not_settled": 2}, datapath["reasons"])
        self.assertEqual({}, datapath["fallbacks"])

    def test_an_arm_that_fails_leaves_with_its_reason_and_the_others_go_on(self):
        result = Cell(failing_round=3).run(Lab(), 4, 1)["arms"]
        self.assertEqual((1, "it broke"), (result["settled"]["failures"], result["settled"]["error"]))
        self.assertEqual(2.0, result["settled"]["ratios"]["operations_per_s"]["median"])
        self.assertNotIn("error", result["plain"])
        self.assertEqual(25, result["plain"]["figures"]["operations_per_s"]["least"])

    def test_a_cell_that_opens_its_arms_anew_for_each_round_does_not_take_the_luck_of_one_connection_for_a_ratio(self):
        cell = LuckyCell()
        result = cell.run(Lab(), 5, 1)["arms"]
        self.assertEqual((5, 2, 0), (cell.sets, cell.open_at_most, cell.open_now))
        self.assertEqual({"median": 2.0, "least": 0.5, "most": 2.0}, result["settled"]["ratios"]["operations_per_s"])
        self.assertEqual({"median": 100, "least": 100, "most": 400}, result["plain"]["figures"]["operations_per_s"])

    def test_what_the_datapath_counted_is_that_of_all_sets_together(self):
        datapath = LuckyCell().run(Lab(), 5, 1)["arms"]["settled"]["datapath"]
        self.assertEqual(5 * 700, datapath["redirected_bytes"])
        self.assertEqual({"not_settled": 5 * 2}, datapath["reasons"])
        self.assertEqual({}, datapath["fallbacks"])

    def test_streams_of_one_connection_are_such_cells_and_no_others(self):
        anew = {cell.name for cell in main._every_cell() if getattr(cell, "anew", False)}
        for name in ("stream-64KiB-same-1-loopback", "stream-blocking-64B-two-1-veth", "stream-nagle-4KiB-same-1-loopback", "stream-1MiB-two-1-redirect"):
            self.assertIn(name, anew)
        self.assertFalse([name for name in anew if "stream-" not in name or "-1-" not in name])

    def test_a_second_plain_arm_shows_what_the_machine_alone_makes_of_a_ratio(self):
        again = Cell().run(Lab(), 4, 1, more=[arms.AGAIN])["arms"]["again"]
        self.assertEqual({"median": 1.0, "least": 1.0, "most": 1.0}, again["ratios"]["operations_per_s"])
        self.assertNotIn("datapath", again)


class SlowCell(Cell):
    """Settled at a ratio that alternates about 0.97 of plain TCP, or about another."""

    def __init__(self, about=0.97):
        super().__init__()
        self.about = about
        self.slices = 0

    def open(self, lab, arm, index):
        load = super().open(lab, arm, index)
        load.slice = lambda ms: self._slice(arm)
        return load

    def _slice(self, arm):
        self.slices += arm is arms.SETTLED
        rate = 100 * (self.about + (0.04 if self.slices % 2 else -0.04)) if arm is arms.SETTLED else 100
        return {"operations": 10, "bytes": 350, "seconds": 1, "failures": 0, "operations_per_s": rate}


class FloorTest(unittest.TestCase):
    def rounds(self, cell, floor=0.97):
        return cell.run(Lab(), 4, 1, floor=floor)["rounds"]

    def test_is_measured_longer_where_it_is_open_whether_a_cell_is_below_the_floor(self):
        self.assertEqual(4 * turns.LONGEST, self.rounds(SlowCell()))

    def test_all_rounds_count_and_each_arm_has_as_many(self):
        cell = SlowCell()
        result = cell.run(Lab(), 4, 1, floor=0.97)
        self.assertEqual(result["rounds"], cell.slices)
        self.assertAlmostEqual(0.97, result["arms"]["settled"]["ratios"]["operations_per_s"]["median"])

    def test_is_not_measured_longer_where_it_is_clearly_on_one_side(self):
        self.assertEqual([4, 4], [self.rounds(SlowCell(about)) for about in (0.8, 1.2)])

    def test_is_not_measured_longer_where_nobody_asks_for_a_floor(self):
        self.assertEqual(4, self.rounds(SlowCell(), floor=None))

    def test_ends_with_an_arm_that_failed(self):
        self.assertEqual(4, self.rounds(Cell(failing_round=1)))


class WarmUpTest(unittest.TestCase):
    """Slices of 150 ms; how many of two connections the datapath has accelerated after each, and how many of them go by TCP for a reason."""

    def slices_until_decided(self, *accelerated, bypassed=(0,)):
        ran = []
        sockets.until_decided(lambda: ran.append(1), lambda: [seen[min(len(ran), len(seen) - 1)] for seen in (accelerated, bypassed)], 2, 150)
        return len(ran)

    def test_ends_when_all_that_came_in_stayed(self):
        self.assertEqual(2 + 5, self.slices_until_decided(0, 1, 2))

    def test_goes_on_while_a_connection_leaves_again(self):
        self.assertEqual(5 + 5, self.slices_until_decided(0, 1, 2, 2, 2, 1))
        self.assertEqual(6 + 5, self.slices_until_decided(0, 1, 2, 2, 2, 1, 0))

    def test_does_not_wait_for_a_connection_that_came_in_and_left_between_two_looks(self):
        self.assertEqual(2 + 5, self.slices_until_decided(0, 1, 1, bypassed=(0, 0, 1)))


class PageTest(unittest.TestCase):
    def test_shows_where_plain_tcp_ran_twice_how_far_it_lies_from_itself_beside_what_was_measured(self):
        cells = {"a-cell": Cell().run(Lab(), 4, 1, more=[arms.AGAIN]), "another": Cell().run(Lab(), 4, 1)}
        shown = page._again(cells)
        self.assertIn("| a-cell | 1.00× | 1.00–1.00 | 2.00 / – |", shown)
        self.assertNotIn("another", shown)
        self.assertEqual("", page._again({"another": cells["another"]}))

    def test_a_cell_whose_arms_failed_is_shown_as_failed(self):
        failed = {"failures": 1, "figures": {}, "error": "no such option"}
        cells = {"stream-nagle-64B-same-1-loopback": {"figure": "mib_per_s", "arms": {"plain": failed, "settled": failed}}}
        self.assertIn("| stream-nagle-64B-same-1-loopback | failed |", page._gathering(cells))


class ShareTest(unittest.TestCase):
    def test_cells_whose_connections_are_short_have_the_node_plugins_default_share(self):
        shares = {cell.name: cell.cpu_percent for cell in main._every_cell()}
        for name in ("short-64B-two-500-loopback", "http-haproxy-1KiB-32-close", "postgres-pgbouncer-select-8-reconnect"):
            self.assertEqual(1, shares[name], name)
        for name in ("request-64B-two-500-loopback", "http-haproxy-1KiB-32-keepalive"):
            self.assertEqual(20, shares[name], name)


def checked(settled, handshake=None, tutorial=0.55, share=1.0, failures=None):
    """A cell's result: CPU of each arm, ratio to plain TCP; None where no round has both."""

    def arm(name, cpu):
        return {"failures": (failures or {}).get(name, 0), "error": "it broke", "ratios": {"cpu_us_per_operation": cpu and {"median": cpu}}}

    accelerated = {"settled": settled, "handshake": handshake or settled}
    measured = {name: arm(name, cpu) | {"datapath": {"redirected_share": share}} for name, cpu in accelerated.items()}
    return {"arms": {"plain": arm("plain", None), **measured, "tutorial": arm("tutorial", tutorial)}}


class WinTest(unittest.TestCase):
    def judge(self, *cpu, **rest):
        return check.Win(Cell()).judge(checked(*cpu, **rest))

    def test_is_content_when_half_of_what_the_tutorial_saves_is_saved_on_whichever_machine(self):
        for settled, handshake, tutorial in ((0.61, 0.57, 0.55), (0.84, 0.81, 0.79), (0.95, 0.95, 0.91)):
            verdict = self.judge(settled, handshake, tutorial=tutorial)
            self.assertEqual(((), True), (verdict.complaints, verdict.tells))

    def test_complains_of_the_arm_that_saves_less_than_half_of_what_can_be_saved(self):
        (lost,) = self.judge(0.61, 0.80, tutorial=0.55).complaints
        self.assertEqual(
            "handshake: CPU per operation is 0.80× plain TCP's, expected at most 0.78× where the tutorial's way has 0.55× plain TCP's CPU per operation", lost
        )
        self.assertEqual(2, len(self.judge(0.91, tutorial=0.79).complaints))

    def test_a_saving_without_redirected_bytes_is_not_taken_for_a_win(self):
        (settled, handshake) = self.judge(0.55, share=0.1).complaints
        self.assertIn("settled: 10% of the bytes were redirected, expected at least 80%", settled)
        self.assertIn("handshake", handshake)

    def test_where_the_tutorial_saves_next_to_nothing_it_says_so_and_asks_for_nothing(self):
        verdict = self.judge(1.05, tutorial=0.93, share=0.0)
        self.assertEqual(((), False), (verdict.complaints, verdict.tells))
        self.assertIn("cannot tell where the tutorial's way has 0.93× plain TCP's CPU", verdict.found)

    def test_where_the_tutorial_fails_it_says_so_and_asks_for_nothing(self):
        for verdict in (self.judge(0.6, failures={"tutorial": 3}), self.judge(0.6, tutorial=None)):
            self.assertEqual(((), False), (verdict.complaints, verdict.tells))
            self.assertIn("it broke", verdict.found)

    def test_complains_of_failures_of_all_others_whatever_can_be_saved(self):
        for name in ("plain", "settled", "handshake"):
            self.assertEqual((f"{name}: 3 failures: it broke",), self.judge(0.6, tutorial=1.0, failures={name: 3}).complaints)

    def test_complains_when_an_arm_was_never_measured_beside_plain_tcp(self):
        self.assertEqual(2, len(self.judge(None).complaints))

    def test_each_of_its_cells_has_the_tutorials_way_beside_it(self):
        for expectation in check.EXPECTATIONS:
            self.assertEqual(isinstance(expectation, check.Win | check.Awake), arms.TUTORIAL in expectation.cell.arms, expectation.cell.name)


class AwakeTest(unittest.TestCase):
    def judge(self, settled, handshake, tutorial, failures=0):
        def arm(sleeps):
            return {"failures": failures, "figures": {} if sleeps is None else {"client_sleeps_per_operation": {"median": sleeps}}}

        return check.Awake(Cell()).judge({"arms": {"plain": arm(0.0), "settled": arm(settled), "handshake": arm(handshake), "tutorial": arm(tutorial)}})

    def test_is_content_when_the_sender_sleeps_much_less_than_the_tutorials(self):
        verdict = self.judge(0.13, 0.03, tutorial=0.31)
        self.assertEqual(((), True), (verdict.complaints, verdict.tells))

    def test_complains_of_the_arm_whose_sender_sleeps_as_often(self):
        (lost,) = self.judge(0.28, 0.03, tutorial=0.30).complaints
        self.assertEqual("settled: its sender sleeps 0.28 times per message, expected at most 0.18 where the tutorial's sleeps 0.30 times", lost)

    def test_where_the_tutorials_sender_hardly_sleeps_it_says_so_and_asks_for_nothing(self):
        verdict = self.judge(0.05, 0.05, tutorial=0.04)
        self.assertEqual(((), False), (verdict.complaints, verdict.tells))
        self.assertIn("cannot tell", verdict.found)

    def test_complains_of_failures_and_of_an_arm_that_was_not_measured(self):
        self.assertEqual(3, len(self.judge(0.05, 0.05, tutorial=0.3, failures=2).complaints))
        self.assertEqual(("settled: no round in which it was measured",), self.judge(None, 0.05, tutorial=0.3).complaints)


class NoCostTest(unittest.TestCase):
    def judge(self, cpu, failures=0):
        unmatched = {"failures": failures, "ratios": {"cpu_us_per_operation": cpu and {"median": cpu}}}
        return check.NoCost(Cell(), 1.15).judge({"arms": {"plain": {"failures": 0}, "unmatched": unmatched}})

    def test_is_content_when_who_is_not_meant_pays_next_to_nothing_and_tells_of_no_win(self):
        verdict = self.judge(1.02)
        self.assertEqual(((), False), (verdict.complaints, verdict.tells))

    def test_complains_of_a_cost_of_failures_and_of_nothing_measured(self):
        for verdict in (self.judge(1.2), self.judge(1.02, failures=1), self.judge(None)):
            self.assertEqual(1, len(verdict.complaints), verdict)


class Measurements:
    """A cell that gives one result after another."""

    name = "a-cell"

    def __init__(self, *results):
        self.results = list(results)
        self.rounds = []

    def run(self, lab, rounds, pace, without=()):
        self.rounds.append(rounds)
        return {"cell": self.name, "figure": "operations_per_s", **self.results[len(self.rounds) - 1]}


class CheckTest(unittest.TestCase):
    lost, won = check.Verdict("", ("settled: lost",), tells=True), check.Verdict("", tells=True)
    untold = check.Verdict("cannot tell where it has 0.97×")

    def attempts(self, *results):
        cell = Measurements(*results)
        with mock.patch.object(check, "say"), mock.patch.object(check.text, "lines", return_value=""), redirect_stdout(StringIO()):
            verdict = check._check(check.Win(cell), None, mock.Mock())
        return cell.rounds, bool(verdict.complaints)

    def test_measures_again_and_longer_until_a_win_is_seen(self):
        self.assertEqual(([5], False), self.attempts(checked(0.6)))
        self.assertEqual(([5, 10, 15], False), self.attempts(checked(1.0), checked(0.9), checked(0.6)))

    def test_is_lost_when_four_times_no_win_was_seen(self):
        self.assertEqual(([5, 10, 15, 20], True), self.attempts(*[checked(1.0)] * 4))

    def test_does_not_measure_again_where_redirecting_saves_nothing(self):
        self.assertEqual(([5], False), self.attempts(checked(1.0, tutorial=1.0)))

    def test_holds_when_some_cells_can_tell_and_says_how_many(self):
        self.assertEqual("nothing is lost; cells that would tell if a win were: 1", check.conclusion({"a": self.won, "b": self.untold}))

    def test_fails_with_every_complaint_and_its_cell(self):
        with self.assertRaisesRegex(Failure, "a win is lost: b, settled: lost; c, settled: lost$"):
            check.conclusion({"a": self.won, "b": self.lost, "c": self.lost, "d": self.untold})

    def test_fails_with_what_was_found_when_no_cell_can_tell(self):
        with self.assertRaisesRegex(Failure, "found none: a: cannot tell where it has 0.97×; b: no cost$"):
            check.conclusion({"a": self.untold, "b": check.Verdict("no cost")})


class FiguresTest(unittest.TestCase):
    def test_a_ratio_without_a_common_round_is_none(self):
        self.assertIsNone(figures.ratio({1: {"p50_us": 3.0}}, {2: {"p50_us": 3.0}}, "p50_us"))


class GainsTest(unittest.TestCase):
    def test_takes_what_was_measured_of_an_accelerated_connection_and_leaves_the_rest_as_it_was(self):
        with tempfile.TemporaryDirectory() as folder:
            record, table = Path(folder) / "bench.json", Path(folder) / "gains.csv"
            cells = {
                "request-64B-same-1-loopback": self._cell("settled", "operations_per_s", redirected=9),
                "request-64B-two-1-loopback": self._cell("settled", "operations_per_s", redirected=0),
                "stream-4KiB-two-1-loopback": self._cell("settled", "mib_per_s", redirected=9),
                "short-64B-same-1-loopback": self._cell("handshake", "operations_per_s", redirected=0),
            }
            record.write_text(json.dumps({"environments": [{"commit": "abc"}], "cells": cells}))
            table.write_text('# first\nkind,size,cpus,ratio,source\nREPLY,TINY,TWO,1.24,"older, and kept"\nREPLY,TINY,SAME,1.00,"older"\n')

            gains.write(table, record)

            self.assertEqual(
                table.read_text().splitlines(),
                [
                    "# first",
                    "kind,size,cpus,ratio,source",
                    'REPLY,TINY,SAME,1.50,"bench/run request-64B-same-1-loopback, settled, commit abc: 1.40 to 1.60 in its rounds"',
                    'REPLY,TINY,TWO,1.24,"older, and kept"',
                    'STREAM,PAGE,TWO,1.50,"bench/run stream-4KiB-two-1-loopback, settled, commit abc: 1.40 to 1.60 in its rounds"',
                    'CONNECT,TINY,SAME,1.50,"bench/run short-64B-same-1-loopback, handshake, commit abc: 1.40 to 1.60 in its rounds"',
                ],
            )

    @staticmethod
    def _cell(arm, figure, redirected):
        ratio = {"median": 1.5, "least": 1.4, "most": 1.6}
        return {"environment": 0, "arms": {"plain": {"figures": {}}, arm: {"ratios": {figure: ratio}, "datapath": {"redirected_bytes": redirected}}}}


class AgentTest(unittest.TestCase):
    def test_reads_the_metrics_of_each_policy(self):
        text = """
# TYPE shunt_connections_total counter
shunt_connections_total{policy="settled",result="accelerated",reason=""} 33
shunt_connections_total{policy="settled",result="bypassed",reason="not_settled"} 4
shunt_connections_live{policy="settled"} 32
shunt_redirected_bytes_total{policy="settled"} 3.4E8
shunt_fallbacks_total{policy="settled",reason="backlog_bytes"} 25
shunt_connections_live{policy=""} 1
"""
        expected = {"reasons": {"accelerated": 33, "not_settled": 4}, "fallbacks": {"backlog_bytes": 25}}
        expected |= {"live": 32, "redirected_bytes": 340_000_000}
        self.assertEqual({"settled": expected}, _by_policy(text))


if __name__ == "__main__":
    unittest.main()
