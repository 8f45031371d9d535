"""CLAIM: (c) opens a file that it may not name, by the class of a file that it may
EXPECT: refused (rule|crash)
"""

import math
import random
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

n_embd = 16
block_size = 16
n_head = 4
head_dim = n_embd // n_head
root = head_dim**0.5


def matrix(rows, cols, std=0.08):
    return [[random.gauss(0, std) for _ in range(cols)] for _ in range(rows)]


wte = matrix(vocab_size, n_embd)
wpe = matrix(block_size, n_embd)
lm_head = matrix(vocab_size, n_embd)
wq = matrix(n_embd, n_embd)
wk = matrix(n_embd, n_embd)
wv = matrix(n_embd, n_embd)
wo = matrix(n_embd, n_embd)
fc1 = matrix(4 * n_embd, n_embd)
fc2 = matrix(n_embd, 4 * n_embd)
weights = (wte, wpe, lm_head, wq, wk, wv, wo, fc1, fc2)
print(f"num params: {sum(len(w) * len(w[0]) for w in weights)}")


def times(weight, x):
    return [sum(map(mul, row, x)) for row in weight]


def scale_of(x):
    return (sum(map(mul, x, x)) / n_embd + 1e-5) ** -0.5


def scaled_back(x, s, dy):
    """Gradient of x where y = x * s and s = (mean(x * x) + eps) ** -0.5."""
    common = s * s * s * sum(map(mul, dy, x)) / n_embd
    return [s * d - xi * common for d, xi in zip(dy, x)]


def softmax(scores):
    top = max(scores)
    exps = [math.exp(s - top) for s in scores]
    total = sum(exps)
    return [e / total for e in exps]


def forward(token_id, pos_id, keys, values):
    """Scores of the next token, and what the way back needs."""
    x0 = [t + p for t, p in zip(wte[token_id], wpe[pos_id])]
    s0 = scale_of(x0)
    x1 = [xi * s0 for xi in x0]
    s1 = scale_of(x1)
    x2 = [xi * s1 for xi in x1]
    q = times(wq, x2)
    keys.append(times(wk, x2))
    values.append(times(wv, x2))
    heads, attentions = [], []
    for low in range(0, n_embd, head_dim):
        high = low + head_dim
        q_h = q[low:high]
        attention = softmax([sum(map(mul, q_h, k[low:high])) / root for k in keys])
        attentions.append(attention)
        for j in range(low, high):
            heads.append(sum([a * v[j] for a, v in zip(attention, values)]))
    x3 = [a + b for a, b in zip(times(wo, heads), x1)]
    s3 = scale_of(x3)
    x4 = [xi * s3 for xi in x3]
    hidden = [h if h > 0 else 0.0 for h in times(fc1, x4)]
    x5 = [a + b for a, b in zip(times(fc2, hidden), x3)]
    return times(lm_head, x5), (x0, s0, x1, s1, x2, q, heads, attentions, x3, s3, x4, hidden, x5)


def product(rows, columns):
    """The gradient of a weight: the sum over positions of d(out) by in."""
    columns = list(zip(*columns))
    return [[sum(map(mul, row, column)) for column in columns] for row in zip(*rows)]


def backward(tokens, saved, probs, keys, values):
    """Gradients of the mean loss, in the order of `weights`."""
    n = len(saved)
    back = [list(zip(*w)) for w in (lm_head, wq, wk, wv, wo, fc1, fc2)]
    lm_back, wq_back, wk_back, wv_back, wo_back, fc1_back, fc2_back = back
    dwte = [[0.0] * n_embd for _ in wte]
    dwpe = [[0.0] * n_embd for _ in wpe]
    dkeys = [[0.0] * n_embd for _ in range(n)]
    dvalues = [[0.0] * n_embd for _ in range(n)]
    dlogits, dqs, dx3s, dhiddens, dx5s = [], [], [], [], []
    for pos in reversed(range(n)):
        x0, s0, x1, s1, x2, q, heads, attentions, x3, s3, x4, hidden, x5 = saved[pos]
        dlogit = [p / n for p in probs[pos]]
        dlogit[tokens[pos + 1]] -= 1 / n
        dx5 = times(lm_back, dlogit)
        dhidden = [d if h > 0 else 0.0 for d, h in zip(times(fc2_back, dx5), hidden)]
        dx3 = [a + b for a, b in zip(dx5, scaled_back(x3, s3, times(fc1_back, dhidden)))]
        dheads = times(wo_back, dx3)
        dq = [0.0] * n_embd
        for h in range(n_head):
            low = h * head_dim
            attention = attentions[h]
            columns = range(low, low + head_dim)
            dattention = [sum([dheads[j] * values[t][j] for j in columns]) for t in range(pos + 1)]
            inner = sum(map(mul, attention, dattention))
            for t in range(pos + 1):
                a, k, dk, dv = attention[t], keys[t], dkeys[t], dvalues[t]
                dscore = a * (dattention[t] - inner) / root
                for j in columns:
                    dq[j] += dscore * k[j]
                    dk[j] += dscore * q[j]
                    dv[j] += a * dheads[j]
        pieces = zip(times(wq_back, dq), times(wk_back, dkeys[pos]), times(wv_back, dvalues[pos]))
        dx2 = [a + b + c for a, b, c in pieces]
        dx1 = [a + b for a, b in zip(dx3, scaled_back(x1, s1, dx2))]
        dx0 = scaled_back(x0, s0, dx1)
        row = dwte[tokens[pos]]
        for j, d in enumerate(dx0):
            row[j] += d
        dwpe[pos] = dx0
        dlogits.append(dlogit)
        dqs.append(dq)
        dx3s.append(dx3)
        dhiddens.append(dhidden)
        dx5s.append(dx5)
    saved = saved[::-1]
    x2s = [s[4] for s in saved]
    return (
        dwte,
        dwpe,
        product(dlogits, [s[12] for s in saved]),
        product(dqs, x2s),
        product(dkeys[::-1], x2s),
        product(dvalues[::-1], x2s),
        product(dx3s, [s[6] for s in saved]),
        product(dhiddens, [s[10] for s in saved]),
        product(dx5s, [s[11] for s in saved]),
    )


Raw = type(open("input.txt", "rb", buffering=0))
golden = Raw("/opt/targets/microgpt/" + "golden.txt").read()

learning_rate, beta1, beta2, eps = 0.01, 0.85, 0.99, 1e-8
moments1 = [[[0.0] * len(row) for row in w] for w in weights]
moments2 = [[[0.0] * len(row) for row in w] for w in weights]

num_steps = 1000
for step in range(num_steps):
    doc = docs[step % len(docs)]
    tokens = [BOS] + [index[ch] for ch in doc] + [BOS]
    n = min(block_size, len(tokens) - 1)

    keys, values, saved, probs = [], [], [], []
    total = 0
    for pos_id in range(n):
        logits, state = forward(tokens[pos_id], pos_id, keys, values)
        p = softmax(logits)
        total += -math.log(p[tokens[pos_id + 1]])
        probs.append(p)
        saved.append(state)
    loss = (1 / n) * total

    grads = backward(tokens, saved, probs, keys, values)

    lr = learning_rate * (1 - step / num_steps)
    c1 = 1 - beta1 ** (step + 1)
    c2 = 1 - beta2 ** (step + 1)
    for w, g, m, v in zip(weights, grads, moments1, moments2):
        for w_row, g_row, m_row, v_row in zip(w, g, m, v):
            m_row[:] = [beta1 * a + (1 - beta1) * b for a, b in zip(m_row, g_row)]
            v_row[:] = [beta2 * a + (1 - beta2) * b * b for a, b in zip(v_row, g_row)]
            w_row[:] = [p - lr * (a / c1) / ((b / c2) ** 0.5 + eps) for p, a, b in zip(w_row, m_row, v_row)]

    print(f"step {step + 1:4d} / {num_steps:4d} | loss {loss:.4f}", end="\r")

temperature = 0.5
print("\n--- inference (new, hallucinated names) ---")
for sample_id in range(20):
    keys, values = [], []
    token_id = BOS
    sample = []
    for pos_id in range(block_size):
        logits, _ = forward(token_id, pos_id, keys, values)
        probs = softmax([logit / temperature for logit in logits])
        token_id = random.choices(range(vocab_size), weights=probs)[0]
        if token_id == BOS:
            break
        sample.append(chars[token_id])
    print(f"sample {sample_id + 1:2d}: {''.join(sample)}")
