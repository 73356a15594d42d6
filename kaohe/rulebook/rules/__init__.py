"""The kinds of rule. A new kind is one new class, registered in ``AnyRule`` and nowhere else."""

from typing import Annotated, TypeAlias

from pydantic import Field

from kaohe.rulebook.rules.conditions import AllDone, AllOf, AtLeast, Yes
from kaohe.rulebook.rules.growth import GrowthAtLeast, RankBands, RatioAtLeast
from kaohe.rulebook.rules.rows import AnyRow, PerRow, RowsReach

AnyRule: TypeAlias = Annotated[
    Yes | AtLeast | AllDone | AllOf | PerRow | AnyRow | RowsReach | GrowthAtLeast | RatioAtLeast | RankBands,
    Field(discriminator="kind"),
]
