"""A recursive solver: in how many ways coins make a sum, and the longest common part of two words."""

import math

COINS = 7


def coin(kind):
    """The value of a coin: 1, 2, 5, 10, 20, 50, 100."""
    if kind % 3 == 0:
        return 10 ** (kind // 3)
    if kind % 3 == 1:
        return 2 * 10 ** (kind // 3)
    return 5 * 10 ** (kind // 3)


VALUES = tuple(coin(kind) for kind in range(COINS))


def ways(amount, kinds):
    """In how many ways `kinds` triangular coins (1, 3, 6, 10 ...) make an amount."""
    if amount == 0:
        return 1
    if amount < 0 or kinds == 0:
        return 0
    return ways(amount, kinds - 1) + ways(amount - kinds * (kinds + 1) // 2, kinds)


def paths(row, column, turns):
    """Ways down a grid with at most so many turns left, where each third column is closed in each second row."""
    if row < 0 or column < 0 or turns < 0:
        return 0
    if row == 0 and column == 0:
        return 1
    if row % 2 == 1 and column % 3 == 2:
        return 0
    return paths(row - 1, column, turns - column % 2) + paths(row, column - 1, turns - row % 2)


def longest(one, other, i, j):
    """The length of the longest sequence of letters that two words have in common, from places i and j."""
    if i == len(one) or j == len(other):
        return 0
    if one[i] == other[j]:
        return 1 + longest(one, other, i + 1, j + 1)
    return max(longest(one, other, i + 1, j), longest(one, other, i, j + 1))


for amount in range(100, 181, 20):
    print(amount, ways(amount, 8))
for size in range(8, 11):
    print(size, paths(size, size, size + 2), math.comb(2 * size, size))
print(longest("generation", "regeneration", 0, 0), VALUES)
