import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.detect.secrets import find_secrets

# Put together here, so that no scanner takes this file for a leak.
MIXED = "q7Zr1vT0pLk3Wm9XsB2nD4fG6hJ8yC5uE0aR"
SECRETS = {
    "aws_access_key": "AK" + "IAQ7ZR1VT0PLK3WM9X",
    "github_token": "gh" + "p_" + MIXED,
    "gitlab_token": "gl" + "pat-" + MIXED[:20],
    "slack_token": "xo" + "xb-271828182845-314159265358-" + MIXED[:24],
    "stripe_key": "sk" + "_live_" + MIXED[:24],
    "google_api_key": "AI" + "za" + MIXED[:35],
    "anthropic_key": "sk-" + "ant-api03-" + MIXED + MIXED,
    "openai_key": "sk-" + "proj-" + MIXED + MIXED,
    "huggingface_token": "hf" + "_" + "qWeRtZuIoPaSdFgHjKlYxCvBnMqWeRtZuI",
    "npm_token": "np" + "m_" + MIXED,
    "pypi_token": "py" + "pi-AgEIcHlwaS5vcmc" + MIXED + MIXED,
    "sendgrid_key": "SG" + "." + MIXED[:22] + "." + (MIXED + MIXED)[:43],
    "jwt": "ey" + "JhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9." + MIXED,
}


def found(text: str) -> list[tuple[str, str]]:
    data = text.encode()
    (spans,) = find_secrets(pa.array([text])).to_pylist()
    return [(span["kind"], data[span["start"] : span["end"]].decode()) for span in spans]


@pytest.mark.parametrize(("kind", "secret"), list(SECRETS.items()))
def test_a_vendors_token_is_found_where_it_stands(kind, secret):
    assert found(f"# ünïcode first\nclient = Client('{secret}')\n") == [(kind, secret)]


@given(
    known=st.sampled_from(sorted(SECRETS.items())), before=st.text(max_size=40), after=st.text(max_size=40)
)
def test_a_token_is_found_in_any_surroundings(known, before, after):
    kind, secret = known
    text = f"{before}\n '{secret}' \n{after}"
    assert (kind, secret) in found(text.encode("utf-8", "replace").decode())


@pytest.mark.parametrize(
    "text",
    [
        "password = 'changeme'",
        "api_key = 'your-api-key-here'",
        "token = 'xxxxxxxxxxxxxxxxxxxx'",
        "secret = '<your secret>'",
        "key = 'AKIAIOSFODNN7EXAMPLE'",
        "token = os.environ['API_TOKEN']",
        "postgres://user:password@localhost/db",
        "postgres://app:${DB_PASSWORD}@db/app",
        "https://ada:s3cr3t0pz@example.com/",
        "access_token = 'access_token_expired'",
        "TOKEN_URL = 'https://login.host.org/oauth2/v2/token'",
        "-----BEGIN PRIVATE KEY-----",
        "if line == '-----BEGIN RSA PRIVATE KEY-----': read()",
        "commit 3b18e512dba79e4c8300dd08aeb37f8e728b8dad",
    ],
)
def test_placeholders_and_names_are_no_secrets(text):
    assert found(text) == []


def test_only_the_password_of_an_address_is_marked():
    assert found("url = postgres://app:tR7xz9Qw2@db.host.org:5432/x") == [("connection_string", "tR7xz9Qw2")]


def test_a_random_value_under_a_telling_name_is_a_secret():
    assert found(f'"client_secret": "{MIXED}"') == [("assigned_secret", MIXED)]
    assert found(f"export SERVICE_TOKEN={MIXED}\n") == [("assigned_secret", MIXED)]


def test_a_private_key_is_marked_from_its_first_line_to_its_last():
    body = "\n".join([MIXED + MIXED[:28]] * 5)
    key = f"-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----"
    assert found(f"x = '''{key}'''\n") == [("private_key", key)]


def test_a_private_key_written_as_one_string_is_found():
    key = "-----BEGIN PRIVATE KEY-----\\n" + MIXED * 4 + "\\n-----END PRIVATE KEY-----"
    assert found(f'k = "{key}"') == [("private_key", key)]


def test_a_long_line_made_to_be_slow_is_searched_in_one_pass():
    # Quadratic patterns would take hours on these.
    assert found("-eyJ" * 100_000 + " token = 'x'") == []
    assert found("a" * 400_000 + "@" + "b." * 100_000) == []
    assert found("-----BEGIN PRIVATE KEY-----\n" * 5_000) == []


def test_rows_keep_their_own_spans():
    token = SECRETS["github_token"]
    lengths = [
        len(spans) for spans in find_secrets(pa.array(["", token, "x", f"{token}\n{token}"])).to_pylist()
    ]
    assert lengths == [0, 1, 0, 2]


def test_an_empty_column_gives_an_empty_column():
    assert find_secrets(pa.array([], type=pa.string())).to_pylist() == []


@given(st.lists(st.text(max_size=200), max_size=5))
def test_any_text_gives_spans_at_code_point_borders_in_order(texts):
    texts = [text.encode("utf-8", "replace").decode() for text in texts]
    for text, spans in zip(texts, find_secrets(pa.array(texts, type=pa.string())).to_pylist(), strict=True):
        end = 0
        for span in spans:
            assert end <= span["start"] < span["end"]
            end = span["end"]
            text.encode()[span["start"] : span["end"]].decode()
