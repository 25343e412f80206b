"""A flow of one task that does nothing: what Prefect itself costs, as the command line runs it."""

from __future__ import annotations

from flows.cli.prefect_environment import prepare


def main() -> None:
    """Run it."""
    prepare()
    from prefect import flow, task

    from flows.cli.build import run_quietly

    @task
    def nothing() -> None:
        """Do nothing."""

    @flow
    def empty() -> dict[str, str]:
        nothing()
        return {}

    run_quietly(empty)


if __name__ == "__main__":
    main()
