"""What the sites have answered, and how much of each limit was used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from emulators.exact.deliveries import counts
from emulators.exact.limits import CALL_LIMITS
from emulators.exact.site import Site


def stats(sites: Sequence[Site]) -> dict[str, Any]:
    """Calls, refusals by status and by limit, use and peak use of every limit, and the bound of a load."""
    calls: Counter[str] = Counter()
    answers: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    by_limit: Counter[str] = Counter()
    by_rule: Counter[str] = Counter()
    uses: list[dict[str, Any]] = []
    for site in sites:
        limits = site.limits.stats()
        answers.update(site.answers)
        by_rule.update(site.refusals)
        by_limit.update(limits["refused"])
        uses += [{"site": site.name} | use for use in limits["limits"] + site.authority.uses()]
    for answer, n in answers.items():
        route, status = answer.rsplit(" ", 1)
        calls[route] += n
        if int(status) >= 400:
            refused[status] += n
    bound = _bound(sites)
    return {
        "calls": dict(calls),
        "answers": dict(answers),
        "refused": dict(refused),
        "refused_by_limit": dict(by_limit),
        "refused_by_rule": dict(by_rule),
        "s429": refused["429"],
        "peak_use": max(use["peak"] / use["limit"] for use in uses if use["name"] in CALL_LIMITS),
        "limits": uses,
        "bound": bound,
        "bound_s": bound["least_s"],
        "notices": counts(note for site in sites for note in site.webhooks.deliveries.log),
    }


def _bound(sites: Sequence[Site]) -> dict[str, Any]:
    """All calls that were let through, how long they took, and the least time that the narrowest limit allows."""
    each = [site.limits.stats()["bound"] for site in sites]
    return {
        "calls": sum(one["calls"] for one in each),
        "first_to_last_s": max((one["first_to_last_s"] for one in each), default=0.0),
        "least_s": max((one["least_s"] for one in each), default=0.0),
    }
