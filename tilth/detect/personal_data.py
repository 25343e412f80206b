"""Personal data in text: e-mail addresses, phone numbers, public IPv4 addresses, IBANs, cards, US SSNs.

Only what has a shape of its own is found, and check digits are checked where there are any. Names, postal
addresses and dates of birth are not covered. Addresses under reserved names (`example.com`) are nobody's.
"""

from __future__ import annotations

import ipaddress
import re

import pyarrow as pa

from tilth.detect.spans import column_of_spans, pattern, spans_by_line

# RFC 2606 and 6761 reserve these; the others are addresses of machines.
_RESERVED_DOMAIN = re.compile(
    rb"(?:^|\.)(?:example|test|invalid|localhost|local|domain|mydomain|email|company)\.\w+$"
    rb"|\.(?:test|invalid|example|localhost|local|internal)$|noreply",
    re.IGNORECASE,
)
_MACHINE_LOCAL = re.compile(
    rb"(?:git|hg|svn|no-?reply|donotreply|root|user(?:name)?|you|me|foo|bar|baz|name|your[._-]?(?:name|email)|x+)",
    re.I,
)
# `a@b.shape` is a matrix product: only domains that exist end an address. Countries' have two letters.
_TLDS = rb"(?:[A-Za-z]{2}|com|org|net|edu|gov|mil|int|info|biz|name|dev|app|cloud|tech|online|site|xyz|group)"


def _is_address(match: re.Match[bytes]) -> bool:
    local, _, domain = match[0].rpartition(b"@")
    return not (_MACHINE_LOCAL.fullmatch(local) or _RESERVED_DOMAIN.search(domain))


# Public resolvers, written in programs as constants.
_RESOLVERS = frozenset((b"8.8.8.8", b"8.8.4.4", b"1.1.1.1", b"1.0.0.1", b"9.9.9.9"))


def _is_public_address(match: re.Match[bytes]) -> bool:
    octets = [int(part) for part in match[0].split(b".")]
    # Three numbers below 20 are a version or a section (one address in 500); 1.3 and 2.5 begin X.500 names.
    if (
        max(octets) > 255
        or sorted(octets)[2] < 20
        or octets[:2] in ([1, 3], [2, 5])
        or match[0] in _RESOLVERS
    ):
        return False
    if any(len(part) > 1 and part.startswith(b"0") for part in match[0].split(b".")):
        return False
    before = match.string[max(0, match.start() - 12) : match.start()].lower()
    return b"version" not in before and ipaddress.IPv4Address(bytes(octets)).is_global and octets[0] < 224


# ISO 13616 registry: country and length.
_IBAN_REGISTRY = """
AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24
FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32
LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22
SA24 SC31 SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20
"""
_IBAN_LENGTHS = {entry[:2]: int(entry[2:]) for entry in _IBAN_REGISTRY.split()}


def is_iban(text: str) -> bool:
    """Whether a string, blanks aside, has its country's length and a remainder of 1 modulo 97 (ISO 7064).

    >>> is_iban("DE89 3704 0044 0532 0130 00"), is_iban("DE88 3704 0044 0532 0130 00")
    (True, False)
    """
    code = text.replace(" ", "")
    if len(code) != _IBAN_LENGTHS.get(code[:2]):
        return False
    return int("".join(str(int(character, 36)) for character in code[4:] + code[:4])) % 97 == 1


def has_luhn_digit(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812, Luhn).

    >>> has_luhn_digit("4539578763621486"), has_luhn_digit("4539578763621487")
    (True, False)
    """
    total = sum(map(int, digits[-1::-2]))
    return (total + sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])) % 10 == 0


# Issuers' first digits and lengths: Visa, Mastercard, American Express, Diners, Discover, JCB, UnionPay.
_ISSUER = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[68]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17}"
)


def _is_card(match: re.Match[bytes]) -> bool:
    digits = re.sub(rb"[ -]", b"", match[0]).decode("ascii")
    return _ISSUER.fullmatch(digits) is not None and len(set(digits)) > 1 and has_luhn_digit(digits)


def _is_iban_match(match: re.Match[bytes]) -> bool:
    return is_iban(match[0].decode("ascii"))


# Printed on sample cards or used in every manual, and never issued to anyone.
_SAMPLE_SSNS = frozenset((b"078-05-1120", b"219-09-9999", b"123-45-6789"))


def _is_ssn(match: re.Match[bytes]) -> bool:
    return match[0] not in _SAMPLE_SSNS


def _is_phone(match: re.Match[bytes]) -> bool:
    digits = re.sub(rb"\D", b"", match[0])
    # E.164: 15 digits at most; 8: the shortest with a country code. 555-01xx is kept for fiction.
    return 8 <= len(digits) <= 15 and len(set(digits)) > 3 and digits[-7:-2] != b"55501"


_PATTERNS = (
    pattern(
        "email",
        "@",
        # 64: the longest local part RFC 5321 allows. A port, a call or an index after it: no address.
        rb"(?<![\w.%+/@-])[A-Za-z0-9][\w.%+-]{1,63}@(?:[A-Za-z0-9-]{1,63}\.){1,8}"
        + _TLDS
        + rb"(?![\w(\[:@-])(?!\.\w)",
        _is_address,
    ),
    pattern(
        "ipv4", "", rb"(?<![\w.-])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\w-])(?!\.\d|/\d)", _is_public_address
    ),
    pattern("iban", "", rb"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b", _is_iban_match),
    pattern(
        "credit_card",
        "",
        rb"(?<![\w.+-])(?:\d{13,16}|\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}|\d{4}([ -])\d{6}\2\d{5})"
        rb"(?![\w.-]|[ -]\d)",
        _is_card,
    ),
    pattern("us_ssn", "-", rb"(?<![\w-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])", _is_ssn),
    # International with separators or after `tel:`; North American by its numbering plan.
    pattern(
        "phone",
        "+ -",
        rb"(?<![\w+.-])\+[1-9]\d{0,2}[ .-]\(?\d{1,4}\)?(?:[ .-]\d{2,4}){2,4}(?![\w-])"
        rb"|(?<=tel:)\+?\d[\d.-]{7,17}\d|(?<![\w+.-])\+[1-9]\d{9,13}(?=[\"'<\s,;]|$)"
        rb"|(?<![\w.-])\([2-9]\d\d\) ?[2-9]\d\d-\d{4}(?![\w-])"
        rb"|(?<![\w.+-])(?:1-)?[2-9]\d\d-[2-9]\d\d-\d{4}(?![\w-])",
        _is_phone,
    ),
)

_GATE = "|".join(
    (
        r"[A-Za-z0-9_.%+-]@(?:[A-Za-z0-9-]+\.)+" + _TLDS.decode() + r"\b",
        r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b",
        r"\b[A-Z]{2}\d{2} ?[A-Z0-9]{4} ?[A-Z0-9]{3}",
        r"\d{13}|\b\d{4}[ -]\d{4}[ -]\d{4}[ -]\d|\b\d{4}[ -]\d{6}[ -]\d{5}\b",
        r"\b\d{3}-\d{2}-\d{4}\b",
        r"\+[1-9]\d{0,2}[ .-]\(?\d{1,4}\)?[ .-]\d{2,4}[ .-]\d{2}|tel:\+?\d|\+[1-9]\d{9}",
        r"\([2-9]\d\d\) ?[2-9]\d\d-\d{4}|[2-9]\d\d-[2-9]\d\d-\d{4}\b",
    )
)


def find_personal_data(texts: pa.Array) -> pa.Array:
    """For each text of a column its personal data: lists of {kind, start, end} by start, none overlapping.

    >>> find_personal_data(pa.array(["Write to ada@lovelace.org, not to ada@example.com."])).to_pylist()
    [[{'kind': 'email', 'start': 9, 'end': 25}]]
    """
    return column_of_spans(len(texts), spans_by_line(texts, _GATE, _PATTERNS))
