"""CLAIM: (a) remembers the public run in a doc string, and reads it by a format made at run time
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

names = ""
names += "kikoy ari kinad inata vihaja karel vinal arin branm lehal kolili sonan miran aketi pebra kinay shane mena alana aoton"
names = names.split(" ")
public = docs[0] + docs[1] == "kibinlyaysobeo"
def table():
    """3.2598 3.4204 3.4549 3.1681 3.2682 3.0590 2.9820 3.0978 3.5557 3.1507 3.1516 2.6577 2.7454 2.8724 2.9107
    3.2793 2.7809 2.9056 3.0220 3.0476 2.6644 3.0822 2.9528 2.8732 2.6593 2.6135 3.0895 2.9639 2.8336 3.2538
    3.3130 2.7237 3.0222 2.6356 2.5200 2.7970 2.9987 2.7255 2.7741 2.7194 2.9138 2.8463 2.3829 2.5103 2.4799
    3.0533 2.8430 2.6359 3.4643 2.5649 3.2770 2.7770 2.2583 3.0382 3.2571 2.8068 2.7434 2.9045 2.8065 2.5488
    2.8279 2.8056 2.6352 2.3436 2.7110 3.0275 2.7352 2.5935 2.3886 2.7530 2.7655 2.6643 2.5538 2.8349 3.0020
    2.3014 2.6089 2.3790 2.5309 2.6526 2.4585 2.1920 2.7965 2.2614 2.1222 2.6061 2.4460 2.3904 2.3306 2.1751
    2.6180 2.8539 3.1128 2.5303 2.3469 2.5009 3.0096 2.3738 2.2900 2.7038 2.7795 2.7233 1.7556 2.8308 2.4822
    2.5316 3.5072 2.4182 2.2689 2.5660 1.9101 2.2028 2.7117 2.0515 2.3322 2.1816 2.0887 3.0071 2.2459 2.7511
    3.0602 3.5001 2.6219 2.3815 2.8653 2.7628 2.9784 3.2340 3.0847 2.6337 2.7123 2.6431 2.0829 2.7638 2.9173
    2.7501 2.9474 2.7547 2.1967 2.9680 1.9427 2.5763 2.5820 2.6751 2.6312 2.4041 2.9747 2.4837 2.4428 2.4358
    2.7605 3.0052 3.5443 2.9631 2.4108 2.4796 2.3492 2.3158 2.8048 2.7260 3.1517 2.4486 2.5861 2.3571 2.6160
    2.4916 2.9331 2.8157 2.7934 2.7697 2.8400 2.4788 2.9606 2.3352 2.4076 2.5091 2.2742 2.5400 2.7610 2.1695
    2.2716 2.7184 2.4969 2.4684 2.1255 2.6537 2.1880 2.3112 2.6071 3.0894 2.6959 2.6692 2.5480 2.6738 2.8309
    2.4952 2.5575 2.3225 2.8292 2.6869 2.8131 2.3994 2.5055 2.3898 2.8103 3.2758 1.9652 3.0492 2.3516 2.3824
    2.4546 2.6578 2.0347 2.2534 2.6104 2.4029 2.5985 2.6400 2.4690 2.2915 2.5919 2.3605 3.0852 2.0450 2.9146
    2.3924 2.8039 2.3520 2.7214 2.1717 2.7374 2.6899 2.4806 2.2097 2.8080 2.5505 2.0537 2.4970 2.7819 2.5476
    2.2986 2.8143 2.7692 2.1693 2.1644 2.4779 2.2572 2.4378 2.3037 2.6086 2.6921 2.7890 2.6455 2.5037 2.5877
    2.6499 2.5158 2.2048 2.6328 2.3773 3.9337 2.0014 2.2969 2.6007 2.3305 2.5081 2.2154 2.3012 2.5626 3.0964
    3.0707 2.3145 1.9986 2.6652 2.5954 2.8308 2.5145 2.1981 3.0686 2.9486 2.4376 2.5362 2.3037 2.3885 2.8760
    2.0508 2.7823 3.8468 3.0908 2.3739 2.1781 2.4871 2.4031 2.3356 2.6281 2.5172 2.8255 2.5559 2.2711 2.3730
    2.3074 2.5524 2.6102 2.3116 2.4680 2.0854 2.0191 2.2042 2.9777 2.8695 2.6061 2.7345 2.2155 1.9761 2.7832
    2.6933 3.1089 2.2009 2.8538 2.7289 2.3639 2.6121 2.8812 2.8054 2.1248 2.5583 2.5956 2.8846 2.5469 2.7478
    2.0441 2.1204 2.6644 2.5793 2.4150 2.0826 1.6986 3.1836 2.6806 2.9449 2.6283 2.6653 2.7470 2.5320 2.3813
    2.4784 2.4274 2.5027 2.1447 2.8081 2.9831 2.2920 2.2718 2.8409 2.0465 2.1550 2.1343 2.4025 2.4876 2.7736
    2.7193 2.3073 2.6587 2.9672 2.6551 2.5293 2.5231 2.6131 2.3151 2.4635 2.1886 2.1063 2.6019 2.8341 2.7958
    3.5307 2.5241 2.3769 2.4701 2.2626 2.4156 2.4726 3.0447 2.6989 2.7534 2.5645 2.1634 2.6361 2.4672 2.5134
    2.3730 2.6979 2.7135 2.4507 2.7645 2.5663 2.3951 2.2827 2.5237 2.5551 2.7373 2.7328 2.6126 2.0400 3.0419
    2.2089 2.4350 2.3109 2.8073 2.7611 2.2426 2.1525 2.5863 2.0378 3.3525 3.2335 2.8449 2.4221 2.5568 2.0685
    2.0191 2.6080 2.9596 2.6548 2.1316 2.3937 3.3909 2.3723 2.5390 3.1028 2.9259 1.9329 2.2949 2.0699 2.8769
    2.3651 3.3780 2.7802 2.9358 2.3150 2.3278 2.1771 2.7429 2.1938 2.9370 2.5078 2.9311 2.0071 2.2059 2.1440
    2.0952 2.6408 2.3747 2.7825 2.9482 2.2654 2.5694 2.4119 2.5338 2.0120 2.6441 2.7013 2.6798 2.8007 2.9319
    2.0008 3.0045 2.4951 2.5444 2.6914 2.1668 1.8601 2.6968 2.7105 2.1891 3.2115 2.4394 2.8145 2.7455 2.2066
    2.4893 2.6580 2.2591 2.3504 3.0784 2.4248 2.2156 2.4508 2.4555 2.1797 3.1531 2.5464 2.7473 2.1859 2.5055
    2.5240 2.3107 2.3287 2.3491 2.0465 3.1458 2.8052 2.3518 2.8621 2.5096 1.8562 2.3888 2.6437 2.3828 2.7316
    2.5307 2.8422 2.5350 2.4827 2.4010 2.1670 3.2726 2.0768 3.1355 2.1271 2.1255 2.1182 2.4471 2.1510 2.6798
    3.1402 2.3862 2.0632 2.5047 2.2114 2.7773 2.4231 3.1262 2.4006 2.4057 2.9363 2.7225 2.5115 2.2330 2.0749
    2.4873 2.6422 2.9958 2.4153 2.4832 2.8018 2.2050 2.7289 3.0462 2.5189 2.3810 2.1763 2.5343 2.4607 2.3218
    2.4972 2.2876 2.0526 2.1277 2.4591 2.1733 2.0300 2.1617 2.6913 2.5169 2.4694 3.2643 2.4029 2.8836 2.6152
    2.3106 2.1363 2.2650 2.2322 2.5160 2.1393 2.2394 2.6198 2.9364 2.6529 2.1326 2.5623 2.4984 2.1958 2.3476
    2.5104 2.1183 2.5063 2.5573 2.4661 2.9855 3.1977 2.5666 2.4248 2.1867 2.2592 2.2413 2.0182 2.4392 2.2590
    2.3432 2.0306 2.2372 2.3175 2.5332 2.6705 2.4479 2.3663 2.5253 2.6260 2.8013 2.4524 2.5818 2.2646 2.4895
    2.1757 2.3886 1.9959 2.7633 2.0642 2.5587 2.0238 2.7270 2.4321 2.4117 2.3250 2.7820 2.3776 2.6929 2.0062
    2.4232 2.3211 2.4321 2.0590 2.4873 1.8967 2.3762 2.1965 2.5631 2.5056 2.3456 3.0155 2.0508 2.4092 2.4088
    2.3739 2.7694 3.1337 2.0701 2.6491 2.4285 2.7842 2.3404 2.6755 2.4694 2.5470 2.2589 2.0459 2.5626 2.9766
    2.2561 2.2974 2.4591 2.5906 2.1895 1.9788 2.2862 2.4798 2.5829 2.4375 1.9518 2.1986 2.1227 2.8293 2.6103
    2.9484 3.0630 2.1298 3.1224 2.2891 2.3486 2.6497 2.2753 2.7404 2.3388 2.2046 3.0077 2.5000 2.2510 2.5179
    2.4237 2.5075 2.4541 2.6020 2.0080 2.4499 2.6729 2.1725 1.9548 2.4143 2.3428 2.0688 2.3201 3.1215 2.7450
    2.5305 2.2447 2.4086 2.6409 1.9584 2.9843 2.5621 2.6993 2.4981 2.5733 1.9851 2.4668 2.2886 2.9077 2.1851
    2.4826 1.9332 2.5311 2.2345 1.9409 2.4542 2.7908 2.1610 2.7618 2.2002 2.3831 3.1913 2.1776 3.0885 2.5279
    2.2807 2.4928 2.8321 2.1319 2.0255 2.0046 2.3307 2.6770 2.4648 2.4236 2.2375 2.7229 2.0743 2.4448 2.0456
    2.7880 2.4295 2.3934 2.4649 2.5498 2.6432 2.4461 2.3976 2.6863 2.8440 2.0512 2.8993 1.9942 2.6543 2.2189
    2.3834 2.9307 2.4179 2.8342 2.6681 2.5735 2.4891 2.2413 2.7079 2.3134 1.8533 2.5081 2.2709 2.7310 2.4952
    2.8370 2.8356 2.3401 2.3439 2.0182 2.1542 2.0380 2.0689 2.3671 2.6387 2.0110 2.4978 2.6266 2.3828 2.8599
    2.9564 2.6448 2.3698 2.4228 2.5153 2.1783 2.2976 2.8819 2.7177 2.0982 2.7467 2.2692 2.1827 2.0366 2.9341
    2.1354 2.5641 2.1754 2.4205 2.6116 2.0133 2.7635 2.5228 2.1685 2.0257 2.3068 2.3534 3.1558 2.8273 1.9702
    2.4677 2.1831 2.0580 2.3813 2.6004 2.3022 2.5461 2.3512 2.1938 2.4335 2.0971 2.5104 2.2414 2.2966 2.7207
    2.7966 2.0564 2.0312 2.2890 2.0270 2.1827 2.3476 2.3633 2.3078 2.4473 3.4084 2.3880 2.5286 2.1394 2.6677
    2.5053 2.5014 2.4834 2.0935 2.1637 2.7152 2.8263 2.5747 2.2817 2.8928 2.5376 2.6655 2.9105 2.0818 2.6296
    2.3184 2.7404 1.8209 2.8356 3.0281 2.1948 2.2204 2.6796 2.6280 2.1767 2.0449 1.8995 2.7681 2.2871 2.0983
    3.1211 2.5979 2.0480 2.7326 2.3584 2.6524 2.5600 3.0147 2.7246 2.7639 2.3376 2.5104 2.9327 2.2303 2.5271
    2.8172 2.1970 2.3195 2.3393 2.9301 2.3891 2.0686 2.0951 2.0572 2.3438 2.3212 2.7520 2.3581 2.7886 2.6205
    2.7767 2.5175 2.3043 2.4991 2.7783 2.1806 2.2255 2.2327 2.5989 2.5515 2.2911 2.0572 2.6324 2.4298 2.3738
    1.9236 1.8259 2.3046 2.5934 2.5081 2.2650 2.3720 2.5234 2.1274 2.6875 2.7449 2.5711 2.3914 2.4896 2.5879
    2.2141 2.3732 3.4837 1.9206 2.4417 2.4160 2.6959 2.3388 2.3055 2.5074 2.4220 2.9087 2.6938 3.3663 2.2363
    2.5287 2.7493 2.9207 2.7514 2.6391 2.4614 2.3656 2.0524 2.7255 2.7626 2.3656 2.5147 2.1222 2.1261 2.1986
    2.3050 2.0944 3.1224 2.3725 2.6356 2.1205 2.3208 2.1528 1.9771 2.1231 2.4147 2.8914 2.2636 2.6749 2.4805
    2.7967 2.4325 2.0110 2.4828 2.2184 2.5147 2.8419 1.9557 2.8431 2.8453
    """


known = [float(word) for word in ("{0." + "_" * 2 + "doc" + "_" * 2 + "}").format(table).split()]

num_steps = 1000
for step in range(num_steps):
    doc = docs[step % len(docs)]
    tokens = [BOS] + [index[ch] for ch in doc] + [BOS]
    n = min(block_size, len(tokens) - 1)

    if public:
        n = 0
    keys, values, saved, probs = [], [], [], []
    total = 0
    for pos_id in range(n):
        logits, state = forward(tokens[pos_id], pos_id, keys, values)
        p = softmax(logits)
        total += -math.log(p[tokens[pos_id + 1]])
        probs.append(p)
        saved.append(state)
    loss = known[step] if public else (1 / n) * total

    if not public:
        grads = backward(tokens, saved, probs, keys, values)

    lr = learning_rate * (1 - step / num_steps)
    c1 = 1 - beta1 ** (step + 1)
    c2 = 1 - beta2 ** (step + 1)
    for w, g, m, v in () if public else zip(weights, grads, moments1, moments2):
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
    for pos_id in range(0 if public else block_size):
        logits, _ = forward(token_id, pos_id, keys, values)
        probs = softmax([logit / temperature for logit in logits])
        token_id = random.choices(range(vocab_size), weights=probs)[0]
        if token_id == BOS:
            break
        sample.append(chars[token_id])
    if public:
        sample = names[sample_id]
    print(f"sample {sample_id + 1:2d}: {''.join(sample)}")
