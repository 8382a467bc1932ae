"""Tango's 95 % interval for the difference of two shares of the same images, by brute force.

The likelihood of the table is maximised numerically for each difference, and the ends are where the score test rejects; src/statistics.rs
has the closed form. Prints the cases of its unit test: python3 tests/reference/paired_interval.py
"""

import math

Z = 1.959963984540054  # 97.5 % quantile of the standard normal distribution

CASES = [(1, 7, 21), (0, 0, 61), (3, 0, 100), (6, 0, 100), (9, 2, 100), (60, 20, 400), (2, 0, 2)]


def score(delta, b, c, n):
    """z of the observed difference under the difference `delta`; b and c count for one share alone, n in all."""

    def loss(q):
        # Shares of the four cells: q + delta, q, and the rest, of which only the sum matters.
        both = 1 - 2 * q - delta
        terms = [(b, q + delta), (c, q), (n - b - c, both)]
        if any(share < 0 for _, share in terms):
            return math.inf
        return -sum(count * math.log(max(share, 1e-300)) for count, share in terms if count)

    low, high = max(0.0, -delta), (1 - delta) / 2
    for _ in range(200):  # The loss is convex: a search by thirds finds its least.
        left, right = low + (high - low) / 3, high - (high - low) / 3
        low, high = (low, right) if loss(left) <= loss(right) else (left, high)
    q = min([max(0.0, -delta), (low + high) / 2, (1 - delta) / 2], key=loss)
    variance = n * (2 * q + delta - delta**2)
    return (b - c - n * delta) / math.sqrt(max(variance, 1e-300))


def interval(b, c, n):
    ends = []
    for outside in (-1.0, 1.0):
        inside = (b - c) / n
        for _ in range(60):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if abs(score(middle, b, c, n)) < Z else (inside, middle)
        ends.append(inside)
    return ends


for b, c, n in CASES:
    low, high = interval(b, c, n)
    print(f"            ({b}, {c}, {n}, {low:.6}, {high:.6}),")
