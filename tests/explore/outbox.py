"""Outbox: every interleaving of relay, republish, consumers, kills and wipes, over the real rules.

Retiring chunks is not built, so the mistakes of retention are not put back.
"""

from __future__ import annotations

from collections.abc import Mapping

from exactbi.messages import topics
from exactbi.outbox import rules
from explore.engine import Bounds, Result, Several, explored
from explore.outbox_world import REFERENCE_TABLE, Outbox, Setting, World


class PublishedIsEnough(Outbox):
    """What the broker confirmed is done with."""

    def decide(self, missing: frozenset[str], lagging: bool, overdue_s: float) -> rules.Action:
        return rules.Settle()


class RepublishesFailed(Outbox):
    """An open failure of a chunk does not end the wait for it."""

    def failures(self, world: World, chunk: int) -> frozenset[str]:
        return frozenset()


class ForgetsReference(Outbox):
    """A chunk waits for datasets only."""

    def awaited(self, world: World) -> frozenset[str]:
        return super().awaited(world) - {rules.REFERENCE}


class LagIsACondition(Outbox):
    """Nothing is published again while there is lag, however long."""

    def decide(self, missing: frozenset[str], lagging: bool, overdue_s: float) -> rules.Action:
        return super().decide(missing, lagging, overdue_s=0.0)


class LooksAtOneGroup(Outbox):
    """Only the lag of the first consumer holds a republish back."""

    def lagging(self, world: World) -> bool:
        return bool(world.raw)


class LooksAtNoLag(Outbox):
    """A chunk is published again however far its consumers are."""

    def lagging(self, world: World) -> bool:
        return False


class PausedReadNothing(Outbox):
    """The datasets of a paused customer are not waited for."""

    def reading(self, world: World) -> frozenset[int]:
        return frozenset() if world.paused else super().reading(world)


class ActivationForgetsStored(Outbox):
    """A dataset that begins to use a stream does not look at stored chunks."""

    def looked_at_again(self, outbox: tuple[str, ...]) -> tuple[str, ...]:
        return outbox


class SettlesBesideAnActivation(Outbox):
    """A chunk is looked at while an activation, which passed it by, has not committed."""

    def may_settle(self, world: World) -> bool:
        return True


class NoticesWaitForNobody(Outbox):
    """Only raw records are awaited."""

    def awaited(self, world: World) -> frozenset[str]:
        return super().awaited(world) - {rules.POLLER, rules.REPLAY}


_ONE = Setting(chunks=1, faults=1)
MISTAKES: Mapping[str, tuple[type[Outbox], Setting]] = {
    "published is enough": (PublishedIsEnough, _ONE._replace(kinds=frozenset({"wipe"}))),
    "B3 a failed chunk is published again for ever": (RepublishesFailed, _ONE._replace(faults=0, poison=True)),
    "B4 reference tables are not awaited": (
        ForgetsReference,
        _ONE._replace(kinds=frozenset({"wipe"}), readers=frozenset({REFERENCE_TABLE})),
    ),
    "B6 lag is a condition": (LagIsACondition, _ONE._replace(kinds=frozenset({"wipe"}), busy=True)),
    "B6 lag of one group": (LooksAtOneGroup, _ONE._replace(faults=0)),
    "lag is no courtesy at all": (LooksAtNoLag, _ONE._replace(faults=0)),
    "B7 paused datasets are not awaited": (
        PausedReadNothing,
        _ONE._replace(kinds=frozenset({"wipe"}), pauses=True),
    ),
    "activation forgets stored chunks": (
        ActivationForgetsStored,
        _ONE._replace(faults=0, readers=frozenset({0}), activates=1),
    ),
    "a chunk is settled beside an activation": (
        SettlesBesideAnActivation,
        _ONE._replace(faults=0, readers=frozenset({0}), activates=1),
    ),
    "an acknowledged notice is not awaited": (
        NoticesWaitForNobody,
        _ONE._replace(topic=topics.ENTITY_KEYS, kinds=frozenset({"wipe"})),
    ),
    "a reported failure is not awaited": (
        NoticesWaitForNobody,
        _ONE._replace(topic=topics.FAILURES, kinds=frozenset({"wipe"})),
    ),
}
"""What was once wrong, or looks right, as a model with the fewest faults that show it."""


def settings(bounds: Bounds) -> list[Setting]:
    """What the real rules must survive. `edits` bounds the chunks."""
    plain = Setting(chunks=max(1, bounds.edits), faults=bounds.faults)
    return [
        plain,
        plain._replace(readers=frozenset({0}), activates=1, faults=min(1, bounds.faults)),
        plain._replace(poison=True, faults=min(1, bounds.faults)),
        plain._replace(readers=frozenset({0, REFERENCE_TABLE})),
        plain._replace(readers=frozenset({0}), pauses=True, faults=min(1, bounds.faults)),
        plain._replace(readers=frozenset({0}), busy=True, faults=min(1, bounds.faults)),
        plain._replace(topic=topics.ENTITY_KEYS),
        plain._replace(topic=topics.FAILURES),
    ]


def explore(bounds: Bounds) -> Result:
    """The real rules under every setting, then each mistake put back."""
    models = Several([Outbox(setting) for setting in settings(bounds)])
    mistakes = {
        name: lambda model=model, setting=setting: model(setting) for name, (model, setting) in MISTAKES.items()
    }
    return explored("outbox", bounds, models, mistakes)
