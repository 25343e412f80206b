"""Keys that Prefect keeps: a Secret block by its name. They go to the engine, and nowhere else."""

from __future__ import annotations

from tasks.generate.by_model.config import ByModelConfig
from tilth.errors import RequestError


def secret_keys(config: ByModelConfig) -> tuple[str, ...]:
    """The keys in the Prefect Secret block that the recipe names. Raises `RequestError` where there is none."""
    name = config.model.secret_block
    if name is None or config.model.is_replay:
        return ()
    from prefect.blocks.system import Secret

    try:
        held = Secret.load(name)
    except ValueError:
        raise RequestError(
            f"There is no Secret block {name} on this Prefect server. Make one, or set the key's variable instead."
        ) from None
    assert isinstance(held, Secret)
    return tuple(str(held.get()).replace(",", " ").split())
