"""Workloads: the inputs and knob settings that a program is run on, drawn from the secret of a run of the harness.

A generator is a pure function of a shipped file's bytes and a random source. Inputs that it makes are UTF-8 and have
`\\n` line ends, and nobody who lacks the secret can say what they hold: not a candidate, not the model that wrote it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from random import Random

from harness.errors import BadTarget, UnknownName
from harness.types import Target, Workload

Generator = Callable[[bytes, Random], bytes]

SCRIPTS = (
    "abcdefghijklmnopqrstuvwxyz",
    "αβγδεζηθικλμνξοπρστυφχψω",
    "абвгдежзиклмнопрстуфхцчшщыэюя",
    "աբգդեզէըթժիլխծկհձղճմյն",
    "აბგდევზთიკლმნოპჟრსტუფქ",
    "åäöøéèêçñüßþðæœł",
)
LETTERS = 2  # of each script: an untrained model ends its samples sooner, the smaller the alphabet
LONG = 40  # letters in the longest odd document: more than a context holds


@dataclass(frozen=True, slots=True)
class Drawn:
    """A workload with everything decided: files by name in the work folder, knob settings by label."""

    name: str
    files: Mapping[str, bytes]
    settings: Mapping[str, str]


def draw(workload: Workload, target: Target, secret: str) -> Drawn:
    """Decide a workload. The same secret draws the same; without hidden parts the secret does not matter.

    Raises BadTarget for an unknown generator and for an input that is missing or is not UTF-8 text.
    """
    rng = Random(f"{secret}/{workload.name}")
    settings = {label: _setting(value, rng) for label, value in workload.knobs.items()}
    generate = _generator(workload)
    files = {}
    for name, path in workload.files.items():
        try:
            files[name] = generate((target.folder / path).read_bytes(), rng)
        except OSError as error:
            raise BadTarget(f"workload {workload.name}: input {target.folder / path}: {error.strerror}") from None
        except UnicodeDecodeError:
            raise BadTarget(f"workload {workload.name}: input {target.folder / path} is not UTF-8 text") from None
    return Drawn(workload.name, files, settings)


def _setting(value: str, rng: Random) -> str:
    return str(rng.randrange(1_000, 1_000_000_000)) if value == "random" else value


def _generator(workload: Workload) -> Generator:
    try:
        return GENERATORS[workload.generator]
    except KeyError:
        unknown = UnknownName("generator", workload.generator, GENERATORS)
        raise BadTarget(f"workload {workload.name}: {unknown}") from None


# --- Generators -------------------------------------------------------------------------------------------------------


def file(text: bytes, _rng: Random) -> bytes:
    """The input as it is."""
    return text


def relabel(text: bytes, rng: Random) -> bytes:
    """The documents in another order, under a permutation of the alphabet that changes its order.

    Same bytes of size, same documents' lengths, same set of characters: the same cost, and every number is new.
    """
    lines = [line.strip() for line in text.decode().split("\n")]
    documents = [line for line in lines if line]
    alphabet = sorted(set("".join(documents)) - {" ", "\t", "\r"})
    rng.shuffle(documents)
    renamed = str.maketrans(dict(zip(alphabet, _other_order(alphabet, rng), strict=True)))
    return _lines(document.translate(renamed) for document in documents)


def odd(_text: bytes, rng: Random) -> bytes:
    """Seven documents that a program for names would not expect: other scripts, inner spaces, one letter, 40 letters.

    Blank lines and spaces at line ends stand between them, and the last line may lack its end. Cheap: few, and short.
    """
    first, second, third = ("".join(rng.sample(script, LETTERS)) for script in rng.sample(SCRIPTS, 3))
    documents = [
        _word(first, rng, 3, 7),
        _word(first, rng, 4, 6).capitalize(),
        f"{_word(second, rng, 2, 4)} {_word(second, rng, 1, 3)}",
        f"{_word(second, rng, 1, 2)}  {_word(first, rng, 2, 3)} {rng.randrange(10, 100)}",
        rng.choice(third),
        _word(third, rng, LONG, LONG),
        f"{_word(third, rng, 2, 4)}-{_word(second, rng, 2, 3)}",
    ]
    rng.shuffle(documents)
    padded = [f"{' ' * rng.randrange(3)}{document}{' ' * rng.randrange(3)}" for document in documents]
    for blank in ("", "", "   "):
        padded.insert(rng.randrange(len(padded) + 1), blank)
    text = _lines(padded)
    return text if rng.random() < 0.5 else text.removesuffix(b"\n")


GENERATORS: Mapping[str, Generator] = {"file": file, "relabel": relabel, "odd": odd}


def _other_order(alphabet: list[str], rng: Random) -> list[str]:
    """A permutation that is not the identity, where there is one."""
    order = list(alphabet)
    while order == alphabet and len(alphabet) > 1:
        rng.shuffle(order)
    return order


def _word(script: str, rng: Random, shortest: int, longest: int) -> str:
    return "".join(rng.choices(script, k=rng.randint(shortest, longest)))


def _lines(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
