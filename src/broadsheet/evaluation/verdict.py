"""The result of a search for settings, whether to believe it, and its written form."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from broadsheet.evaluation.significance import PairedDifference

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

S = TypeVar("S", bound="DataclassInstance")

Values = dict[str, float]
"""Setting → value; whole numbers for settings that are int."""


@dataclass(frozen=True, slots=True)
class Fold:
    """One fold's search without its topics, and its gain on them."""

    held_out: int
    """Topics."""
    values: Values
    gain_seen: float
    """Over the present settings, on the topics searched on: flattering."""
    gain_held_out: float

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "held_out": self.held_out,
            "values": self.values,
            "gain_seen": round(self.gain_seen, 6),
            "gain_held_out": round(self.gain_held_out, 6),
        }


@dataclass(frozen=True, slots=True)
class Tuning(Generic[S]):
    """The settings to use, and why."""

    chosen: S
    """The proposed settings if accepted, else the present ones."""
    accepted: bool
    reason: str
    present: Values
    proposed: Values
    """Best on the topics searched."""
    set_aside: PairedDifference
    """Proposed over present, on topics that no search saw."""
    by_collection: Mapping[str, PairedDifference]
    """The same, collection by collection."""
    folds: tuple[Fold, ...]
    measure: str
    trials: int
    """Of each search."""
    seed: int

    @property
    def values(self) -> Values:
        """The tuned settings with the values to use."""
        return self.proposed if self.accepted else self.present

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "accepted": self.accepted,
            "reason": self.reason,
            "measure": self.measure,
            "values": self.values,
            "present": self.present,
            "proposed": self.proposed,
            "set_aside": self.set_aside.as_dict(),
            "by_collection": {
                name: difference.as_dict() for name, difference in self.by_collection.items()
            },
            "folds": [fold.as_dict() for fold in self.folds],
            "trials": self.trials,
            "seed": self.seed,
        }

    def as_toml(self, table: str = "ranking") -> str:
        """A settings table with the values to use; the evidence as comments."""
        searched = sum(fold.held_out for fold in self.folds)
        lines = [
            f"# {self.reason}",
            "#",
            f"# {self.trials} trials a search on {searched} topics; {self.set_aside.topics} set "
            f"aside; seed {self.seed}. Gains in {self.measure} over the settings before:",
            f"#   set aside: {_describe(self.set_aside)}",
        ]
        lines += [
            f"#   set aside, {json.dumps(name, ensure_ascii=False)}: {_describe(difference)}"
            for name, difference in self.by_collection.items()
        ]
        for number, fold in enumerate(self.folds, 1):
            values = ", ".join(f"{name} {value}" for name, value in fold.values.items())
            lines.append(
                f"#   fold {number}: {fold.gain_held_out:+.4f} on {fold.held_out} topics held "
                f"out, {fold.gain_seen:+.4f} on those searched ({values})"
            )
        lines += ["", f"[{table}]"]
        for name, value in self.values.items():
            other = (self.present if self.accepted else self.proposed)[name]
            label = "was" if self.accepted else "tried"
            lines.append(f"{name} = {value}" + (f"  # {label} {other}" if other != value else ""))
        return "\n".join(lines) + "\n"


def decide(
    found_better: bool, carried_over: float, set_aside: PairedDifference
) -> tuple[bool, str]:
    """Whether to change the settings, and the sentence that says why.

    ``carried_over``: mean gain of the folds' searches on the topics they held out.
    """
    if not found_better:
        return False, "Kept the settings: no trial was better on the topics searched."
    if carried_over <= 0:
        return False, (
            "Kept the settings: what a search finds on some topics does not carry over to "
            f"others (mean gain of the folds {carried_over:+.4f})."
        )
    if set_aside.mean <= 0 or not set_aside.beyond_noise:
        return False, (
            "Kept the settings: on the topics set aside, the proposed ones show no gain beyond "
            f"noise ({_describe(set_aside)})."
        )
    return True, (
        "Changed the settings: on the topics set aside, the gain is beyond noise "
        f"({_describe(set_aside)})."
    )


def _describe(difference: PairedDifference) -> str:
    return (
        f"{difference.mean:+.4f}, 95 % interval {difference.low:+.4f} to "
        f"{difference.high:+.4f}, p = {difference.p_value:.2g}"
    )
