"""Adds up JUnit XML reports, whichever runner wrote them."""

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field

_NOT_HERE = "not on this host: "  # so begins the reason of a test of what only other hosts have


@dataclass
class Results:
    passed: int = 0
    failed: list = field(default_factory=list)  # (name, what was wrong)
    skipped: list = field(default_factory=list)  # (name, reason)
    not_here: list = field(default_factory=list)  # (name, reason); nobody could run it here, so nothing is amiss

    def add_reports(self, files):
        for file in files:
            for case in ElementTree.parse(file).getroot().iter("testcase"):
                self._add(case)
        return self

    def _add(self, case):
        name = f"{case.get('classname')}.{case.get('name')}"
        skipped = case.find("skipped")
        failure = next((found for kind in ("failure", "error") if (found := case.find(kind)) is not None), None)
        if failure is not None:
            self.failed.append((name, (failure.text or "").strip() or failure.get("message") or "no reason given"))
        elif skipped is not None:
            reason = skipped.get("message") or (skipped.text or "").strip()
            reason = " ".join(reason.split()) or "no reason given"
            (self.not_here if _NOT_HERE in reason else self.skipped).append((name, reason))
        else:
            self.passed += 1

    def total_line(self):
        others = f", {len(self.not_here)} not on this host" if self.not_here else ""
        return f"{self.passed} passed, {len(self.failed)} failed, {len(self.skipped)} skipped{others}"
