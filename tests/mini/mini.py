"""A small program of the shape of a training run: documents in, a number for each step, samples at the end."""

import random

random.seed(5)
docs = [line.strip() for line in open("input.txt", encoding="utf-8") if line.strip()]
random.shuffle(docs)
print(f"num docs: {len(docs)}")
chars = sorted(set("".join(docs)))
weights = [random.gauss(0, 1) for _ in range(64)]
num_steps = 90
state = 1.0
for step in range(num_steps):
    doc = docs[step % len(docs)]
    for ch in doc:
        weight = weights[chars.index(ch) % 64]
        state = 0.9 * state + weight * 0.1 + sum(w * w for w in weights) / 640
    print(f"step {step + 1:3d} / {num_steps:3d} | loss {state:.4f}", end="\r")
print()
for sample in range(3):
    print(f"sample {sample + 1}: {''.join(random.choices(chars, k=8))}")
