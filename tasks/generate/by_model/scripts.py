"""Whether a text is in the language that was asked for, as far as its script and English function words tell.

Languages with a script of their own are told by their letters; of those in Latin letters only English is told from the
others. A language that is not listed is not judged.
"""

from __future__ import annotations

import re
import unicodedata

from tilth.words import STOP_WORDS

# Languages by name and ISO 639 code, and the scripts of their letters as Unicode names begin.
_HAN, _CYRILLIC, _LATIN = ("CJK UNIFIED",), ("CYRILLIC",), ("LATIN",)
_SCRIPTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("chinese", "mandarin", "zh"), _HAN),
    **dict.fromkeys(("japanese", "ja"), (*_HAN, "HIRAGANA", "KATAKANA")),
    **dict.fromkeys(("korean", "ko"), ("HANGUL", *_HAN)),
    **dict.fromkeys(("russian", "ru", "ukrainian", "uk", "bulgarian", "bg", "macedonian", "mk"), _CYRILLIC),
    **dict.fromkeys(("arabic", "ar", "persian", "farsi", "fa", "urdu", "ur"), ("ARABIC",)),
    **dict.fromkeys(("hebrew", "he"), ("HEBREW",)),
    **dict.fromkeys(("greek", "el"), ("GREEK",)),
    **dict.fromkeys(("hindi", "hi", "marathi", "mr", "nepali", "ne"), ("DEVANAGARI",)),
    **dict.fromkeys(("bengali", "bangla", "bn"), ("BENGALI",)),
    **dict.fromkeys(("tamil", "ta"), ("TAMIL",)),
    **dict.fromkeys(("telugu", "te"), ("TELUGU",)),
    **dict.fromkeys(("thai", "th"), ("THAI",)),
    **dict.fromkeys(("georgian", "ka"), ("GEORGIAN",)),
    **dict.fromkeys(("armenian", "hy"), ("ARMENIAN",)),
    **dict.fromkeys(
        ("english", "en", "german", "de", "french", "fr", "spanish", "es", "portuguese", "pt", "italian", "it",
         "dutch", "nl", "polish", "pl", "czech", "cs", "swedish", "sv", "danish", "da", "norwegian", "no", "finnish",
         "fi", "turkish", "tr", "romanian", "ro", "hungarian", "hu", "vietnamese", "vi", "indonesian", "id", "swahili",
         "sw"),
        _LATIN,
    ),
}  # fmt: skip
_KANA = ("HIRAGANA", "KATAKANA")
# Half of the letters: names, units and terms of the trade may stand in Latin letters in any language.
_MOST = 0.5
# Of English prose 40 to 50 % are function words of the list; German, Dutch and French, which share "in", "was", "on"
# and "a" with it, stay below 15 %.
_ENGLISH = 0.3
# Fewer words tell nothing.
_FEWEST_WORDS = 8
# What in a text is no language's: code between fences and backquotes, addresses.
_CODE = re.compile(r"^[ \t]*```.*?^[ \t]*```|`[^`\n]+`|https?://\S+", re.MULTILINE | re.DOTALL)


def why_not_in(language: str, text: str) -> str:
    """Why a text cannot be in the language of that name or code; empty when nothing speaks against it.

    >>> why_not_in("Russian", "Rain fell all night."), why_not_in("Russian", "Всю ночь шёл дождь.")
    ('0 % of the letters are of its script', '')
    >>> why_not_in("German", "The roots of a tree that stands in water will rot in a week.")
    'it reads as English'
    """
    name = language.strip().casefold().split("-")[0].split(" ")[0].split("_")[0]
    wanted = _SCRIPTS.get(name)
    if wanted is None:
        return ""
    plain = _CODE.sub(" ", text)
    kinds = [unicodedata.name(letter, "") for letter in plain if letter.isalpha()]
    share = sum(kind.startswith(wanted) for kind in kinds) / max(1, len(kinds))
    if kinds and share < _MOST:
        return f"{share:.0%} of the letters are of its script".replace("%", " %")
    is_kana = any(kind.startswith(_KANA) for kind in kinds)
    # A short heading can do without kana, a sentence of Japanese cannot; Chinese has none.
    if wanted == _HAN and is_kana:
        return "it holds Japanese letters"
    if "HIRAGANA" in wanted and not is_kana and len(kinds) > 2 * _FEWEST_WORDS:
        return "it holds no Japanese letters"
    if wanted == _LATIN:
        return _against_english(name, plain)
    return ""


def _against_english(name: str, text: str) -> str:
    words = re.findall(r"[^\W\d_]+", text.casefold())
    if len(words) < _FEWEST_WORDS:
        return ""
    is_english = sum(word in STOP_WORDS for word in words) / len(words) >= _ENGLISH
    return "it reads as English" if is_english and name not in ("english", "en") else ""
