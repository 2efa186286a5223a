"""What is known of a stream of a division [no I/O]."""

from __future__ import annotations

from dataclasses import dataclass

from poller.cursor import Landmark


@dataclass(frozen=True)
class StreamState:
    """A row of the table `stream`; times are Unix seconds."""

    name: str
    generation: int = 1
    cursor: int = 0
    mark: int = 0
    landmarks: tuple[Landmark, ...] = ()
    modified_cursor: float | None = None
    created_at: float = 0.0
    ran_at: float | None = None
    looked_at: float | None = None
    passed_at: float | None = None
    completed_exact: float | None = None
    """Exact's clock when the last incremental run ended, or the pass that fixed everything anew."""

    @property
    def loaded(self) -> bool:
        """Whether its first load, or the last pass that fixed it anew, is read."""
        return self.passed_at is not None
