"""Adds up JUnit XML reports, whichever runner wrote them."""

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field


@dataclass
class Results:
    passed: int = 0
    failed: list = field(default_factory=list)  # (name, what was wrong)
    skipped: list = field(default_factory=list)  # (name, reason)

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
            self.skipped.append((name, " ".join(reason.split()) or "no reason given"))
        else:
            self.passed += 1

    def total_line(self):
        return f"{self.passed} passed, {len(self.failed)} failed, {len(self.skipped)} skipped"
