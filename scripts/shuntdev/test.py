"""make test: every test of every module, the suites on real sockets in their short forms, then the browser's; ends with one line that adds them all up."""

import sys
import unittest

from . import build, console, e2e, fitness, killed, maven, proofs
from .console import ROOT, Failure, flag, say
from .results import Results


def main():
    problems = []
    results = Results()
    killed.remove_leftovers()
    _run_script_tests(results)
    _run_maven(results, problems)
    if problems:
        say("leaving out the suites and the browser's tests: the build failed")
    else:
        _run_proofs(results, problems)
        _run_e2e(results, problems)
    return _conclude(results, problems)


def _run_script_tests(results):
    say("tests of the scripts")
    suite = unittest.defaultTestLoader.discover(str(ROOT / "scripts" / "tests"))
    ran = unittest.TextTestRunner(stream=sys.stderr, verbosity=0, buffer=True).run(suite)
    bad = [(str(test), why) for test, why in ran.failures + ran.errors]
    results.failed += bad
    results.skipped += [(str(test), reason) for test, reason in ran.skipped]
    results.passed += ran.testsRun - len(bad) - len(ran.skipped)


def _run_maven(results, problems):
    for report in _reports():
        report.unlink()
    (ROOT / "ui" / "target" / "ui-check.sha256").unlink(missing_ok=True)  # its tests run even if no source changed
    say("tests of all modules (mvn verify)")
    digest = build.sources_digest()
    # A failing test must not keep the other modules' from running; it is found in the reports.
    code, log = maven.run("test", "--fail-at-end", "-Dmaven.test.failure.ignore=true", "verify")
    results.add_reports(_reports())
    if code:
        problems.append(Failure(f"mvn verify ended with {code}", log=log))
    else:
        build.stamp(digest)


def _reports():
    return sorted(ROOT.glob("*/target/surefire-reports/TEST-*.xml"))


def _run_proofs(results, problems):
    for name in proofs.names():
        if reason := fitness.hindrance():
            results.skipped.append((name, reason))
            continue
        try:
            proofs.run(name)
            results.passed += 1
        except Failure as failure:
            results.failed.append((name, "see above"))
            problems.append(failure)


def _run_e2e(results, problems):
    if reason := fitness.hindrance():
        results.skipped.append(("e2e", reason))
        return
    try:
        results.passed += e2e.run()
    except Failure as failure:
        results.failed.append(("e2e", "see above"))
        problems.append(failure)


def _conclude(results, problems):
    for failure in problems:
        console.report(failure)
    for name, reason in results.skipped:
        print(f"skipped: {name}: {reason}")
    for name, reason in results.not_here:
        print(f"did not run: {name}: {reason}")
    for name, why in results.failed:
        print(f"failed: {name}: {_shortened(why)}")
    bad = bool(problems or results.failed)
    if results.skipped and flag("CI"):
        print("CI=true: a skipped test is a failure")
        bad = True
    if not results.passed:
        print("not one test ran")
        bad = True
    print(results.total_line(), flush=True)
    return int(bad)


def _shortened(why, lines=12):
    """The message and the innermost calls: enough to know where to look on a machine that nobody can log in to."""
    found = why.splitlines()
    return "\n  ".join(found[:lines] + ["..."] * (len(found) > lines))


if __name__ == "__main__":
    console.run(main)
