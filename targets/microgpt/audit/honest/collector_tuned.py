"""CLAIM: the collector comes by seldom; what lives for ever is frozen before training begins
EXPECT: accepted, memory 0.6-1.3x, speed >1.1x
"""

import gc
import math
import random

random.seed(42)

# The data: documents, the characters they use, and one more token that begins and ends a document.
docs = [line.strip() for line in open("input.txt", encoding="utf-8") if line.strip()]
random.shuffle(docs)
print(f"num docs: {len(docs)}")
chars = sorted(set("".join(docs)))
BOS = len(chars)
vocab_size = len(chars) + 1
print(f"vocab size: {vocab_size}")


class Value:
    """A scalar in the graph of a calculation: its number, its gradient, its operands, d(it)/d(operand)."""

    __slots__ = ("data", "grad", "_children", "_local_grads")

    def __init__(self, data, children=(), local_grads=()):
        self.data = data
        self.grad = 0
        self._children = children
        self._local_grads = local_grads

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1, 1))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, other):
        return Value(self.data**other, (self,), (other * self.data ** (other - 1),))

    def log(self):
        return Value(math.log(self.data), (self,), (1 / self.data,))

    def exp(self):
        return Value(math.exp(self.data), (self,), (math.exp(self.data),))

    def relu(self):
        return Value(max(0, self.data), (self,), (float(self.data > 0),))

    def __neg__(self):
        return self * -1

    def __radd__(self, other):
        return self + other

    def __sub__(self, other):
        return self + (-other)

    def __rsub__(self, other):
        return other + (-self)

    def __rmul__(self, other):
        return self * other

    def __truediv__(self, other):
        return self * other**-1

    def __rtruediv__(self, other):
        return other * self**-1

    def backward(self):
        """Add d(self)/d(node) to the gradient of every node that self was made from."""
        order = []
        seen = set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for child in node._children:
                    visit(child)
                order.append(node)

        visit(self)
        self.grad = 1
        for node in reversed(order):
            for child, local_grad in zip(node._children, node._local_grads):
                child.grad += local_grad * node.grad


# The parameters.
n_layer = 1
n_embd = 16
block_size = 16
n_head = 4
head_dim = n_embd // n_head


def matrix(rows, cols, std=0.08):
    return [[Value(random.gauss(0, std)) for _ in range(cols)] for _ in range(rows)]


state = {
    "wte": matrix(vocab_size, n_embd),
    "wpe": matrix(block_size, n_embd),
    "lm_head": matrix(vocab_size, n_embd),
}
for i in range(n_layer):
    state[f"layer{i}.wq"] = matrix(n_embd, n_embd)
    state[f"layer{i}.wk"] = matrix(n_embd, n_embd)
    state[f"layer{i}.wv"] = matrix(n_embd, n_embd)
    state[f"layer{i}.wo"] = matrix(n_embd, n_embd)
    state[f"layer{i}.fc1"] = matrix(4 * n_embd, n_embd)
    state[f"layer{i}.fc2"] = matrix(n_embd, 4 * n_embd)
params = [p for weight in state.values() for row in weight for p in row]
print(f"num params: {len(params)}")


# The model: one token in, scores of the next one out. keys and values hold what earlier positions left behind.
def linear(x, weight):
    return [sum(w * xi for w, xi in zip(row, x)) for row in weight]


def softmax(logits):
    top = max(logit.data for logit in logits)
    exps = [(logit - top).exp() for logit in logits]
    total = sum(exps)
    return [e / total for e in exps]


def rmsnorm(x):
    mean_square = sum(xi * xi for xi in x) / len(x)
    scale = (mean_square + 1e-5) ** -0.5
    return [xi * scale for xi in x]


def gpt(token_id, pos_id, keys, values):
    x = [t + p for t, p in zip(state["wte"][token_id], state["wpe"][pos_id])]
    x = rmsnorm(x)
    for li in range(n_layer):
        residual = x
        x = rmsnorm(x)
        q = linear(x, state[f"layer{li}.wq"])
        k = linear(x, state[f"layer{li}.wk"])
        v = linear(x, state[f"layer{li}.wv"])
        keys[li].append(k)
        values[li].append(v)
        heads = []
        for h in range(n_head):
            low = h * head_dim
            high = low + head_dim
            q_h = q[low:high]
            k_h = [past[low:high] for past in keys[li]]
            v_h = [past[low:high] for past in values[li]]
            scores = [sum(q_h[j] * k_t[j] for j in range(head_dim)) / head_dim**0.5 for k_t in k_h]
            attention = softmax(scores)
            heads.extend(sum(attention[t] * v_h[t][j] for t in range(len(v_h))) for j in range(head_dim))
        x = linear(heads, state[f"layer{li}.wo"])
        x = [a + b for a, b in zip(x, residual)]
        residual = x
        x = rmsnorm(x)
        x = linear(x, state[f"layer{li}.fc1"])
        x = [xi.relu() for xi in x]
        x = linear(x, state[f"layer{li}.fc2"])
        x = [a + b for a, b in zip(x, residual)]
    return linear(x, state["lm_head"])


# Training: one document a step, Adam with a learning rate that falls to zero.
learning_rate, beta1, beta2, eps = 0.01, 0.85, 0.99, 1e-8
moment1 = [0.0] * len(params)
moment2 = [0.0] * len(params)

gc.collect()
gc.freeze()
gc.set_threshold(200_000, 5, 5)

num_steps = 1000
for step in range(num_steps):
    doc = docs[step % len(docs)]
    tokens = [BOS] + [chars.index(ch) for ch in doc] + [BOS]
    n = min(block_size, len(tokens) - 1)

    keys, values = [[] for _ in range(n_layer)], [[] for _ in range(n_layer)]
    losses = []
    for pos_id in range(n):
        token_id, target_id = tokens[pos_id], tokens[pos_id + 1]
        logits = gpt(token_id, pos_id, keys, values)
        probs = softmax(logits)
        losses.append(-probs[target_id].log())
    loss = (1 / n) * sum(losses)

    loss.backward()

    lr = learning_rate * (1 - step / num_steps)
    for i, p in enumerate(params):
        moment1[i] = beta1 * moment1[i] + (1 - beta1) * p.grad
        moment2[i] = beta2 * moment2[i] + (1 - beta2) * p.grad**2
        m_hat = moment1[i] / (1 - beta1 ** (step + 1))
        v_hat = moment2[i] / (1 - beta2 ** (step + 1))
        p.data -= lr * m_hat / (v_hat**0.5 + eps)
        p.grad = 0

    print(f"step {step + 1:4d} / {num_steps:4d} | loss {loss.data:.4f}", end="\r")

# Sampling: names that the model makes up.
temperature = 0.5
print("\n--- inference (new, hallucinated names) ---")
for sample_id in range(20):
    keys, values = [[] for _ in range(n_layer)], [[] for _ in range(n_layer)]
    token_id = BOS
    sample = []
    for pos_id in range(block_size):
        logits = gpt(token_id, pos_id, keys, values)
        probs = softmax([logit / temperature for logit in logits])
        token_id = random.choices(range(vocab_size), weights=[p.data for p in probs])[0]
        if token_id == BOS:
            break
        sample.append(chars[token_id])
    print(f"sample {sample_id + 1:2d}: {''.join(sample)}")
