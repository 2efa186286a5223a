"""A company's books, made from a seed: accounts, cost centres, and three years of balanced entries.

`Ledger(seed, size)` is deterministic; `ledger.entries()` gives exactly `size` lines. Amounts are integers of 0.0001,
beside the text that a program of binary doubles would print for them. Knows nothing of any interface.
"""
