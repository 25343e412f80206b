"""Secrets in text: vendors' tokens, private keys, passwords in addresses and in assignments.

Spans are byte offsets of the secret itself, so that masking them leaves the rest readable. What reads as a
placeholder (`changeme`, `your-key`, `xxx`, `${TOKEN}`) is none. Not covered: secrets without a known shape or
a telling name beside them, and secrets that are split over several strings.
"""

from __future__ import annotations

import math
import re
from collections import Counter

import pyarrow as pa

from tilth.detect.spans import column_of_spans, pattern, spans_by_line, spans_by_text

_PLACEHOLDER = re.compile(
    rb"example|change[-_]?me|placeholder|your|xxx|dummy|sample|insert|replace|todo|redacted|fake|mock|foobar"
    rb"|\.\.\.|\*\*\*|<|\$\{|\$\(|\{\{|\}|%\(|%s|0123456|1234567|1234-1234|abcdefg|deadbeef|://",
    re.IGNORECASE,
)
_WEAK_WORD = re.compile(
    rb"(?:my|the|a|some|jwt|access|auth|api)?[-_]?"
    rb"(?:pass(?:word|wd|phrase)?|pwd?|secret|token|test|admin|root|user|login|tiger|key|webhook|repo|hunter2)",
    re.IGNORECASE,
)
# Words joined by one mark are a name, not a key: `access_token_expired`.
_WORDS = re.compile(rb"[A-Za-z]+(?:[-_./: ][A-Za-z]+)*\d{0,2}")


def entropy(value: bytes) -> float:
    """Shannon entropy of the bytes' frequencies, in bits a byte.

    >>> entropy(b"aaaa"), entropy(b"abcd")
    (0.0, 2.0)
    """
    counts = Counter(value)
    return sum(-count / len(value) * math.log2(count / len(value)) for count in counts.values())


def is_placeholder(value: bytes) -> bool:
    """Whether a value stands for a secret instead of being one.

    >>> is_placeholder(b"your-api-key"), is_placeholder(b"AKIAIOSFODNN7EXAMPLE"), is_placeholder(b"aaaaaaaa")
    (True, True, True)
    >>> is_placeholder(b"q8Zr1vT0pLk3")
    False
    """
    # Fewer than 5 different characters are a stand-in: 16 random hexadecimal digits hold 10.
    return len(set(value)) < 5 or _PLACEHOLDER.search(value) is not None


def _value(match: re.Match[bytes]) -> bytes:
    return match["value"] if "value" in match.re.groupindex else match[0]


def _is_token(match: re.Match[bytes]) -> bool:
    return not is_placeholder(_value(match))


def _is_password(match: re.Match[bytes]) -> bool:
    value = match["value"]
    return not (
        is_placeholder(value + b"!~^|") or _WEAK_WORD.fullmatch(value) or value.startswith((b"$", b"{", b"%"))
    )


def _is_random(match: re.Match[bytes]) -> bool:
    value = match["value"]
    if is_placeholder(value) or _WORDS.fullmatch(value):
        return False
    has_both = any(48 <= byte <= 57 for byte in value) and any(65 <= byte <= 122 for byte in value)
    # 32 random hexadecimal digits have 3.6 bits a byte, 20 base64 ones 4.0, English of that length 3.
    return has_both and entropy(value) >= (3.3 if len(value) >= 16 else 2.9)


def _holds_key(match: re.Match[bytes]) -> bool:
    body = re.sub(rb"\\[nr]|[\s\"'+,\\]", b"", match["body"])
    # 64: one line of base64. Markers alone stand in programs that read keys.
    run = re.search(rb"[A-Za-z0-9/=]{64}", body)
    return run is not None and not is_placeholder(run[0])


_BEGIN = rb"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----"
_END = rb"(?:-----END (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----)?"
_SECRET_NAME = (
    rb"(?:passw(?:or)?d|passphrase|pwd|secret|token|credential|(?:api|access|auth|private)[-_]?key)"
)

# 16 KB: an RSA key of 16,384 bits takes 12 KB.
_KEYS = (pattern("private_key", "", _BEGIN + rb"(?P<body>(?:[^-]|-(?!----)){64,16384})" + _END, _holds_key),)
_KEYS_GATE = "-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY"

# Shapes are the vendors' documented ones. The specific stand before the generic.
_PATTERNS = (
    pattern("aws_access_key", "AKIA ASIA", rb"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b", _is_token),
    pattern(
        "aws_secret_key",
        "",
        rb"(?i:aws_?secret_?(?:access_?)?key)[\"']?\s*[:=]\s*[\"']?(?P<value>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])",
        _is_token,
    ),
    pattern(
        "github_token",
        "gh github_pat_",
        rb"\b(?:gh[pousr]_[A-Za-z0-9]{36,251}|github_pat_\w{22,244})\b",
        _is_token,
    ),
    pattern("gitlab_token", "gl", rb"\bgl(?:pat|ptt|dt|rt|cbt|soat)-[\w-]{20,64}", _is_token),
    pattern(
        "slack_token", "xox xapp-", rb"\b(?:xox[abeoprs]|xapp)-[0-9A-Za-z]{1,12}-[0-9A-Za-z-]{16,}", _is_token
    ),
    pattern(
        "slack_webhook",
        "hooks.slack.com",
        rb"hooks\.slack\.com/services/(?P<value>T\w{6,}/B\w{6,}/\w{20,})",
        _is_token,
    ),
    pattern("stripe_key", "k_live_ k_test_", rb"\b[rs]k_(?:live|test)_[A-Za-z0-9]{20,247}\b", _is_token),
    pattern("google_api_key", "AIza", rb"\bAIza[\w-]{35}(?![\w-])", _is_token),
    pattern("google_oauth_secret", "GOCSPX- ya29.", rb"\b(?:GOCSPX-[\w-]{28}|ya29\.[\w-]{30,})", _is_token),
    pattern("anthropic_key", "sk-ant-", rb"\bsk-ant-[a-z0-9]+-[\w-]{40,}", _is_token),
    pattern(
        "openai_key",
        "sk-",
        rb"\bsk-(?:(?:proj|svcacct|admin|None)-[\w-]{40,}|[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}|[A-Za-z0-9]{48})(?![\w-])",
        _is_token,
    ),
    pattern("huggingface_token", "hf_", rb"\bhf_[A-Za-z]{34}\b", _is_token),
    pattern("npm_token", "npm_", rb"\bnpm_[A-Za-z0-9]{36}\b", _is_token),
    pattern("pypi_token", "pypi-AgE", rb"\bpypi-AgE[\w-]{50,}", _is_token),
    pattern("docker_token", "dckr_pat_", rb"\bdckr_pat_[\w-]{27,}", _is_token),
    pattern("digitalocean_token", "_v1_", rb"\bdo[opr]_v1_[0-9a-f]{64}\b", _is_token),
    pattern("sendgrid_key", "SG.", rb"\bSG\.[\w-]{22}\.[\w-]{43}(?![\w-])", _is_token),
    pattern("telegram_token", ":AA", rb"\b\d{8,10}:AA[\w-]{33}(?![\w-])", _is_token),
    pattern("shopify_token", "shp", rb"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b", _is_token),
    pattern("vault_token", "hvs.", rb"\bhvs\.[\w-]{24,}", _is_token),
    pattern("age_key", "AGE-SECRET-KEY-1", rb"\bAGE-SECRET-KEY-1[0-9A-Z]{58}\b", _is_token),
    pattern("azure_storage_key", "AccountKey=", rb"\bAccountKey=(?P<value>[A-Za-z0-9+/]{86}==)", _is_token),
    pattern("jwt", "eyJ", rb"(?<![\w-])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}", _is_token),
    pattern(
        "connection_string",
        "://",
        rb"\b[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s:@/\"'`<>]{1,64}:(?P<value>[^\s:@/\"'`<>]{3,128})"
        rb"@(?!(?:[\w-]+\.)*example\.)[\w.-]+",
        _is_password,
    ),
    # Quoted, in any language's assignment or mapping; or bare in an environment file.
    pattern(
        "assigned_secret",
        "",
        rb"(?i:" + _SECRET_NAME + rb"[\w-]{0,24}[\"'\]]{0,2}[ \t]{0,4}(?::=|=>|[:=])[ \t]{0,4})"
        rb"(?P<quote>[\"'`])(?P<value>[^\s\"'`<>()]{8,256})(?P=quote)",
        _is_random,
    ),
    pattern(
        "assigned_secret",
        "",
        rb"^(?:export )?[A-Z0-9_]*(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD)="
        rb"(?P<value>[A-Za-z0-9+/_.~=-]{16,256})\s*$",
        _is_random,
    ),
)

_GATE = "|".join(
    (
        r"\b(?:AKIA|ASIA)[0-9A-Z]{8}",
        r"(?i:aws_?secret_?(?:access_?)?key)",
        r"\bgh[pousr]_[A-Za-z0-9]{16}|github_pat_",
        r"\bgl(?:pat|ptt|dt|rt|cbt|soat)-[\w-]{8}",
        r"\b(?:xox[abeoprs]|xapp)-",
        r"hooks\.slack\.com",
        r"[rs]k_(?:live|test)_[A-Za-z0-9]{8}",
        r"AIza[\w-]{16}|GOCSPX-|ya29\.[\w-]{16}",
        r"\bsk-(?:ant|proj|svcacct|admin|None|[A-Za-z0-9]{16})",
        r"\bhf_[A-Za-z]{16}|\bnpm_[A-Za-z0-9]{16}|pypi-AgE|dckr_pat_|\bdo[opr]_v1_|\bSG\.[\w-]{16}",
        r"\d{8}:AA[\w-]{16}|\bshp(?:at|ca|pa|ss)_|\bhvs\.[\w-]{16}|AGE-SECRET-KEY-1|AccountKey=",
        r"eyJ[\w-]{10}",
        r"""://[^\s:@/"'`<>]{1,64}:[^\s:@/"'`<>]+@""",
        "(?i:"
        + _SECRET_NAME.decode()
        + r""")[\w-]*["'\]]{0,2}[ \t]*(?::=|=>|[:=])[ \t]*["'`][^\s"'`<>()]{8}""",
        r"(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD)=[A-Za-z0-9+/_.~=-]{16}",
    )
)


def find_secrets(texts: pa.Array) -> pa.Array:
    """For each text of a string column its secrets: lists of {kind, start, end} by start, none overlapping.

    >>> token = "ghp_" + "aB3dE5gH7j" * 3 + "kL9mN1"
    >>> find_secrets(pa.array([f"key = '{token}'", "password = 'changeme-please'"])).to_pylist()
    [[{'kind': 'github_token', 'start': 7, 'end': 47}], []]
    """
    keys = spans_by_text(texts, _KEYS_GATE, _KEYS)
    return column_of_spans(len(texts), keys, spans_by_line(texts, _GATE, _PATTERNS))
