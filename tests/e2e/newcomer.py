"""A program that the project has not seen: written as somebody would, and for no rule of the offline engine."""

PROGRAM = '''\
"""A parcel service: reads its tariff, drives a day's rounds, and counts the ways to fill its vans."""

PARCELS = 60000


class Parcel:
    def __init__(self, number, town, weight):
        self.number = number
        self.town = town
        self.weight = weight


def vans(weight, sizes):
    """In how many ways vans of so many sizes take a weight."""
    if weight == 0:
        return 1
    if weight < 0 or sizes == 0:
        return 0
    return vans(weight, sizes - 1) + vans(weight - 2 * sizes - 1, sizes)


tariff = []
for line in open("tariff.csv", encoding="utf-8"):
    tariff.append(int(line.split(",")[1]))

parcels = []
for number in range(PARCELS):
    parcels.append(Parcel(number, number * 31 % 300, number * 7919 % 97))

rounds = [0] * 300
for parcel in parcels:
    rounds[parcel.town] += parcel.weight * tariff[parcel.town % len(tariff)]
print(f"dearest round {max(rounds)} to town {rounds.index(max(rounds))}")

waiting = list(range(PARCELS))
turns = 0
while len(waiting) > 1:
    first = waiting.pop(0)
    if first % 3 == 0:
        turns += waiting[0]
print(f"{turns} turns")

for weight in range(80, 121, 20):
    print(f"{weight} kg: {vans(weight, 10)} ways")
'''
TARIFF = "0,120\n1,250\n2,90\n3,310\n"
