from datetime import date, timedelta

import pytest

from orchard.errors import MissingReading
from orchard.irrigation import CropCurve, SoilProfile, WaterBalance, leaching_requirement, plan, rotate_zones
from orchard.weather import DailyWeather, fill_gaps, hargreaves, missing_days

SOIL = SoilProfile(field_capacity=0.30, wilting_point=0.14, root_depth_m=0.5)


def dry_spell(days: int) -> list[DailyWeather]:
    return [DailyWeather(date(2025, 7, 1) + timedelta(days=n), 12.0, 28.0) for n in range(days)]


def test_available_water_follows_from_depth():
    assert SOIL.total_available_mm == pytest.approx(80.0)


def test_trees_are_watered_before_they_suffer():
    curve = CropCurve(0.5, 1.0, 0.9, (0, 1, 60, 30))
    balance = WaterBalance(SOIL)
    waterings = plan(dry_spell(30), balance, curve, reference_et=lambda _: 5.0, efficiency=0.8)
    assert [w.on.day for w in waterings] == [10, 18, 26]
    assert balance.stress_coefficient() == 1.0
    assert all(w.gross_mm == pytest.approx(50.0, abs=4) for w in waterings)


def test_rain_beyond_capacity_drains():
    balance = WaterBalance(SOIL, depletion_mm=10.0)
    balance.step(DailyWeather(date(2025, 7, 1), 10, 20, rain_mm=30.0), et_crop_mm=4.0)
    assert balance.depletion_mm == 0.0
    assert balance.drained_mm == pytest.approx(16.0)


def test_salty_water_is_refused():
    with pytest.raises(ValueError, match="cannot be used"):
        leaching_requirement(ec_water=5.0, ec_threshold=1.7)


def test_pumps_share_the_load():
    assert rotate_zones([60, 30, 30, 20], pumps=2) == [[0, 3], [1, 2]]


def test_hargreaves_is_plausible_for_a_summer_day():
    assert 4.5 < hargreaves(dry_spell(1)[0], latitude=47.0) < 7.5


def test_short_gaps_are_filled_and_long_ones_reported():
    days = dry_spell(8)
    assert missing_days([days[0], days[3]]) == [days[1].on, days[2].on]
    assert len(fill_gaps([days[0], days[3]])) == 4
    with pytest.raises(MissingReading, match="6 days"):
        fill_gaps([days[0], days[7]])
