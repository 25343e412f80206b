"""What field examples are about: a domain pack by its name (`data/prompts/domains`), or plain words.

A pack tells prompts the field's title, and as guidance its terms, style and cautions; plain words are a title alone.
A pack is no source of facts: it says what a writer of the field keeps to.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import Field

from tasks.generate.by_model.protocol import MethodConfig
from tilth.llm.prompts import DomainPack, domain_names, load_domain


class InDomain(MethodConfig):
    """What the configs of methods have whose prompts speak of a field."""

    domain: str = Field(
        default="everyday questions and work of all kinds",
        min_length=2,
        description="What the examples are about: a domain pack (education, finance, legal, medical, software) "
        "or words of your own.",
    )

    def identity(self) -> dict[str, Any]:
        """Beside the options, the content of the pack that they name."""
        pack = pack_of(self.domain)
        return {**super().identity(), "pack": pack and pack.model_dump(mode="json")}


@cache
def pack_of(domain: str) -> DomainPack | None:
    """The pack of that name; None for words that name none. Raises `RequestError` for a pack that is no pack."""
    return load_domain(domain) if domain in domain_names() else None


def about(domain: str) -> dict[str, str]:
    """The variables `domain` (a title) and, where a pack is named, `guidance` (lines) of a prompt.

    >>> about("bee-keeping")
    {'domain': 'bee-keeping'}
    >>> about("legal")["domain"]
    'law in everyday and business life'
    """
    pack = pack_of(domain)
    return {"domain": domain} if pack is None else {"domain": pack.title, "guidance": guidance(pack)}


def guidance(pack: DomainPack) -> str:
    """What a writer of the field keeps to: what it covers, its words, its style, its cautions, a line each."""
    return "\n".join(
        (
            pack.description,
            f"Words of the field, to be used where people would use them: {', '.join(pack.terms)}.",
            *pack.style,
            *pack.cautions,
        )
    )
