"""What the server says: answers made of the request alone, and errors in OpenAI's form."""

from __future__ import annotations

import hashlib
import json
from typing import Any

# Four bytes a token is the rule of thumb for English; a stand-in needs no better.
_BYTES_A_TOKEN = 4


def completion(
    request: dict[str, Any], text: str, *, refusal: str | None = None, output_tokens: int = 0
) -> dict[str, Any]:
    """A chat completion as OpenAI sends it."""
    prompt = json.dumps(request.get("messages"), ensure_ascii=False)
    used_in = max(1, len(prompt.encode()) // _BYTES_A_TOKEN)
    used_out = output_tokens or max(1, len(text.encode()) // _BYTES_A_TOKEN)
    bound = request.get("max_tokens") or request.get("max_completion_tokens")
    is_cut = False
    if isinstance(bound, int) and used_out > bound:
        is_cut = True
        used_out, text = bound, text[: bound * _BYTES_A_TOKEN]
    return {
        "id": "chatcmpl-" + hashlib.blake2b(prompt.encode(), digest_size=6).hexdigest(),
        "object": "chat.completion",
        "created": 0,
        "model": request.get("model"),
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": None if refusal else text, "refusal": refusal},
                "finish_reason": "length" if is_cut else "stop",
            }
        ],
        "usage": {
            "prompt_tokens": used_in,
            "completion_tokens": used_out,
            "total_tokens": used_in + used_out,
            "prompt_tokens_details": {"cached_tokens": 0},
        },
    }


def text_for(request: dict[str, Any]) -> str:
    """The answer: an instance of the schema where one is asked for, else a sentence about the last message."""
    wanted = request.get("response_format") or {}
    if wanted.get("type") == "json_schema":
        schema = wanted["json_schema"]["schema"]
        return json.dumps(instance(schema, schema, _last(request)))
    if wanted.get("type") == "json_object":
        return json.dumps({"answer": f"About: {_last(request)[:60]}"})
    return f"About: {_last(request)[:200]}"


def _last(request: dict[str, Any]) -> str:
    content = request["messages"][-1].get("content") if request.get("messages") else ""
    return content if isinstance(content, str) else json.dumps(content)


def instance(schema: dict[str, Any], root: dict[str, Any], words: str) -> Any:
    """The smallest value that fits a JSON schema of the kind that pydantic makes; strings quote the question."""
    if "$ref" in schema:
        target: Any = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return instance(target, root, words)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    for many in ("anyOf", "oneOf", "allOf"):
        if many in schema:
            return instance(schema[many][0], root, words)
    return _of_kind(schema.get("type", "object"), schema, root, words)


def _of_kind(kind: str, schema: dict[str, Any], root: dict[str, Any], words: str) -> Any:
    if kind == "object":
        return {name: instance(part, root, words) for name, part in schema.get("properties", {}).items()}
    if kind == "array":
        return [instance(schema.get("items", {"type": "string"}), root, words)] * schema.get("minItems", 1)
    if kind == "string":
        return f"About: {words[:60]}".ljust(schema.get("minLength", 0), ".")[: schema.get("maxLength")]
    if kind in ("integer", "number"):
        return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
    return True if kind == "boolean" else None


def error(message: str, kind: str, code: str | None = None) -> dict[str, Any]:
    """An error in OpenAI's form."""
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}
