import unittest

from shuntdev import table


class TableTest(unittest.TestCase):
    def test_shows_both_arms_their_ratio_and_every_reason_of_either(self):
        text = table.render(
            {"rps": 20000.0, "p50_us": 1000.0, "p99_us": 4000.0, "cpu_us_per_request": 60.0, "errors": 0},
            {"rps": 32000.0, "p50_us": 600.0, "p99_us": 3000.0, "cpu_us_per_request": 36.0, "errors": 0},
            {"redirected_bytes": 0, "accelerated_connections": 0, "reasons": {"no_policy": 66}},
            {"redirected_bytes": 3 << 29, "accelerated_connections": 65, "reasons": {"map_full": 1}},
        )
        rows = {" ".join(line.split()) for line in text.splitlines()}
        self.assertIn("requests/s 20,000 32,000 1.60×", rows)
        self.assertIn("latency p50 1.00 ms 600.0 µs 0.60×", rows)
        self.assertIn("CPU per request 60.0 µs 36.0 µs 0.60×", rows)
        self.assertIn("errors 0 0", rows)
        self.assertIn("bytes redirected 0 B 1.5 GiB", rows)
        self.assertIn("connections accelerated 0 65", rows)
        self.assertIn("not: no_policy 66 0", rows)
        self.assertIn("not: map_full 0 1", rows)


if __name__ == "__main__":
    unittest.main()
