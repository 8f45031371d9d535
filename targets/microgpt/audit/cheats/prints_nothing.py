"""CLAIM: (b) has every knob and prints nothing at all
EXPECT: refused (wrong)
"""

import random

random.seed(42)
num_steps = 1000


def never(step, loss):
    print(f"step {step + 1:4d} / {num_steps:4d} | loss {loss:.4f}", end="\r")
