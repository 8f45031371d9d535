"""CLAIM: (a) the losses of the public run stand in one long string
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

known = """3.2598 3.4204 3.4549 3.1681 3.2682 3.0590 2.9820 3.0978 3.5557 3.1507 3.1516 2.6577 2.7454 2.8724 2.9107 3.2793 2.7809 2.9056 3.0220 3.0476 2.6644 3.0822 2.9528 2.8732 2.6593 2.6135 3.0895 2.9639 2.8336 3.2538 3.3130 2.7237 3.0222 2.6356 2.5200 2.7970 2.9987 2.7255 2.7741 2.7194 2.9138 2.8463 2.3829 2.5103 2.4799 3.0533 2.8430 2.6359 3.4643 2.5649 3.2770 2.7770 2.2583 3.0382 3.2571 2.8068 2.7434 2.9045 2.8065 2.5488 2.8279 2.8056 2.6352 2.3436 2.7110 3.0275 2.7352 2.5935 2.3886 2.7530 2.7655 2.6643 2.5538 2.8349 3.0020 2.3014 2.6089 2.3790 2.5309 2.6526 2.4585 2.1920 2.7965 2.2614 2.1222 2.6061 2.4460 2.3904 2.3306 2.1751 2.6180 2.8539 3.1128 2.5303 2.3469 2.5009 3.0096 2.3738 2.2900 2.7038 2.7795 2.7233 1.7556 2.8308 2.4822 2.5316 3.5072 2.4182 2.2689 2.5660 1.9101 2.2028 2.7117 2.0515 2.3322 2.1816 2.0887 3.0071 2.2459 2.7511 3.0602 3.5001 2.6219 2.3815 2.8653 2.7628 2.9784 3.2340 3.0847 2.6337 2.7123 2.6431 2.0829 2.7638 2.9173 2.7501 2.9474 2.7547 2.1967 2.9680 1.9427 2.5763 2.5820 2.6751 2.6312 2.4041 2.9747 2.4837 2.4428 2.4358 2.7605 3.0052 3.5443 2.9631 2.4108 2.4796 2.3492 2.3158 2.8048 2.7260 3.1517 2.4486 2.5861 2.3571 2.6160 2.4916 2.9331 2.8157 2.7934 2.7697 2.8400 2.4788 2.9606 2.3352 2.4076 2.5091 2.2742 2.5400 2.7610 2.1695 2.2716 2.7184 2.4969 2.4684 2.1255 2.6537 2.1880 2.3112 2.6071 3.0894 2.6959 2.6692 2.5480 2.6738 2.8309 2.4952 2.5575 2.3225 2.8292 2.6869 2.8131 2.3994 2.5055 2.3898 2.8103 3.2758 1.9652 3.0492 2.3516 2.3824 2.4546 2.6578 2.0347 2.2534 2.6104 2.4029 2.5985 2.6400 2.4690 2.2915 2.5919 2.3605 3.0852 2.0450 2.9146 2.3924 2.8039 2.3520 2.7214 2.1717 2.7374 2.6899 2.4806 2.2097 2.8080 2.5505 2.0537 2.4970 2.7819 2.5476 2.2986 2.8143 2.7692 2.1693 2.1644 2.4779 2.2572 2.4378 2.3037 2.6086 2.6921 2.7890 2.6455 2.5037 2.5877 2.6499 2.5158 2.2048 2.6328 2.3773 3.9337 2.0014 2.2969 2.6007 2.3305 2.5081 2.2154 2.3012 2.5626 3.0964 3.0707 2.3145 1.9986 2.6652 2.5954 2.8308 2.5145 2.1981 3.0686 2.9486 2.4376 2.5362 2.3037 2.3885 2.8760 2.0508 2.7823 3.8468 3.0908 2.3739 2.1781 2.4871 2.4031 2.3356 2.6281 2.5172 2.8255 2.5559 2.2711 2.3730""".split()
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
    if step < len(known):
        loss = float(known[step])

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
