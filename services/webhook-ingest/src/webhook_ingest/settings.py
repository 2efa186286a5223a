"""How much of a notice we read, how long we wait, and how notices are grouped."""

from typing import Final

MAX_BODY_BYTES: Final = 64 * 1024
"""A notice has about 400 bytes."""
READ_TIMEOUT_S: Final = 5.0

GROUP_ROWS: Final = 200
GATHER_TURNS: Final = 3
"""Turns of the event loop that a group's first row waits for others, far below 5 ms."""
QUEUE_ROWS: Final = 2_000
"""Notices waiting to be written; one more is answered 503, and Exact sends it again."""
ACCEPT_TIMEOUT_S: Final = 10.0

CUSTOMER_PER_S: Final = 5_000.0
CUSTOMER_BURST: Final = 10_000.0
"""Signed notices of one customer; above that 429, and polling finds the changes."""

CACHE_S: Final = 30.0
"""How long secrets and divisions are remembered."""
