from datetime import date

import pytest

from orchard.errors import OrchardError
from orchard.grafts import (
    Graft, Incompatible, check_compatible, choose_rootstock, grafts_to_make, in_season, success_rate, years_to_multiply,
)  # fmt: skip
from orchard.trees import Cultivar, Rootstock, Vigour

WILLIAMS = Cultivar("Williams", "pear", bloom_group=3)
CONFERENCE = Cultivar("Conference", "pear", bloom_group=3)
QUINCE_A = Rootstock("Quince A", Vigour.SEMI_DWARFING)


def test_williams_on_quince_needs_an_interstem():
    with pytest.raises(Incompatible, match="interstem"):
        check_compatible(WILLIAMS, QUINCE_A, "quince")


def test_conference_takes_on_quince():
    check_compatible(CONFERENCE, QUINCE_A, "quince")


def test_buds_are_set_in_summer():
    assert in_season("chip_bud", date(2025, 8, 1))
    assert not in_season("whip_and_tongue", date(2025, 8, 1))


def test_a_verdict_stays():
    graft = Graft(CONFERENCE, QUINCE_A, "cleft", date(2025, 3, 1)).judged(True)
    with pytest.raises(OrchardError):
        graft.judged(False)
    assert success_rate([graft, Graft(CONFERENCE, QUINCE_A, "cleft", date(2025, 3, 2))]) == 1.0


def test_a_reserve_is_kept_for_failures():
    assert grafts_to_make(100, expected_rate=0.7) == 150


def test_budwood_multiplies_fast():
    assert years_to_multiply(10, 10) == 0
    assert years_to_multiply(10, 1000) == 2


def test_light_soil_asks_for_more_vigour():
    stocks = [Rootstock("M9", Vigour.DWARFING, True, 2), Rootstock("M26", Vigour.SEMI_DWARFING, True, 3)]
    heavy = choose_rootstock(stocks, max_vigour=Vigour.DWARFING, windy=False, soil_is_light=False)
    light = choose_rootstock(stocks, max_vigour=Vigour.DWARFING, windy=False, soil_is_light=True)
    assert heavy is not None and heavy.name == "M9"
    assert light is not None and light.name == "M26"
