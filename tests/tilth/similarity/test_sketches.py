"""Sketches estimate Jaccard similarity as well as permutations do, and depend on the set alone."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from datasketch import MinHash
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.similarity.shingles import Hashes, Shingles
from tilth.similarity.sketches import EMPTY, SLOTS, Signatures, estimate, shorten, sign, sketch_texts

HASHES = st.lists(st.integers(0, 2**64 - 1), max_size=40)


def signatures_of(*sets: Sequence[int] | Hashes) -> Signatures:
    hashes = np.array([value for values in sets for value in values], dtype=np.uint64)
    return sign(Shingles(0, hashes, np.cumsum([0, *map(len, sets)]))).signatures


@settings(deadline=None)
@given(HASHES, HASHES, st.randoms())
def test_a_signature_depends_on_the_set_alone(one, other, random):
    alone = signatures_of(one)[0]
    shuffled = one * 2
    random.shuffle(shuffled)
    assert np.array_equal(signatures_of(other, shuffled, other)[1], alone)


@settings(deadline=None)
@given(HASHES)
def test_every_slot_of_a_set_is_filled_and_none_of_the_empty_set(values):
    signature = signatures_of(values)[0]
    assert (signature == EMPTY).all() if not values else (signature != EMPTY).all()


@pytest.mark.parametrize("size", [2, 10, 100, 1000, 20_000])
@pytest.mark.parametrize("target", [0.3, 0.7, 0.9])
def test_estimates_are_unbiased_and_no_wider_than_the_formula_says(size, target):
    rounds = 40
    random = np.random.default_rng(size)
    shared = round(2 * size * target / (1 + target))
    truth = shared / (2 * size - shared)
    found = []
    for _ in range(rounds):
        hashes = random.integers(0, 2**64, 2 * size - shared, dtype=np.uint64)
        short = shorten(signatures_of(hashes[:size], hashes[size - shared :]))
        found.append(estimate(short[:1], short[1:])[0])
    sigma = (truth * (1 - truth) / SLOTS) ** 0.5
    # Four standard errors of the mean, and of the deviation of 40 draws.
    assert np.mean(found) == pytest.approx(truth, abs=4 * sigma / rounds**0.5 + 1e-9)
    assert np.std(found) <= sigma * (1 + 4 / (2 * rounds) ** 0.5) + 1e-9


def test_estimates_of_real_texts_agree_with_datasketch_within_the_noise_of_both():
    source = inspect.getsource(textwrap)
    lines = source.splitlines(keepends=True)
    texts = [source, "".join(lines[40:]), "".join(lines[:-90]), "".join(lines[::2])]
    part = next(iter(sketch_texts(pa.array(texts), 1)))
    short = shorten(part.signatures)
    oracles = []
    for text in texts:
        oracle = MinHash(num_perm=SLOTS, seed=1)
        letters = "".join(c.lower() if c.isalnum() or c == "_" else " " for c in text)
        oracle.update_batch([word.encode() for word in letters.split()])
        oracles.append(oracle)
    for other in range(1, len(texts)):
        ours = estimate(short[:1], short[other : other + 1])[0]
        # Four deviations of the difference of two estimates, each at most 0.5 / sqrt(128).
        assert ours == pytest.approx(oracles[0].jaccard(oracles[other]), abs=4 * 2**0.5 * 0.5 / SLOTS**0.5)


def test_signatures_stay_what_they_were_so_that_cached_sketches_stay_comparable():
    signature = next(
        iter(sketch_texts(pa.array(["The quick brown fox jumps over the lazy dog"]), 5))
    ).signatures[0]
    assert signature[:4].tolist() == [2584867000, 2331049088, 1308276906, 2170158021]
