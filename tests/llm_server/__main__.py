"""The server as a process of its own: prints its address as one line of JSON, and serves until it is stopped."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from contextlib import suppress
from dataclasses import fields

from tests.llm_server.faults import Faults
from tests.llm_server.server import State, serve


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.llm_server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes any that is free")
    for field in fields(Faults):
        kind = {"float": float, "int": int, "str": str}.get(str(field.type))
        option = f"--{field.name.replace('_', '-')}"
        if kind is None:
            parser.add_argument(option, action="store_true")
        else:
            parser.add_argument(option, type=kind, default=field.default)
    return parser.parse_args()


async def _main() -> None:
    options = vars(_arguments())
    server = await serve(State(Faults(**{k: v for k, v in options.items() if k != "port"})), options["port"])
    port = server.sockets[0].getsockname()[1]
    sys.stdout.write(json.dumps({"url": f"http://127.0.0.1:{port}/v1", "port": port}) + "\n")
    sys.stdout.flush()
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_main())
