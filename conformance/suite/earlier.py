"""What earlier runs wrote to results.json, as if it were one run: a whole run may be made in pieces."""

import json
from pathlib import Path

from shuntdev.console import Failure

from .cases import Slot
from .places import EVERY_PLACE
from .verdicts import Kind, Verdict


def read(paths, cases):
    """Verdicts by enrolment."""
    by_name = {c.name: c for c in cases}
    places = {p.name: p for p in EVERY_PLACE}
    verdicts = {}
    for path in paths:
        for enrolment, rows in json.loads(Path(path).read_text()).items():
            for row in rows:
                if row["case"] not in by_name:
                    raise Failure(f"{path} has the case {row['case']}, which there is no more", "Run that piece again")
                slot = Slot(by_name[row["case"]], row["mode"], places[row["place"]])
                differences = tuple((d["what"], d["plain"], d["accelerated"]) for d in row["differences"])
                # A piece that was run again replaces what was seen before.
                verdicts.setdefault(enrolment, {})[slot] = Verdict(slot, Kind[row["result"].upper()], tuple(row["counted"]), differences)
    return {enrolment: list(of.values()) for enrolment, of in verdicts.items()}
