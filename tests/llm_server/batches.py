"""OpenAI's files and batches, as far as Tilth uses them: upload, create, list, retrieve, content."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.llm_server.replies import completion, error, text_for


class Batches:
    """Files and batches by id. A batch is in progress until it was looked at `polls` times."""

    def __init__(self, polls: int = 2) -> None:
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.polls, self.answered, self.fails = polls, 0, ""
        self._seen: dict[str, int] = {}

    def reply(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        """Status and body of one request below `/v1`."""
        path = path.partition("?")[0]
        if method == "POST" and path == "/files":
            return self._json(self._upload(body))
        if method == "POST" and path == "/batches":
            return self._json(self._create(json.loads(body)))
        if path == "/batches":
            return self._json({"object": "list", "data": list(self.batches.values()), "has_more": False})
        if (found := re.fullmatch(r"/batches/(\w+)", path)) and found[1] in self.batches:
            return self._json(self._look(found[1]))
        if (found := re.fullmatch(r"/files/(\w+)/content", path)) and found[1] in self.files:
            return 200, self.files[found[1]]
        return 404, json.dumps(error("No such object", "invalid_request_error")).encode()

    def _json(self, content: dict[str, Any]) -> tuple[int, bytes]:
        return 200, json.dumps(content).encode()

    def _upload(self, body: bytes) -> dict[str, Any]:
        # The file's part is the one with JSON lines.
        parts = body.split(body.split(b"\r\n", 1)[0])
        content = next(part.split(b"\r\n\r\n", 1)[1].strip() for part in parts if b"filename=" in part)
        return {**self._keep(content), "purpose": "batch", "filename": "requests.jsonl"}

    def _keep(self, content: bytes) -> dict[str, Any]:
        name = f"file{len(self.files)}"
        self.files[name] = content
        return {"id": name, "object": "file", "bytes": len(content), "created_at": 0, "status": "processed"}

    def _create(self, asked: dict[str, Any]) -> dict[str, Any]:
        name = f"batch{len(self.batches)}"
        self.batches[name] = {
            **asked,
            "id": name,
            "object": "batch",
            "status": "in_progress",
            "created_at": 0,
        }
        return self.batches[name]

    def _look(self, name: str) -> dict[str, Any]:
        batch = self.batches[name]
        self._seen[name] = self._seen.get(name, 0) + 1
        if self._seen[name] >= self.polls and batch["status"] == "in_progress":
            batch["status"] = self.fails or "completed"
            if not self.fails:
                lines = self.files[batch["input_file_id"]].splitlines()
                batch["output_file_id"] = self._keep(b"\n".join(map(self._line, lines)))["id"]
        return batch

    def _line(self, line: bytes) -> bytes:
        asked = json.loads(line)
        self.answered += 1
        reply = {
            "status_code": 200,
            "request_id": "r",
            "body": completion(asked["body"], text_for(asked["body"])),
        }
        return json.dumps(
            {"id": "x", "custom_id": asked["custom_id"], "response": reply, "error": None}
        ).encode()
