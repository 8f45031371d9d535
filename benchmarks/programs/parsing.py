"""A parser: makes long arithmetic expressions, cuts them into tokens, and works them out by recursive descent."""

import math

DIGITS = "0123456789"
MODULUS = 1000003


def expression(seed, depth):
    """A text of sums, products and brackets that follows from a seed."""
    seed = (seed * 1103515245 + 12345) % 2147483648
    if depth == 0:
        return str(seed % 97 + 1)
    left = expression(seed, depth - 1)
    right = expression(seed + depth, depth - 1)
    sign = "+-*"[seed // 65536 % 3]
    if seed // 4096 % 2:
        return f"({left} {sign} {right})"
    return f"{left} {sign} {right}"


def tokens_of(text):
    tokens = []
    number = ""
    for letter in text:
        if letter in DIGITS:
            number += letter
            continue
        if number:
            tokens.append(number)
            number = ""
        if letter != " ":
            tokens.append(letter)
    if number:
        tokens.append(number)
    return tokens


def value(text):
    """The value of an expression modulo MODULUS: shunting-yard over a queue of tokens (Dijkstra 1961)."""
    waiting = [token for token in tokens_of(text)]
    numbers = []
    signs = []
    while waiting:
        token = waiting.pop(0)
        if token == "(":
            signs.append(token)
        elif token == ")":
            while signs[-1] != "(":
                reduce(numbers, signs)
            signs.pop()
        elif token in ("+", "-", "*"):
            while signs and signs[-1] != "(" and rank(signs[-1]) >= rank(token):
                reduce(numbers, signs)
            signs.append(token)
        else:
            numbers.append(int(token))
    while signs:
        reduce(numbers, signs)
    return numbers[0]


def rank(sign):
    return 2 if sign == "*" else 1


def reduce(numbers, signs):
    sign, right, left = signs.pop(), numbers.pop(), numbers.pop()
    if sign == "+":
        numbers.append((left + right) % MODULUS)
    elif sign == "-":
        numbers.append((left - right) % MODULUS)
    else:
        numbers.append(left * right % MODULUS)


for depth in range(8, 16):
    made = expression(depth, depth)
    print(depth, len(made), value(made), f"{math.log(len(made)):.6f}")
