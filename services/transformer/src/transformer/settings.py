"""What the transformer is called on the topics."""

from __future__ import annotations

from typing import Final

GROUP: Final = "transformer"
"""The consumer group."""

STAGE: Final = "transformer"
"""The stage that its failures name."""
