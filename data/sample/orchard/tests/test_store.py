from datetime import date
from decimal import Decimal

import pytest

from orchard.errors import LedgerCorrupt, OutOfStock
from orchard.inventory import ColdStore, Lot
from orchard.ledger import Ledger
from orchard.pricing import TieredPrice, grade, money, pool_payout, split_evenly


@pytest.fixture
def store() -> ColdStore:
    store = ColdStore(capacity_kg=2_000)
    store.receive(Lot("L2", "Gala", "I", date(2025, 9, 10), 300.0))
    store.receive(Lot("L1", "Gala", "I", date(2025, 9, 1), 200.0))
    return store


def test_the_oldest_lot_leaves_first(store):
    assert [(pick.lot, pick.mass_kg) for pick in store.withdraw("I", 250.0)] == [("L1", 200.0), ("L2", 50.0)]
    assert "L1" not in store


def test_a_failed_transaction_leaves_no_trace(store):
    with pytest.raises(OutOfStock), store.transaction():
        store.withdraw("I", 100.0)
        store.withdraw("I", 900.0)
    assert store.stored_kg == 500.0


def test_fruit_loses_weight_in_store(store):
    booked, expected = store.stocktake(date(2025, 12, 1))["I"]
    assert booked == 500.0
    assert 460.0 < expected < 480.0


def test_no_order_costs_more_than_a_larger_one():
    price = TieredPrice(((0, Decimal("1.50")), (100, Decimal("1.20"))))
    assert price.total(90) == Decimal("120.00")
    assert price.total(70) == Decimal("105.00")


def test_floats_are_no_money():
    with pytest.raises(TypeError):
        money(0.1)


def test_parts_add_up_to_the_cent():
    parts = split_evenly(Decimal("100.00"), [1, 1, 1])
    assert parts == [Decimal("33.34"), Decimal("33.33"), Decimal("33.33")]


def test_a_pool_pays_out_by_weight():
    paid = pool_payout(Decimal("1000"), {"Weber": 300, "Almeida": 100})
    assert paid == {"Almeida": Decimal("235.00"), "Weber": Decimal("705.00")}


def test_small_or_scarred_apples_are_processed():
    assert grade(75, 0.0) == "Extra"
    assert grade(75, 2.0) == "II"
    assert grade(55, 0.0) == "processing"


def test_the_ledger_replays_and_notices_changes(tmp_path):
    path = tmp_path / "events.jsonl"
    ledger = Ledger(path)
    ledger.append("tree_planted", tag="A-1-1", cultivar="Gala", on="2025-03-01")
    ledger.append("harvested", cultivar="Gala", mass_kg=12.5)
    assert Ledger(path).replay()["harvest_kg"] == {"Gala": 12.5}
    path.write_text(path.read_text().replace("12.5", "99.5"))
    with pytest.raises(LedgerCorrupt, match="line 2"):
        Ledger(path)
