"""What a method that asks a model is given, and what it gives back.

`Brief` is one numbered candidate: the cell that it is for and the material that it starts from. `Desk` is what a method
works with: its prompts worded for a model, the neighbours of a text in the corpus, and draws that come out the same in
every run. A method returns `Draft`s, or raises `Unfit` with the reason why there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple, Protocol

from pydantic import Field

from tilth.config import Config
from tilth.errors import RequestError
from tilth.fingerprint import digest, draw
from tilth.llm.config import ModelConfig
from tilth.llm.conversation import Unfit
from tilth.llm.prompts import Prompt, PromptFile
from tilth.llm.request import ChatRequest

Material = Literal["seed", "passage", "unit", "row"]

# Draws of one prompt inside one lap over the material.
_SAMPLES = 1000


class Item(NamedTuple):
    """A piece of material: a seed example, a passage of prose, a unit of code, or a row of somebody's table.

    `text` is the passage, the unit's source or the seed's instruction, free of secrets and personal data. `title` is
    the path of headings or the qualified name, `answer` a seed's. `values` are a row's columns, `side`
    is that of the partition, where it is known.
    """

    item_id: str
    kind: Material
    text: str
    title: str = ""
    input: str = ""
    answer: str = ""
    language: str = ""
    category: str = ""
    difficulty: str = ""
    licence: str = "unknown"
    group_id: str = ""
    document_id: str = ""
    start: int = 0
    end: int = 0
    path: str = ""
    values: Mapping[str, Any] = {}
    side: str = ""


@dataclass(frozen=True, slots=True)
class Brief:
    """What one candidate is to be. `candidate_id` is a digest; the number inside the cell is `ordinal`.

    `cell` holds what is asked of it (language, category, difficulty or any other columns), `avoid` what the dataset
    has enough of. `item` is the material that it starts from, for a method that has any. When a cell has gone
    through its material it begins again, and `lap` says how often it did: the same prompt is then another draw.
    `turn` is the number among those candidates of the cell that are the method's own; where there is material, nothing
    that is written may depend on it. Columns that are `suggested` nobody waits for: a method may ask for what they
    say, and a row claims it only where it was asked for (`Draft.difficulty`).
    """

    candidate_id: str
    ordinal: int
    cell: Mapping[str, str] = field(default_factory=dict)
    item: Item | None = None
    avoid: tuple[str, ...] = ()
    lap: int = 0
    turn: int = 0
    suggested: frozenset[str] = frozenset()

    @property
    def targets(self) -> Mapping[str, str]:
        """What the cell asks for: without suggestions.

        >>> Brief("00", 0, {"category": "soil", "difficulty": "easy"}, suggested=frozenset({"difficulty"})).targets
        {'category': 'soil'}
        """
        return {column: value for column, value in self.cell.items() if column not in self.suggested}

    @property
    def material(self) -> Item:
        """The item, for methods that cannot do without. Raises `Unfit` where there is none."""
        if self.item is None:
            raise Unfit("no_material")
        return self.item

    def wanted(self, *but: str) -> Mapping[str, str]:
        """What the cell asks for in columns other than these, as words of a prompt, in the order of the columns.

        >>> Brief("00", 0, {"text_type": "letter", "category": "soil"}).wanted("category")
        {'text type': 'letter'}
        """
        columns = sorted(self.cell.keys() - set(but))
        return {column.replace("_", " "): self.cell[column] for column in columns}


class Corpus(Protocol):
    """All the material of the run; what is found is of the kind of the piece that is named."""

    def index(self, kind: Material) -> None:
        """Make ahead what searches among the pieces of a kind need."""

    def similar(self, text: str, count: int, but: Item) -> Sequence[tuple[Item, float]]:
        """Pieces that share words with a text (BM25), nearest first, with scores; none of the document of `but`."""

    def score(self, text: str, item: Item) -> float:
        """How many of a text's words a piece shares, on the scale of `similar`."""

    def drawn(self, count: int, identity: str, but: Item) -> Sequence[Item]:
        """So many different pieces beside one, fewer if there are no more; the same for the same identity (digest)."""


class Desk:
    """What a method works with for one candidate."""

    def __init__(
        self,
        model: ModelConfig,
        prompts: PromptFile | None,
        brief: Brief,
        corpus: Corpus,
        seed: int = 0,
        shared: Any = None,
    ) -> None:
        self.brief, self.corpus = brief, corpus
        #: What the method's `prepare` came to, where it was asked ahead of all candidates.
        self.shared = shared
        self._model, self._prompts, self._seed = model, prompts, seed
        #: Templates of the prompts that were asked, in their order.
        self.template_ids: list[str] = []

    def ask(self, step: str, values: Mapping[str, Any], sample: int = 0) -> ChatRequest:
        """The request of a step of the method's prompts. Raises `RequestError` for a value that it does not use.

        `sample` tells independent draws of one prompt apart; it is below 1000 where there is material.
        """
        prompt = self._prompt(step)
        self.template_ids.append(prompt.template_id)
        return self._request(
            prompt.messages(values), None if prompt.schema is None else prompt.schema.json, sample
        )

    def ask_shared(self, step: str, values: Mapping[str, Any]) -> ChatRequest:
        """The request of a step whose answer all candidates share: laps do not tell it apart."""
        return replace(self.ask(step, values), sample=0)

    def ask_text(
        self,
        template_id: str,
        system: str,
        user: str,
        schema: Mapping[str, Any] | None = None,
        sample: int = 0,
    ) -> ChatRequest:
        """The request of a prompt that comes from the config; `template_id` names its text before it was rendered."""
        self.template_ids.append(template_id)
        return self._request(_messages(system, user), schema, sample)

    def uses(self, step: str, name: str) -> bool:
        """Whether a step's prompt has this variable: people edit prompts."""
        return name in self._prompt(step).variables

    def pick(self, choices: Sequence[Any], purpose: int) -> Any:
        """One of the choices, drawn by the candidate for a purpose of the caller's."""
        return choices[draw(self.brief.candidate_id, purpose, self._seed) % len(choices)]

    def fraction(self, purpose: int) -> float:
        """A number from 0 up to 1, drawn by the candidate for a purpose of the caller's."""
        return draw(self.brief.candidate_id, purpose, self._seed) / 2**64

    def draw_for(self, name: str) -> str:
        """A digest of the candidate's for something named, to draw several things from."""
        return digest(self.brief.candidate_id, name, str(self._seed))

    def _prompt(self, step: str) -> Prompt:
        if self._prompts is None:
            raise RequestError(f"The method has no prompts of its own, so no step {step!r}.")
        return self._prompts.prompt(step)

    def _request(
        self, messages: tuple[Mapping[str, str], ...], schema: Mapping[str, Any] | None, sample: int
    ) -> ChatRequest:
        return ChatRequest(
            self._model.provider,
            self._model.model,
            messages,
            self._model.call_parameters,
            schema,
            self.brief.lap * _SAMPLES + sample,
        )


def _messages(system: str, user: str) -> tuple[Mapping[str, str], ...]:
    said = ({"role": "system", "content": system},) if system else ()
    return (*said, {"role": "user", "content": user})


class MethodConfig(Config):
    """What the configs of all methods have; each adds its own options and `method`, the name that tells it apart."""

    weight: float = Field(
        default=1.0, gt=0, description="Share of the candidates, where several methods are named."
    )


class Turn(NamedTuple):
    """A message; only what an assistant says can be trained on."""

    role: Literal["system", "user", "assistant"]
    content: str
    is_trained: bool = False


class Negative(NamedTuple):
    """A text that looks like an answer to the query and is none."""

    text: str
    reason: str | None = None
    score: float | None = None


@dataclass(frozen=True)
class Draft:
    """One example, before it is a row.

    `kind` says which of the fields count: a chat has `turns`, a triplet `query`, `positive` and `negatives`, a
    preference `turns` (the prompt), `chosen` and `rejected`. `subject` is what near-duplicates are found by: what is
    asked, without the wording around it. `oracle` names what vouches for the answer: `model` where nobody but the model
    that wrote it.
    """

    task: str
    kind: Literal["chat", "triplet", "preference", "text"]
    subject: str
    turns: tuple[Turn, ...] = ()
    chosen: tuple[Turn, ...] = ()
    rejected: tuple[Turn, ...] = ()
    query: str | None = None
    positive: str | None = None
    negatives: tuple[Negative, ...] = ()
    code: str | None = None
    tests: str | None = None
    beside: tuple[Item, ...] = ()  # further material that it was made from
    oracle: str = "model"
    difficulty: str | None = None  # none: the cell's target, else the material's
    language: str | None = None
    category: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def with_extra(self, **values: Any) -> Draft:
        """The draft with further facts in `extra`."""
        return replace(self, extra={**self.extra, **values})


def chat(
    task: str, question: str, answer: str, *, subject: str | None = None, oracle: str = "model", **more: Any
) -> Draft:
    """A draft of one question and its answer; unless told otherwise the question is what duplicates are found by."""
    turns = (Turn("user", question), Turn("assistant", answer, is_trained=True))
    return Draft(task, "chat", subject or question, turns, oracle=oracle, **more)


#: What a method is: asks, is answered, returns drafts. `Any` are the replies: text, or an object by the step's schema.
Writing = Generator[tuple[ChatRequest, ...], tuple[Any, ...], list[Draft]]
Write = Callable[[Brief, Any, Desk], Writing]
#: Asks for what all candidates of a config share, once a run; `Desk.shared` is what it returns.
Prepare = Callable[[Any, Desk], Generator[tuple[ChatRequest, ...], tuple[Any, ...], Any]]
