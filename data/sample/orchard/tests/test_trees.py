from datetime import date

import pytest

from orchard.errors import OrchardError, UnknownCultivar
from orchard.trees import Catalogue, Cultivar, Health, Observation, Rootstock, Tree, Vigour, gaps_in_rows, survival_by_rootstock

M9 = Rootstock("M9", Vigour.DWARFING, needs_stake=True, years_to_first_crop=2)
COX = Cultivar("Cox", "apple", bloom_group=3)
BRAMLEY = Cultivar("Bramley", "apple", bloom_group=3, triploid=True)


@pytest.fixture
def tree() -> Tree:
    return Tree("A-1-1", COX, M9, planted=date(2020, 3, 15), row=1, position=1)


def test_a_triploid_gives_no_pollen_but_takes_it():
    assert COX.can_pollinate(BRAMLEY)
    assert not BRAMLEY.can_pollinate(COX)


def test_a_cultivar_does_not_pollinate_itself():
    assert not COX.can_pollinate(COX)


@pytest.mark.parametrize(
    ("on", "age"), [(date(2021, 3, 14), 0), (date(2021, 3, 15), 1), (date(2025, 1, 1), 4)]
)
def test_age_counts_full_years(tree, on, age):
    assert tree.age(on) == age


def test_a_dead_tree_cannot_be_observed_later(tree):
    tree.observe(Observation(date(2022, 5, 1), Health.DEAD))
    with pytest.raises(OrchardError, match="died on 2022-05-01"):
        tree.observe(Observation(date(2022, 6, 1), Health.SOUND))


def test_history_stays_in_order(tree):
    tree.observe(Observation(date(2023, 5, 1), Health.STRESSED, trunk_cm2=20.0))
    tree.observe(Observation(date(2021, 5, 1), Health.SOUND, trunk_cm2=10.0))
    assert tree.health is Health.STRESSED
    assert tree.trunk_growth() == pytest.approx(5.0, rel=0.01)


def test_the_catalogue_suggests_a_close_name():
    with pytest.raises(UnknownCultivar, match="did you mean Bramley"):
        Catalogue([COX, BRAMLEY])["Bramling"]


def test_gaps_count_dead_trees():
    trees = [Tree(f"A-1-{n}", COX, M9, date(2020, 3, 1), 1, n) for n in (1, 2, 4)]
    trees[1].observe(Observation(date(2021, 1, 1), Health.DEAD))
    assert gaps_in_rows(trees) == {1: [2, 3]}
    assert survival_by_rootstock(trees) == {"M9": pytest.approx(2 / 3)}
