"""Make `names.txt`: 32,033 invented names from a small grammar of syllables. `python names.py > names.txt` repeats it.

Lengths are drawn first, from the distribution that given names have, since the cost of a step follows from them.
Nothing is read: the same bytes come out on every machine and every version of Python.
"""

import random
import sys

COUNT = 32_033
SEED = "names 57"

# How many names of each length, in ten thousandths.
LENGTHS = {
    2: 20,
    3: 180,
    4: 931,
    5: 2227,
    6: 3015,
    7: 2128,
    8: 970,
    9: 349,
    10: 119,
    11: 40,
    12: 9,
    13: 9,
    14: 2,
    15: 1,
}

ONSETS = (
    "n:12 l:11 m:10 r:10 k:9 j:7 d:8 s:7 t:7 b:5 v:4 h:4 z:4 sh:3 g:3 y:3 c:3 ch:2 kh:1 th:2 br:2 tr:1 kr:1 dr:1 f:2"
    " p:2 w:2 gr:1 cl:1 x:1 qu:1 ph:1 st:1 ll:2 nn:2 rr:1 tt:1 ss:1"
)
STARTS = (
    "a:14 e:6 i:4 o:3 u:1 k:9 j:9 m:9 d:7 s:7 r:6 l:6 b:5 t:5 n:5 c:4 z:3 h:3 v:2 g:3 f:2 p:2 w:2 y:2 sh:2 ch:2 th:1"
    " br:2 tr:1 kh:1 cl:1 gr:1 x:1 qu:1"
)
VOWELS = "a:34 e:19 i:19 o:8 u:4 ai:2 ia:2 ay:2 ey:1 ee:1 ie:1 au:1 ei:1 eo:1 y:3"
CODAS = "n:12 l:5 r:6 s:3 h:3 m:2 y:3 t:1 d:1 k:1 x:1 z:1 v:1"
ENDS = "a:30 n:16 e:10 h:8 y:7 s:4 l:5 i:5 r:4 o:3 en:3 on:2 lyn:2 th:1 d:2 t:1 k:1 m:1 z:1 ie:1 us:1 x:1"

# Pieces that rude words are made of, in several languages.
AVOIDED = "hit nig neg naz kik fag fuk isi rap ars nus pis cun tit dic hom dyk sem vag jih pus"


def weighted(table):
    """The pieces and their weights of a table such as "a:3 b:1"."""
    pairs = [entry.split(":") for entry in table.split()]
    return [piece for piece, _ in pairs], [int(weight) for _, weight in pairs]


def draw(rng, table):
    pieces, weights = table
    return rng.choices(pieces, weights)[0]


def make_name(rng, length, tables):
    """One name of exactly `length` letters, or None when the pieces drawn do not fill it exactly."""
    starts, onsets, vowels, codas, ends = tables
    name = draw(rng, starts)
    while len(name) < length:
        if name[-1] in "aeiouy":
            left = length - len(name)
            if left <= 3 and rng.random() < 0.7:
                end = draw(rng, ends)
                name += end if end[0] not in "aeiou" else ""
            elif rng.random() < 0.25:
                name += draw(rng, codas)
            name += draw(rng, onsets) if len(name) < length else ""
        else:
            name += draw(rng, vowels)
    return name if len(name) == length and pronounceable(name) else None


def pronounceable(name):
    """Is there a vowel in it, no run of three consonants or three vowels, and nothing rude?"""
    kinds = "".join("v" if letter in "aeiou" else "y" if letter == "y" else "c" for letter in name)
    runs = ("ccc", "vvv", "ccyc", "yy")
    if not ("v" in kinds or "y" in kinds) or kinds.endswith("cc"):
        return False
    return not any(run in kinds for run in runs) and not any(piece in name for piece in AVOIDED.split())


def names(count=COUNT, seed=SEED):
    """A list of `count` different names."""
    rng = random.Random(seed)
    tables = [weighted(table) for table in (STARTS, ONSETS, VOWELS, CODAS, ENDS)]
    found = {}  # a dict keeps the order in which they were drawn
    while len(found) < count:
        length = rng.choices(list(LENGTHS), list(LENGTHS.values()))[0]
        name = None
        while name is None or name in found:
            name = make_name(rng, length, tables)
        found[name] = True
    return list(found)


if __name__ == "__main__":
    sys.stdout.write("".join(f"{name}\n" for name in names()))
