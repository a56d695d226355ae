"""What adapting the embedder to a collection's corpus changes, query by query."""

from dataclasses import dataclass
from typing import Any

from broadsheet.domain.status import Adaptation
from broadsheet.evaluation.collection import Qrels
from broadsheet.evaluation.evaluate import Evaluation
from broadsheet.evaluation.measure import measure_queries
from broadsheet.evaluation.significance import PairedDifference, compare


@dataclass(frozen=True, slots=True)
class Gain:
    """Both evaluations, and the paired difference in nDCG@10, adapted minus shipped."""

    shipped: Evaluation
    adapted: Evaluation
    judged: Adaptation
    difference: PairedDifference

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "helps": self.judged.helps,
            "shipped": self.shipped.as_dict(),
            "adapted": self.adapted.as_dict(),
            "difference": self.difference.as_dict(),
        }


def compare_adapted(
    shipped: Evaluation, adapted: Evaluation, judged: Adaptation, qrels: Qrels
) -> Gain:
    """Compare two evaluations of one collection."""
    old, new = (measure_queries(qrels, result.run) for result in (shipped, adapted))
    return Gain(shipped, adapted, judged, compare(old, new))
