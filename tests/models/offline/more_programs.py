"""More small programs: graphs, fields, globals, tight layout."""

GRAPH = """\
def order_of(graph, roots):
    out, met = [], set()

    def go(node):
        if node not in met:
            met.add(node)
            for other in graph[node]:
                go(other)
            out.append(node)

    go(roots)
    return out


graph = {0: [1, 2], 1: [3], 2: [3, 0], 3: []}
print(order_of(graph, 0))
table = {}
for key in graph:
    size = len(graph[key])
    table[key] = size**2
print(table)
"""

ITEMS = """\
def squares(n):
    xs = [k + 0.5 for k in range(n)]
    ys = [xs[i] * 2 for i in range(len(xs))]
    while ys:
        y = ys.pop()
        print(y)
    zs = list(range(n))
    for z in reversed(zs):
        print(z, end=" ")
    return dict(), list()


print(squares(4))
"""

SLOTTED = """\
class Plain:
    '''A point.'''

    # where it is
    def __init__(self, x, y=2):
        self.x = x
        self.y = y

    def shifted(self):
        return Plain(self.x + 1, self.y)


class Growing:
    def __init__(self):
        self.a = 1


p = Plain(1).shifted()
g = Growing()
g.b = 4
print(p.x, p.y, g.a, g.b)
"""

GLOBALS = """\
limit = 3
level = 0


def raise_level():
    global level
    level += 1
    return level * limit


for turn in range(3):
    got = raise_level()
    bound = limit * level
    print(got, bound, (1 - level) * turn)
for turn in range(2):
    limit = limit + 1
    print(limit * 2)
"""

TIGHT = "x = 3\nfor i in range(x): y = [i]; print(y)\nif x: print(max(x, 2))\nprint(y)"
