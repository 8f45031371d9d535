"""Programs in prompts and changes in answers: how a model is shown a program, and how its answer becomes the next one.

An answer is either SEARCH/REPLACE blocks or a whole program in a fence:

    NOTE: what was done, in one line

    <<<<<<< SEARCH
    lines copied from the program
    =======
    the lines that take their place
    >>>>>>> REPLACE

`apply` reads what models really send and either returns the whole new program or raises `Unusable` with a reason that
helps the model to mend its answer; `render` writes answers that `apply` reads back byte for byte.
Pure; standard library only.
"""

from harness.edits.fences import HEADING, fence, program_in
from harness.edits.reading import NOTE_CHARS, Edited, apply, without_thoughts
from harness.edits.syntax import fingerprint, likeness
from harness.edits.writing import changed_lines, render, unified

__all__ = [
    "HEADING",
    "NOTE_CHARS",
    "Edited",
    "apply",
    "changed_lines",
    "fence",
    "fingerprint",
    "likeness",
    "program_in",
    "render",
    "unified",
    "without_thoughts",
]
