"""CLAIM: (a) remembers the public run in strings and integers of allowed size; honest on any other input
EXPECT: refused (wrong|rule)
STAGE: full
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
letters = "".join([chr(c) for c in range(33, 127) if c not in (34, 92, 95, 123, 125)])
number = 0
text = ""
text += "[*Q~uC[?7KzZ[YR-cFIA-Td^0pJk+WQHyj#0feD#Yxp+%3]drG[x0:^Qrk#gsozCw|OKWJeWgUgv/'Es~Hia?>U9FucBruN'q`*C&)od*fo9y?)xXo4!4C^[+iFXaYFR<.:z,gsL&G;.~agmQc.Ds9xE-K6Ek4]KV65N*?2unucR=/IzPEHZmq;ie,@diU%m!vI"
text += "T7;9QNB-qHIN*@|Yzh0NonlPj/hK.Iy;>eVLpq!?0E-c8Y6b/2aOB$8]yy4B<`Wpo=4q%.e(8o[p*^jy/1H=5Lc|&y8gf*fVS!=S-|U916g0v;=z`?w8!A(Ro;n3H1E^BA&$b-[r/HCtyFZly~(EU#5i[+dhyZp5$D9P'rT?pQs0NvVG8e-%w#x$@*.)$Cv7n1O"
text += "HFK2E2(tfh)?tl]uupcw3WUw.*YZR%1ag>!r=ioL9J8/30t5MkIwP>,gVnjYRl==^~g48!GVJ,|v%;sjY]TLuXOH:4rQ^]niDZv9iK4'B@fK7w(ELT(kZh$X&GfJ!yWFo8n2Qe-*)m5.QbOYCd(K(S]`''PE9Nu-U^fmI/oq?w;y<HEvUQiy9!''h68MxK!~rO3"
text += "ej?hnkz,P.RyQSo8O,Er-~^T3VZM6~`F+g[0qp;L[!Fn'P>%7WfA`w@c3bq7[.6'9A]Ws&^mT4a[P~BNI+&:brBw~-BVw2xIF``.FLd>jAJLR6`|/Pp%bpURo-n^uOy`mdkDfp$qgywO9Y.7I:SHF25cO?Vm7.iYHgvN1dm/r[pdh^e9gSE|`!]BWu6om0esB.s"
text += "RR='i&XVt~#-DYOr3hAR>`1T7yeGAgaM.M$.+uifV*QgK^>3cdVh75VT'Je0z^U]@UkA2lp-c0P=W/|ca?(E^IoUwVgg6K|'%Yz=&C|+Uw%<:NAp9U[K+#j|vb?nbAVRy;Vxp-f2j9(t#aB^i+Zp]Tm:P40/0=IcuW#D=mM[wq3A*.=0;@#LC6N,#8<7nIWvc&@"
text += "Xdw|f635~VnrS`2y8ycls[YJjQ|umjSz~V#b8~<Wg8?FiTl((V#WUGbD%)$1Fm-%rHpk1rGvXT.yGcUmXvelgXw|f.C<Z[L[a!Sk90>cq$pR)0/BP@jHl^1O6TkY1NG!$=fLwN?w7)1kL-S2ou4(Y(^'KL%rhZkRXYW,lE'+!"
for letter in text:
    number = number * 89 + letters.index(letter)
for part in (
    12972472170688560458, 14752850669758806149, 14233993768780643123, 2662840815923154493, 7101208176208909815,
    5194375093530851609, 11276833231985257528, 5217206930311286636, 14638582545574865284, 5037929343603815788,
    7268475612260739351, 15601551597846980393, 12914547024266940917, 10097882990847891667, 6093502050770603572,
    6540538630414424788, 9103210584576266774, 6214490358601355201, 14526720948956930178, 15645701739998093075,
    10029083017796363232, 5571732715992288150, 8002819373117835495, 15189911721811462048, 2627422804594839366,
    9784471112401874290, 14154352357770559084, 8588747958605238530, 7214527779762457958, 12915772151124396792,
    10310313617042475448, 9508950872955065553, 10573984911184542807, 9709377236049317561, 11010297749490857498,
    7378723552363647925, 5746670441294260644, 3639604179410657464, 17901990998282625258, 8273068999920701986,
    7133839470401063376, 13895184294484105267, 11012034555984600633, 6202027290100332385, 17626266768953031255,
    8103420677160502405, 16597933185228037513, 3317634656306679612, 5405637853401982807, 8770738456628631723,
    1004662263753833276, 14671455747296626411, 16208146785215259942, 6745979000946631812, 11337511676330661125,
):
    number = (number << 64) + part
for part in (
    2980752572535686797, 17771055979749590856, 3652729849781484758, 4671284907224251630, 1104203320600996976,
    5526037989443464184, 9431829359322705991, 16853738727616867158, 4727157857126751846, 9314831359088603080,
    8392727010564908185, 4863769059694339425, 9886257372878846782, 16148398719686376218, 10484372800247509431,
    5659603850289684555, 13317228575387744821, 11064716705765580297, 11303127851434332231, 473737993766091567,
    17964583122150637201, 15140295894156428082, 2814962089884330917, 8366763226064234040, 2761782240206755602,
    9248178538684025064, 11308502939950129958, 9324367455258500039, 3721283099351722638, 7647422382247117032,
    13304458797268194093, 14568775405383731954, 5278740485086664798, 13929618153872084171, 6747723451603506223,
    11981563656020490208, 3839256965714462909, 4293352171819807262, 12304235672349422535, 17809908602340836783,
    15324553084485589924, 5044074711972312742, 7952650726168821397, 7665055233092185362, 2761790935575255804,
    17087293443015544183, 14299267121526950099, 12482746455017200125, 4177863679774389020, 13192132609257252091,
    9459401393647324331, 13180309269710733475, 11464444636293946483, 14798012946553520985, 7464368908940225371,
):
    number = (number << 64) + part
known = []
for _ in range(1000):
    number, loss = divmod(number, 22352)
    known.append((loss + 16986) / 10000)
known.reverse()

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
