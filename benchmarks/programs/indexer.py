"""A text indexer: makes a text, counts its words, finds them by their letters, and ranks lines against questions."""

import math

SYLLABLES = ["ka", "to", "mi", "ren", "sol", "vu", "da", "lor", "pe", "shi", "an", "qui"]


class Draw:
    """Numbers that follow from a seed (Lehmer's generator, 1951)."""

    def __init__(self, seed):
        self.state = seed

    def below(self, limit):
        self.state = self.state * 48271 % 2147483647
        return self.state % limit


def word(draw):
    parts = []
    for _ in range(1 + draw.below(3)):
        parts.append(SYLLABLES[draw.below(len(SYLLABLES))])
    return "".join(parts)


def text(draw, lines):
    found = []
    for _ in range(lines):
        found.append(" ".join(word(draw) for _ in range(6 + draw.below(7))))
    return found


def weight(count, total):
    return math.log(1 + count) * math.log(total + 1)


def code(line):
    """A line as the places of its letters in the alphabet."""
    places = []
    for letter in line:
        places.append(alphabet.index(letter))
    return places


draw = Draw(7)
lines = text(draw, 14000)
alphabet = sorted(set("".join(lines)))
print(len(lines), "lines,", len(alphabet), "letters")

postings = {}
for number, line in enumerate(lines):
    for each in line.split():
        postings.setdefault(each, []).append(number)
print(len(postings), "words")

checks = 0
for line in lines:
    checks = (checks * 31 + sum(place * place for place in code(line))) % 1000003
print("check", checks)

for round_number in range(40):
    asked = [word(draw), word(draw)]
    scores = {}
    for each in asked:
        known = postings.get(each, [])
        for number in known:
            scores[number] = scores.get(number, 0.0) + weight(1, len(known))
    best = sorted(scores, key=lambda number: (-scores[number], number))[:3]
    print(" ".join(asked), best, max(0, len(best) - 1))

lengths = {}
for line in lines:
    for each in line.split():
        size = len(each)
        lengths[size] = lengths.get(size, 0) + 1
for size in sorted(lengths):
    print(size, lengths[size], f"{math.sqrt(lengths[size]):.6f}")
