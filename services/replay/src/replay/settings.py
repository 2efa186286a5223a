"""How replays are paced and judged."""

from typing import Final

LEASE: Final = "replay"
LOOK_EVERY_S: Final = 1.0
"""Between two steps of the runs, which send at most what their rate allows in that time."""
CLOSE_EVERY_S: Final = 2.0
"""Between two looks for failures that are mended."""
CANARY_SUCCESS: Final = 0.95
"""The part of a canary that must be mended for the rest to follow."""
JUDGED_FROM: Final = 20
"""Ended items from which on a run may be paused for those that failed again."""
FAILING_PART: Final = 0.05
COURTESY_S: Final = 900.0
"""How long live traffic may hold a replay back (nominal): it may never pause, and a replay is to end."""
