"""The unit x item table: exact points, one row a unit, one column an item."""

import pandas as pd

from kaohe.scoring.scorecard import Assessment


def score_table(assessment: Assessment) -> pd.DataFrame:
    """Points of every unit (index: short name, in ranking order) in every item (columns: item ids, in the notice's order).

    Cells are ``Fraction``, never rounded; a unit without a score has None in every item, so that it counts in no mean.
    """
    return pd.DataFrame(
        [[score.points if card.state.scored else None for score in card.items] for card in assessment.cards],
        index=pd.Index([card.unit.short for card in assessment.cards], dtype=object, name="unit"),
        columns=pd.Index(list(assessment.rulebook.items), dtype=object, name="item"),
        dtype=object,
    )
