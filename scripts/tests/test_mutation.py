import re
import tempfile
import unittest
from pathlib import Path

from shuntdev import mutation
from shuntdev.console import ROOT


class ConditionsTest(unittest.TestCase):
    def test_each_listed_condition_is_in_the_sources_and_its_test_exists(self):
        for m in mutation.listed():
            with self.subTest(m.condition), tempfile.TemporaryDirectory() as folder:
                mutation.mutated(m, folder)
                name, method = m.test.split("#")
                source = (ROOT / "node-plugin/src/test/java/dev/shunt/node/traffic" / f"{name}.java").read_text()
                self.assertRegex(source, rf"void {method}\(")

    def test_the_page_lists_them(self):
        page = mutation._PAGE.read_text()
        self.assertEqual(page, mutation.page_with(mutation.table(mutation.listed()), page))

    def test_what_was_caught_is_known_to_the_next_run_of_the_same_sources(self):
        one, other = mutation.listed()[:2]
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "caught.json"
            mutation.Caught(file, "these").add(one)
            same = mutation.Caught(file, "these")
            self.assertIn(one, same)
            self.assertNotIn(other, same)
            self.assertNotIn(one, mutation.Caught(file, "those"))

    def test_no_program_drops_or_holds_back_a_message(self):
        for source in sorted((ROOT / "bpf" / "src").iterdir()):
            code = re.sub(r"/\*.*?\*/", "", source.read_text(), flags=re.S)
            self.assertNotRegex(code, r"SK_DROP|bpf_msg_(apply|cork)_bytes|bpf_msg_(push|pop)_data", source.name)
