"""Fill-in-the-middle tokens by model family, and the order of the parts each family was trained on.

An end-of-sequence token is the trainer's own business, except where the format has an end mark of its own.
"""

from __future__ import annotations

from typing import NamedTuple

from tasks.export.config import Sentinels


class Template(NamedTuple):
    """`psm` and `spm` are the pieces of one rendered text; `{p}`, `{s}`, `{m}` stand for the parts.

    `marks` are the special tokens: a source that holds one cannot be rendered without ambiguity.
    """

    marks: tuple[str, ...]
    psm: tuple[str, ...]
    spm: tuple[str, ...] | None


TEMPLATES: dict[Sentinels, Template] = {
    # StarCoder (arXiv:2305.06161, section 5.2) trains both orders, suffix-first in the paper's second
    # variant.
    "starcoder": Template(
        ("<fim_prefix>", "<fim_middle>", "<fim_suffix>", "<fim_pad>"),
        ("<fim_prefix>", "{p}", "<fim_suffix>", "{s}", "<fim_middle>", "{m}"),
        ("<fim_prefix>", "<fim_suffix>", "{s}", "<fim_middle>", "{p}", "{m}"),
    ),
    # Code Llama (arXiv:2308.12950, section 2.3): spaces belong to the format, `<EOT>` ends the infill.
    "codellama": Template(
        ("<PRE>", "<SUF>", "<MID>", "<EOT>"),
        ("<PRE> ", "{p}", " <SUF>", "{s}", " <MID>", "{m}", " <EOT>"),
        ("<PRE> <SUF>", "{s}", " <MID> ", "{p}", "{m}", " <EOT>"),
    ),
    # DeepSeek-Coder (arXiv:2401.14196, section 3.1.2) was trained on prefix-suffix-middle alone.
    "deepseek": Template(
        ("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"),
        ("<｜fim▁begin｜>", "{p}", "<｜fim▁hole｜>", "{s}", "<｜fim▁end｜>", "{m}"),
        None,
    ),
    # Qwen2.5-Coder (arXiv:2409.12186, section 3.2): prefix-suffix-middle alone.
    "qwen": Template(
        ("<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>"),
        ("<|fim_prefix|>", "{p}", "<|fim_suffix|>", "{s}", "<|fim_middle|>", "{m}"),
        None,
    ),
    # CodeGemma's published prompt structure has this order only; no white space around the tokens.
    "codegemma": Template(
        ("<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|file_separator|>"),
        ("<|fim_prefix|>", "{p}", "<|fim_suffix|>", "{s}", "<|fim_middle|>", "{m}"),
        None,
    ),
    "neutral": Template((), (), None),
}
