"""The judge judged: programs whose verdict is known, cheats and honest ones, go through it, and wrong verdicts show.

`corpus` reads a target's own programs, `made` makes some from any target's program, `verdicts` runs them all,
`confusion` counts.
"""

from harness.audit.confusion import CATEGORIES, document
from harness.audit.corpus import Expectation, Range, Specimen, own_specimens, read_specimen
from harness.audit.made import Making, make_specimens
from harness.audit.verdicts import Finding, audit

__all__ = [
    "CATEGORIES",
    "Expectation",
    "Finding",
    "Making",
    "Range",
    "Specimen",
    "audit",
    "document",
    "make_specimens",
    "own_specimens",
    "read_specimen",
]
