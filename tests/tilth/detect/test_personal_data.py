import sysconfig
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.detect.personal_data import find_personal_data, has_luhn_digit, is_iban

FOUND = [
    ("email", "ada.lovelace@analytical.org"),
    ("phone", "+44 20 7946 0958"),
    ("phone", "(415) 867-5309"),
    ("ipv4", "93.184.216.34"),
    ("iban", "DE89 3704 0044 0532 0130 00"),
    ("iban", "GB82WEST12345698765432"),
    ("credit_card", "4539 5787 6362 1486"),
    ("credit_card", "371449635398431"),
    ("us_ssn", "536-90-4399"),
]


def found(text: str) -> list[tuple[str, str]]:
    data = text.encode()
    (spans,) = find_personal_data(pa.array([text])).to_pylist()
    return [(span["kind"], data[span["start"] : span["end"]].decode()) for span in spans]


@pytest.mark.parametrize(("kind", "value"), FOUND)
def test_personal_data_are_found_where_they_stand(kind, value):
    assert found(f"Müller: {value}, since 2019\nnext line") == [(kind, value)]


@given(known=st.sampled_from(FOUND), before=st.text(max_size=30), after=st.text(max_size=30))
def test_personal_data_are_found_in_any_surroundings(known, before, after):
    kind, value = known
    text = f"{before}\n '{value}'\n{after}".encode("utf-8", "replace").decode()
    assert (kind, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "user@example.com",
        "ada@host.test",
        "git@github.com:team/x.git",
        "noreply@github.com",
        "product = weights@inputs.shape",
        "@app.route",
        "icon@2x.png",
        "version 10.40.30.20",
        "127.0.0.1 10.0.0.1 192.168.1.1 255.255.255.0",
        "1.2.3.4",
        "1.3.6.1.4.1.311",
        "8.8.8.8",
        "999.300.1.256",
        "DE88 3704 0044 0532 0130 00",
        "4539 5787 6362 1487",
        "000-12-3456 666-12-3456 900-12-3456 078-05-1120",
        "2024-01-02 10:20:30",
        "range(1000000000000, 2000000000000)",
        "3.14159265358979",
        "0x1234567890123456",
        "x = 1-800 + 555",
    ],
)
def test_what_only_looks_like_personal_data_is_left_alone(text):
    assert found(text) == []


def test_the_standard_library_holds_addresses_of_its_authors_and_no_cards():
    stdlib = Path(sysconfig.get_path("stdlib"))
    texts = [path.read_text(encoding="utf-8") for path in sorted(stdlib.glob("*.py"))]
    kinds = {span["kind"] for spans in find_personal_data(pa.array(texts)).to_pylist() for span in spans}
    assert "email" in kinds
    assert not kinds & {"credit_card", "iban", "us_ssn"}


@given(st.integers(min_value=10**11, max_value=10**15))
def test_exactly_one_last_digit_passes_luhn(number):
    assert sum(has_luhn_digit(f"{number}{digit}") for digit in range(10)) == 1


def test_an_iban_needs_its_countrys_length():
    assert is_iban("NL91ABNA0417164300")
    assert not is_iban("NL91ABNA04171643000")
    assert not is_iban("XX91ABNA0417164300")


@pytest.mark.parametrize("piece", ["a.", "a@b.", "1.", "12-", "DE89 3704 ", "+1 2 ", "(415) ", "a%+-"])
def test_a_long_line_made_to_be_slow_is_searched_in_one_pass(piece):
    found(piece * 50_000 + " ada@lovelace.org 93.184.216.34 536-90-4399")


@pytest.mark.parametrize("separator", [" ", "\n"])
def test_a_list_of_many_addresses_is_marked_whole(separator):
    addresses = [f"ada{number}@lovelace.org" for number in range(20_000)]
    assert found(separator.join(addresses)) == [("email", address) for address in addresses]
