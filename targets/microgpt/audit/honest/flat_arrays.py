"""CLAIM: no graph: gradients by hand, and every parameter in one flat array of doubles
EXPECT: accepted, memory 2.9-5x, speed >15x
STAGE: full
"""

import math
import random
from array import array
from operator import mul

random.seed(42)

docs = [line.strip() for line in open("input.txt", encoding="utf-8") if line.strip()]
random.shuffle(docs)
print(f"num docs: {len(docs)}")
chars = sorted(set("".join(docs)))
index = {ch: i for i, ch in enumerate(chars)}
BOS = len(chars)
vocab_size = len(chars) + 1
print(f"vocab size: {vocab_size}")

D, T, H = 16, 16, 4  # width, context, heads
W = D // H
F = 4 * D
root = W**0.5

# All parameters in one array of doubles; each matrix is a stretch of it, row after row.
shapes = ((vocab_size, D), (T, D), (vocab_size, D), (D, D), (D, D), (D, D), (D, D), (F, D), (D, F))
places, total = [], 0
for rows, cols in shapes:
    places.append(total)
    total += rows * cols
WTE, WPE, LM, WQ, WK, WV, WO, FC1, FC2 = places
params = array("d", [random.gauss(0, 0.08) for _ in range(total)])
print(f"num params: {total}")


def times(p, at, rows, cols, x):
    """The matrix that begins at `at`, times x."""
    return [sum(map(mul, p[i : i + cols], x)) for i in range(at, at + rows * cols, cols)]


def back(p, g, at, rows, cols, x, dy):
    """Gradient of x where y = matrix * x; that of the matrix is added to g."""
    dx = [0.0] * cols
    for d in dy:
        end = at + cols
        if d:
            dx = [a + d * w for a, w in zip(dx, p[at:end])]
            g[at:end] = array("d", [a + d * b for a, b in zip(g[at:end], x)])
        at = end
    return dx


def scale_of(x):
    return (sum(map(mul, x, x)) / D + 1e-5) ** -0.5


def scaled_back(x, s, dy):
    common = s * s * s * sum(map(mul, dy, x)) / D
    return [s * d - xi * common for d, xi in zip(dy, x)]


def softmax(scores):
    top = max(scores)
    exps = [math.exp(s - top) for s in scores]
    whole = sum(exps)
    return [e / whole for e in exps]


def forward(p, token_id, pos_id, keys, values):
    at, here = WTE + token_id * D, WPE + pos_id * D
    x0 = [a + b for a, b in zip(p[at : at + D], p[here : here + D])]
    s0 = scale_of(x0)
    x1 = [xi * s0 for xi in x0]
    s1 = scale_of(x1)
    x2 = [xi * s1 for xi in x1]
    q = times(p, WQ, D, D, x2)
    keys.append(times(p, WK, D, D, x2))
    values.append(times(p, WV, D, D, x2))
    heads, attentions = [], []
    for low in range(0, D, W):
        high = low + W
        q_h = q[low:high]
        attention = softmax([sum(map(mul, q_h, k[low:high])) / root for k in keys])
        attentions.append(attention)
        heads += [sum([a * v[j] for a, v in zip(attention, values)]) for j in range(low, high)]
    x3 = [a + b for a, b in zip(times(p, WO, D, D, heads), x1)]
    s3 = scale_of(x3)
    x4 = [xi * s3 for xi in x3]
    hidden = [h if h > 0 else 0.0 for h in times(p, FC1, F, D, x4)]
    x5 = [a + b for a, b in zip(times(p, FC2, D, F, hidden), x3)]
    return times(p, LM, vocab_size, D, x5), (x0, s0, x1, s1, x2, q, heads, attentions, x3, s3, x4, hidden, x5)


def backward(p, g, tokens, saved, probs, keys, values):
    n = len(saved)
    dkeys = [[0.0] * D for _ in range(n)]
    dvalues = [[0.0] * D for _ in range(n)]
    while saved:
        x0, s0, x1, s1, x2, q, heads, attentions, x3, s3, x4, hidden, x5 = saved.pop()
        pos = len(saved)
        dlogit = [c / n for c in probs[pos]]
        dlogit[tokens[pos + 1]] -= 1 / n
        dx5 = back(p, g, LM, vocab_size, D, x5, dlogit)
        dhidden = [d if h > 0 else 0.0 for d, h in zip(back(p, g, FC2, D, F, hidden, dx5), hidden)]
        dx3 = [a + b for a, b in zip(dx5, scaled_back(x3, s3, back(p, g, FC1, F, D, x4, dhidden)))]
        dheads = back(p, g, WO, D, D, heads, dx3)
        dq = [0.0] * D
        for h, attention in enumerate(attentions):
            columns = range(h * W, h * W + W)
            dattention = [sum([dheads[j] * v[j] for j in columns]) for v in values[: pos + 1]]
            inner = sum(map(mul, attention, dattention))
            for t, a in enumerate(attention):
                k, dk, dv = keys[t], dkeys[t], dvalues[t]
                dscore = a * (dattention[t] - inner) / root
                for j in columns:
                    dq[j] += dscore * k[j]
                    dk[j] += dscore * q[j]
                    dv[j] += a * dheads[j]
        dx2 = [
            a + b + c
            for a, b, c in zip(
                back(p, g, WQ, D, D, x2, dq),
                back(p, g, WK, D, D, x2, dkeys[pos]),
                back(p, g, WV, D, D, x2, dvalues[pos]),
            )
        ]
        dx1 = [a + b for a, b in zip(dx3, scaled_back(x1, s1, dx2))]
        at, here = WTE + tokens[pos] * D, WPE + pos * D
        for j, d in enumerate(scaled_back(x0, s0, dx1)):
            g[at + j] += d
            g[here + j] += d


learning_rate, beta1, beta2, eps = 0.01, 0.85, 0.99, 1e-8
moment1 = array("d", [0.0]) * total
moment2 = array("d", [0.0]) * total

num_steps = 1000
for step in range(num_steps):
    doc = docs[step % len(docs)]
    tokens = [BOS] + [index[ch] for ch in doc] + [BOS]
    n = min(T, len(tokens) - 1)

    keys, values, saved, probs = [], [], [], []
    losses = 0
    for pos_id in range(n):
        logits, kept = forward(params, tokens[pos_id], pos_id, keys, values)
        probs.append(softmax(logits))
        saved.append(kept)
        losses -= math.log(probs[pos_id][tokens[pos_id + 1]])
    grads = array("d", [0.0]) * total
    backward(params, grads, tokens, saved, probs, keys, values)

    lr = learning_rate * (1 - step / num_steps)
    c1, c2 = 1 - beta1 ** (step + 1), 1 - beta2 ** (step + 1)
    for i, grad in enumerate(grads):
        moment1[i] = m = beta1 * moment1[i] + (1 - beta1) * grad
        moment2[i] = v = beta2 * moment2[i] + (1 - beta2) * grad * grad
        params[i] -= lr * (m / c1) / ((v / c2) ** 0.5 + eps)

    print(f"step {step + 1:4d} / {num_steps:4d} | loss {losses / n:.4f}", end="\r")

temperature = 0.5
print("\n--- inference (new, hallucinated names) ---")
for sample_id in range(20):
    keys, values = [], []
    token_id = BOS
    sample = []
    for pos_id in range(T):
        logits, _ = forward(params, token_id, pos_id, keys, values)
        probs = softmax([logit / temperature for logit in logits])
        token_id = random.choices(range(vocab_size), weights=probs)[0]
        if token_id == BOS:
            break
        sample.append(chars[token_id])
    print(f"sample {sample_id + 1:2d}: {''.join(sample)}")
