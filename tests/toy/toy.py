"""Prints a wandering number for each round, then the words that it met, slowly and with a good deal of memory."""

import math
import random

random.seed(7)
words = [line.strip() for line in open("input.txt", encoding="utf-8") if line.strip()]
rounds = 40
state = 1.0
history = []
for turn in range(rounds):
    word = words[turn % len(words)]
    for letter in word:
        ballast = [state + i for i in range(2000)]
        history.append(ballast)
        state = math.fmod(state * 1.1 + ord(letter) + sum(sorted(ballast)) / 1e7, 97.0)
    print(f"turn {turn + 1:3d} | state {state:.12f}")
print("met:", " ".join(sorted(set(words[:rounds]))))
