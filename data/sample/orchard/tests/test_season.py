from datetime import date, timedelta

import pytest

from orchard.harvest import PickingJob, RipenessSample, alternating_forecast, biennial_bearing_index, picking_date, schedule_picking
from orchard.pests import Severity, TrapCount, TrapNetwork, biofix, moth_calendar, scab_infections
from orchard.phenology import BloomModel, chill_hours, degree_days, frost_kill
from orchard.weather import DailyWeather


def days(first: date, count: int, t_min: float, t_max: float, wet: float = 0.0) -> list[DailyWeather]:
    return [DailyWeather(first + timedelta(days=n), t_min, t_max, wet_hours=wet) for n in range(count)]


def test_chill_hours_include_both_bounds():
    assert chill_hours([-0.1, 0.0, 7.2, 7.3]) == 2


def test_degree_days_are_cut_at_both_ends():
    assert degree_days(DailyWeather(date(2025, 6, 1), 8.0, 35.0), base=10.0, upper=31.0) == pytest.approx(10.5)


def test_bloom_needs_chill_before_warmth():
    winter = days(date(2025, 1, 1), 40, 2.0, 6.0)
    spring = days(date(2025, 2, 10), 60, 8.0, 17.0)
    model = BloomModel(chill=900, heat=160.0)
    assert model.forecast(spring) is None
    assert model.forecast(winter + spring) == date(2025, 3, 1)


def test_frost_kill_grows_with_cold():
    assert frost_kill("full_bloom", -2.2) == pytest.approx(0.1)
    assert frost_kill("full_bloom", -3.9) == pytest.approx(0.9)
    assert frost_kill("full_bloom", 1.0) == 0.0


def test_a_single_catch_is_no_biofix():
    counts = [TrapCount("T1", date(2025, 5, day), "codling moth", n) for day, n in [(1, 1), (4, 0), (7, 2), (10, 3)]]
    assert biofix(counts, "codling moth") == date(2025, 5, 7)


def test_moth_eggs_hatch_after_139_degree_days():
    calendar = moth_calendar(days(date(2025, 5, 7), 30, 15.0, 25.0), date(2025, 5, 7))
    assert calendar["first egg hatch"] == date(2025, 5, 20)
    assert calendar["end of first generation"] is None


def test_a_long_wet_spell_infects():
    alerts = list(scab_infections(days(date(2025, 5, 1), 2, 8.0, 12.0, wet=7.0)))
    assert [alert.severity for alert in alerts] == [Severity.TREAT]
    assert str(alerts[0]).startswith("2025-05-02 apple scab: treat")


def test_traps_warn_at_half_the_threshold():
    network = TrapNetwork({"codling moth": 6})
    network.record(TrapCount("T1", date(2025, 6, 2), "codling moth", 9))
    network.record(TrapCount("T1", date(2025, 6, 2), "codling moth", 4))
    assert [alert.severity for alert in network.alerts(date(2025, 6, 7))] == [Severity.WATCH]


def test_the_streif_line_is_followed_to_its_target():
    samples = [RipenessSample(date(2025, 9, d), f, 10.0, 4.0) for d, f in [(1, 8.0), (8, 7.2), (15, 6.4)]]
    assert picking_date(samples, target=0.12) == date(2025, 9, 29)


def test_an_alternating_orchard_is_expected_to_alternate():
    crops = [40.0, 10.0, 42.0, 12.0, 44.0]
    assert biennial_bearing_index(crops) > 0.5
    assert alternating_forecast(crops) < 20.0


def test_the_job_that_closes_first_is_picked_first():
    jobs = [
        PickingJob("Elstar", date(2025, 9, 1), date(2025, 9, 5), 30),
        PickingJob("Gala", date(2025, 9, 2), date(2025, 9, 2), 15),
    ]
    plan, late = schedule_picking(jobs, bins_per_day=10)
    assert plan[date(2025, 9, 2)] == [("Gala", 10)]
    assert late == {"Gala": 5}
    assert sum(bins for day in plan.values() for _, bins in day) == 40
