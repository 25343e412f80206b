"""The command line: ``orchard water``, ``orchard chill`` and ``orchard layout``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from orchard.blocks import Block, Spacing, compare_layouts
from orchard.errors import OrchardError
from orchard.irrigation import CropCurve, SoilProfile, WaterBalance, plan
from orchard.phenology import chill_hours, utah_total
from orchard.weather import DailyWeather, fill_gaps, hargreaves, hourly_temperatures, read_csv

# Apple with active ground cover and killing frost, FAO-56 table 12.
APPLE = CropCurve(initial=0.5, middle=1.2, end=0.95, stages=(20, 70, 90, 30))


def _load(path: Path) -> list[DailyWeather]:
    with path.open(encoding="utf-8", newline="") as stream:
        return fill_gaps(read_csv(stream))


def water(options: argparse.Namespace) -> int:
    """Print the waterings that a file of weather asks for."""
    soil = SoilProfile(options.field_capacity, options.wilting_point, options.root_depth)
    waterings = plan(
        _load(options.weather),
        WaterBalance(soil),
        APPLE,
        reference_et=lambda day: hargreaves(day, options.latitude),
    )
    for watering in waterings:
        print(f"{watering.on}  {watering.gross_mm:5.1f} mm")
    return 0


def chill(options: argparse.Namespace) -> int:
    """Print the chill of a winter in two models."""
    days = _load(options.weather)
    hours = sum(chill_hours(hourly_temperatures(day)) for day in days)
    print(f"{hours} chill hours, {utah_total(days):.0f} Utah units over {len(days)} days")
    return 0


def layout(options: argparse.Namespace) -> int:
    """Compare spacings on a rectangular field."""
    try:
        spacings = [Spacing(*map(float, text.split("x"))) for text in options.spacing]
    except (ValueError, TypeError) as error:
        print(f"orchard: a spacing looks like 3.5x1.0: {error}", file=sys.stderr)
        return 2
    for spacing, trees, share in compare_layouts(options.length, options.width, spacings):
        block = Block("field", options.length, options.width, spacing)
        print(f"{spacing!s:>14}  {trees:5d} trees  {block.rows:3d} rows  {share:4.0%} of the land")
    return 0


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="orchard", description=__doc__)
    commands = parser.add_subparsers(required=True)

    watering = commands.add_parser("water", help=water.__doc__)
    watering.add_argument("weather", type=Path)
    watering.add_argument("--latitude", type=float, required=True)
    watering.add_argument("--field-capacity", type=float, default=0.30)
    watering.add_argument("--wilting-point", type=float, default=0.14)
    watering.add_argument("--root-depth", type=float, default=0.8)
    watering.set_defaults(run=water)

    winter = commands.add_parser("chill", help=chill.__doc__)
    winter.add_argument("weather", type=Path)
    winter.set_defaults(run=chill)

    field = commands.add_parser("layout", help=layout.__doc__)
    field.add_argument("length", type=float)
    field.add_argument("width", type=float)
    field.add_argument("spacing", nargs="+")
    field.set_defaults(run=layout)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    options = build_parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (OrchardError, OSError) as error:
        print(f"orchard: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
