from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tilth.ledger.account import Account, Hold, draw, fill
from tilth.ledger.entry import Budget

AMOUNTS = st.integers(0, 50)
HOLDS = st.builds(Hold, AMOUNTS, AMOUNTS, st.floats(0, 5))
# What each call does in the end, and how much of its hold it costs.
ENDS = st.sampled_from(["answers", "failures", "lost", "found"])


@given(
    calls=st.lists(st.tuples(HOLDS, ENDS, st.integers(0, 100), st.integers(0, 6)), max_size=40),
    bound=st.integers(0, 200),
)
def test_spent_and_reserved_never_pass_a_bound_and_nothing_stays_reserved(calls, bound):
    budget = Budget("run", max_microusd=bound, max_tokens=bound)
    account = Account("run")
    spent = {"microusd": 0, "tokens": 0}
    open_calls = []

    def end(hold, how, percent):
        microusd, tokens = hold.microusd * percent // 100, hold.tokens * percent // 100
        if how in ("lost", "found"):
            account.settle(hold, hold.microusd, hold.tokens, "lost")
        if how == "found":
            account.find(hold, microusd, tokens)
        elif how != "lost":
            account.settle(hold, microusd, tokens, how)
        spent["microusd"] += hold.microusd if how == "lost" else microusd
        spent["tokens"] += hold.tokens if how == "lost" else tokens

    for hold, how, percent, ends_now in calls:
        if account.shortage(budget, hold) is None:
            account.reserve(hold)
            open_calls.append((hold, how, percent))
        for call in open_calls[:ends_now]:
            end(*call)
        del open_calls[:ends_now]
        assert account.microusd + account.reserved_microusd <= bound
        assert account.tokens + account.reserved_tokens <= bound
        assert account.in_flight == len(open_calls)
    for call in open_calls:
        end(*call)
    assert (account.reserved_microusd, account.reserved_tokens, account.in_flight) == (0, 0, 0)
    assert {"microusd": account.microusd, "tokens": account.tokens} == spent


@given(spent=AMOUNTS, reserved=AMOUNTS, wanted=AMOUNTS, bound=st.integers(0, 150))
def test_a_call_waits_only_if_what_is_in_flight_could_make_room_for_it(spent, reserved, wanted, bound):
    account = Account("run", microusd=spent, reserved_microusd=reserved)
    short = account.shortage(Budget("run", max_microusd=bound), Hold(wanted, 0, 0.0))
    if spent + reserved + wanted <= bound:
        assert short is None
    else:
        assert short == ("microusd", spent + wanted <= bound)


@given(st.lists(st.tuples(st.floats(-5, 5), st.booleans()), max_size=30))
def test_time_passes_only_while_a_call_is_in_flight_and_never_backwards(steps):
    account, now, expected = Account("run", ticked_at=100.0), 100.0, 0.0
    for step, is_busy in steps:
        account.in_flight = int(is_busy)
        expected += max(0.0, (now + step) - now) if is_busy else 0.0
        now += step
        account.tick(now)
        assert abs(account.seconds - expected) < 1e-6


@given(
    st.lists(st.tuples(st.floats(0, 10), st.floats(0, 30)), max_size=40), st.floats(1, 600), st.floats(1, 50)
)
def test_a_bucket_never_gives_more_than_it_held_and_what_flowed_in(draws, per_minute, burst):
    level, given_out, passed = burst, 0.0, 0.0
    for elapsed_s, wanted in draws:
        level = fill(level, elapsed_s, per_minute, burst)
        passed += elapsed_s
        granted, wait_s = draw(level, per_minute, wanted)
        level -= granted
        given_out += granted
        assert 0 <= granted <= wanted
        assert level >= 0
        assert wait_s == 0 or granted < wanted
        assert given_out <= burst + passed * per_minute / 60 + 1e-6
