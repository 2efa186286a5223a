"""Which refresh token may be presented, and when."""

from __future__ import annotations

import pytest

from exactbi.connections.custodian_rules import (
    STORED,
    UNSENT,
    AskConsent,
    Attempt,
    CustodianRules,
    Kind,
    Moment,
    Refresh,
    State,
    Token,
    View,
    Wait,
)
from exactbi.exact_online.auth import Outcome

RULES = CustodianRules()
NOW = 100_000.0
LONG_AGO = Moment(NOW - 10_000)


def token(generation: int = 1, grant: int = 1, seq: int = 0, age: float = 600, dead: bool = False) -> Token:
    return Token(grant * 100 + generation, grant, generation, seq or generation, Moment(NOW - age), dead)


def attempt(number: int = 50, age: float = 600, outcome: str | None = None, kind: Kind = Kind.REFRESH) -> Attempt:
    return Attempt(number, kind, 101, Moment(NOW - age), outcome)


def view(*tokens: Token, attempts: tuple[Attempt, ...] = (), restored: Moment = LONG_AGO) -> View:
    return View(tokens, attempts, restored)


def presented(found: View) -> object:
    decision = RULES.decide(found, NOW)
    return decision.token.id if isinstance(decision, Refresh) else decision


def test_a_token_is_refreshed_570_s_after_its_receipt() -> None:
    assert presented(view(token(age=569))) == Wait(1)
    assert presented(view(token(age=570))) == 101


def test_the_newest_token_goes_first_then_the_one_before_it() -> None:
    assert presented(view(token(1), token(2), token(3))) == 103
    assert presented(view(token(1), token(2), token(3, dead=True))) == 102
    assert presented(view(token(1), token(2, dead=True), token(3, dead=True))) == AskConsent()


def test_an_older_grants_token_is_never_presented() -> None:
    assert presented(view(token(9), token(1, grant=2, dead=True))) == AskConsent()


def test_of_two_answers_to_one_token_the_later_stored_is_newer() -> None:
    early, late = token(2, seq=5), Token(999, 1, 2, 6, Moment(NOW - 600))
    assert presented(view(late, token(1), early)) == 999


@pytest.mark.parametrize("outcome", [None, *Outcome])
def test_nothing_is_sent_for_570_s_after_an_attempt_however_it_ended(outcome: str | None) -> None:
    assert presented(view(token(age=5_000), attempts=(attempt(age=569, outcome=outcome),))) == Wait(1)
    assert presented(view(token(age=5_000), attempts=(attempt(age=570, outcome=outcome),))) == 101


def test_an_attempt_of_which_no_byte_was_sent_delays_nothing() -> None:
    assert presented(view(token(), attempts=(attempt(age=1, outcome=UNSENT),))) == 101


def test_a_refused_code_delays_nothing_but_an_open_one_does() -> None:
    refused = attempt(age=1, outcome=Outcome.BLOCKED, kind=Kind.CODE)
    assert presented(view(token(), attempts=(refused,))) == 101
    assert presented(view(token(), attempts=(attempt(age=1, kind=Kind.CODE),))) == Wait(569)


def test_nobody_refreshes_for_570_s_after_a_restore() -> None:
    assert presented(view(token(age=5_000), restored=Moment(NOW - 100))) == Wait(470)


def test_a_clock_that_jumped_ahead_does_not_shorten_our_own_wait() -> None:
    ours = Attempt(50, Kind.REFRESH, 101, Moment(NOW - 4_000, known_for=60, ours=True))
    assert presented(view(token(age=5_000), attempts=(ours,))) == Wait(510)


def test_a_clock_that_was_set_back_does_not_lengthen_the_wait() -> None:
    future = Attempt(50, Kind.REFRESH, 101, Moment(NOW + 3_600, known_for=570))
    assert presented(view(token(age=5_000), attempts=(future,))) == 101


def test_a_blocked_app_is_tried_ever_more_rarely() -> None:
    tries = tuple(attempt(50 + n, age=600 + 100 * (4 - n), outcome=Outcome.BLOCKED) for n in range(4))
    assert presented(view(token(age=9_000), attempts=tries)) == Wait(3_600 - 700)


def blocked(*outcomes: str | None, app_seq: int, token_age: float = 9_000, today: int = 0) -> object:
    """What is presented after attempts 50, 51, ..., a second apart, the last a second ago."""
    tries = tuple(attempt(50 + n, len(outcomes) - n, outcome) for n, outcome in enumerate(outcomes))
    return presented(View((token(age=token_age),), tries, LONG_AGO, today, app_seq))


def test_an_app_is_tried_at_once_with_a_secret_that_was_set_since_it_was_refused() -> None:
    assert blocked(*[Outcome.BLOCKED] * 4, app_seq=54) == 101
    assert blocked(Outcome.BLOCKED, app_seq=49) == Wait(569)


def test_a_new_secret_that_is_refused_too_is_tried_again_as_after_a_first_refusal() -> None:
    assert blocked(*[Outcome.BLOCKED] * 3, Outcome.BLOCKED, app_seq=52) == Wait(1_140 - 1)
    assert blocked(*[Outcome.BLOCKED] * 4, app_seq=53) == Wait(569)


@pytest.mark.parametrize("outcome", [None, *(o for o in Outcome if o is not Outcome.BLOCKED)])
def test_a_new_secret_shortens_no_other_wait(outcome: str | None) -> None:
    assert blocked(outcome, app_seq=60) == Wait(569)
    assert blocked(outcome, Outcome.BLOCKED, app_seq=60) == Wait(568)
    assert blocked(Outcome.BLOCKED, app_seq=60, token_age=500) == Wait(70)
    assert isinstance(blocked(Outcome.BLOCKED, app_seq=60, today=190), Wait)


def test_the_days_token_calls_are_bounded() -> None:
    spent = View((token(),), (), LONG_AGO, attempts_today=190)
    assert isinstance(presented(spent), Wait)


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (None, State.REFRESHING),
        (Outcome.UNCLEAR, State.UNCERTAIN),
        (Outcome.DEAD, State.UNCERTAIN),
        (Outcome.BLOCKED, State.BLOCKED),
        (Outcome.EARLY, State.ACTIVE),
        (STORED, State.ACTIVE),
        (UNSENT, State.ACTIVE),
    ],
)
def test_the_state_follows_from_the_last_attempt(outcome: str | None, state: State) -> None:
    assert RULES.state(view(token(), attempts=(attempt(outcome=outcome),))) is state


def test_without_a_candidate_the_connection_is_revoked() -> None:
    assert RULES.state(view()) is State.REVOKED
    assert RULES.state(view(token(dead=True))) is State.REVOKED


def test_a_newer_token_makes_any_state_active() -> None:
    open_ = attempt(50)
    assert RULES.state(view(token(1, dead=True), token(2, seq=60), attempts=(open_,))) is State.ACTIVE
    assert RULES.state(view(token(1), token(1, grant=2, seq=60), attempts=(open_,))) is State.ACTIVE


def test_answers_are_numbered_after_what_they_were_asked_with() -> None:
    assert RULES.successor(token(4, grant=2)) == (2, 5)
    assert RULES.consented(view(token(4, grant=2))) == (3, 1)
    assert RULES.consented(view()) == (1, 1)


def test_the_scale_shortens_every_wait() -> None:
    assert CustodianRules(10).decide(view(token(age=56)), NOW) == Wait(1)
