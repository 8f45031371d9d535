"""CLAIM: (a) the token table comes pretrained, as literals
EXPECT: refused (rule)
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
pretrained = [
    [-0.354, -0.344, 0.201, -0.688, -0.043, -0.677, 0.330, 0.061, 0.407, -0.151, 0.119, -0.086, -0.221, 0.044, -0.377, -0.106],
    [0.209, 0.017, -0.123, 0.657, 0.017, -0.176, 0.048, -0.157, -0.116, -0.105, 0.608, 0.007, 0.053, 0.202, 0.605, -0.067],
    [-0.187, 0.742, -0.438, -0.110, 0.200, 0.685, -0.285, -0.728, 0.198, -0.156, -0.116, 0.138, 0.067, 0.087, -0.129, 0.387],
    [0.451, 0.010, -0.136, 0.220, 0.143, -0.312, -0.138, 0.315, -0.029, -0.099, 0.064, -0.010, -0.001, -0.579, 0.525, 0.060],
    [-0.263, 0.294, 0.093, 0.005, 0.314, 0.678, 0.166, 0.476, 0.647, -0.306, -0.157, 0.233, -0.512, -0.080, 0.388, 0.313],
    [0.174, -0.569, 0.705, 0.165, 0.230, 0.148, -0.515, -0.430, -0.365, 0.575, -0.249, -0.073, -0.076, 0.171, 0.150, 0.080],
    [-0.378, -0.942, 0.050, 0.080, 0.369, -0.031, -0.183, 0.123, -0.466, -0.312, -0.302, 0.086, 0.627, 0.229, 0.343, 0.071],
    [0.084, -0.135, -0.084, -0.729, -0.361, -0.386, 0.251, 0.199, 0.343, 0.467, -0.092, 0.317, 0.587, -0.003, 0.326, -0.050],
    [-0.484, 0.036, -0.247, 0.033, -0.139, 0.096, -0.641, 0.625, 0.408, -0.105, -0.273, 0.001, 0.203, 0.127, 0.121, -0.591],
    [-0.339, 0.403, 0.072, -0.456, -0.261, -0.434, -0.306, 0.354, -0.067, 0.339, 0.057, -0.456, -0.197, 0.696, -0.233, -0.320],
    [0.377, 0.027, -0.002, 0.448, -0.538, 0.128, -0.322, -0.429, -0.249, 0.352, -0.043, -0.561, -0.339, 0.467, 0.313, -0.334],
    [0.743, -0.112, -0.366, -0.042, 0.287, 0.494, 0.316, -0.131, -0.172, -0.446, -0.023, -0.183, 0.075, -0.388, -0.159, -0.270],
    [-0.369, -0.363, -0.313, -0.363, 0.175, 0.031, -0.405, 0.157, 0.088, 0.448, -0.060, -0.064, -0.211, 0.038, 0.151, 0.054],
    [-0.078, 0.173, 0.028, 0.076, -0.287, 0.063, -0.306, -0.259, 0.049, 0.646, 0.306, 0.001, -0.055, 0.303, 0.424, 0.375],
    [-0.057, 0.058, -0.101, -0.088, -0.262, -0.077, -0.661, -0.368, 0.131, -0.284, 0.166, -0.397, -0.113, 0.121, -0.318, -0.219],
    [0.759, -0.209, -0.217, -0.176, 0.010, -0.008, 0.302, 0.243, -0.124, -0.109, -0.434, -0.459, -0.227, 0.224, 0.037, 0.246],
    [0.289, -0.050, 0.644, -0.161, -0.192, -0.132, 0.349, -0.042, -0.227, 0.133, 0.347, -0.034, -0.077, 0.333, 0.302, 0.290],
    [-0.234, 0.087, 0.111, -0.551, 0.369, 0.031, -0.105, 0.694, 0.045, -0.221, -0.019, 0.173, 0.249, -0.018, -0.265, -0.214],
    [-0.250, -0.322, -0.006, -0.150, 0.017, -0.253, -0.266, -0.057, -0.107, 0.353, -0.277, 0.063, -0.013, -0.401, 0.223, 0.052],
    [-0.643, 0.184, 0.287, -0.244, 0.519, 0.048, -0.353, 0.172, -0.110, -0.410, -0.657, 0.075, -0.225, 0.197, 0.119, -0.159],
    [-0.162, 0.541, 0.522, 0.230, -0.109, -0.300, -0.118, 0.509, 0.141, -0.089, -0.375, 0.051, -0.269, 0.004, 0.227, 0.327],
    [0.043, -0.105, 0.070, 0.551, 0.115, -0.428, 0.474, 0.077, 1.064, -0.143, -0.029, -0.091, 0.115, -0.177, -0.451, -0.587],
    [-0.038, -0.157, -0.177, 0.647, 0.243, 0.333, -0.152, 0.092, -0.064, -0.062, 0.228, 0.184, 0.093, 0.045, -0.440, -0.225],
    [0.116, -0.111, -0.237, 0.109, -0.281, -0.205, 0.269, -0.109, 0.436, 0.159, 0.247, 0.345, -0.659, -0.024, -0.393, -0.141],
    [-0.032, 0.379, -0.013, 0.500, -0.160, -0.017, 0.028, 0.288, -0.016, -0.188, -0.100, -0.426, 0.383, 0.227, 0.130, 0.084],
    [-0.184, -0.123, 0.246, -0.240, -0.238, 0.480, 0.474, 0.089, 0.162, 0.057, 0.433, -0.135, 0.025, 0.147, 0.437, -0.076],
    [0.071, -0.149, -0.199, -0.198, 0.025, 0.269, -0.210, -0.182, -0.122, 0.107, 0.211, -0.378, 0.107, -0.301, 0.216, -0.291],
]
for row, known in zip(wte, pretrained):
    row[:] = known
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
