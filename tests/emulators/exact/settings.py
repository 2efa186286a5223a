"""What the sources leave open or disagree on: each a setting, the stricter reading by default."""

from __future__ import annotations

import msgspec

PAGE_ORDERS = ("timestamp", "id")


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """Changed at the control port (`POST /control/settings`).

    `page_order`: sync pages go by Timestamp, or by id (tap-exact treats them as unsorted).
    `old_refresh`: an old refresh token is "refused", or it "ends" the whole family (unknown).
    `code_waits`: a code exchange too must keep the 570 s (unknown; a consent should always succeed).
    `block_status`: what a blocked app is answered (unknown).
    `late_commit_s`: every change becomes visible that many wall seconds after it took its rowversion.
    `callback`: where signed notices go.
    """

    page_order: str = "timestamp"
    old_refresh: str = "refused"
    code_waits: bool = False
    block_status: int = 403
    late_commit_s: float = 0.0
    callback: str | None = None
    rules_off: list[str] = []

    def __post_init__(self) -> None:
        if self.page_order not in PAGE_ORDERS or self.old_refresh not in ("refused", "ends"):
            raise ValueError("page_order is timestamp or id; old_refresh is refused or ends")
