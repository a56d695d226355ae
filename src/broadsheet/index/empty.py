"""The index before its first commit: an answer to everything, with no papers."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from broadsheet.index.port import (
    NO_KEYS,
    CandidateRequest,
    Candidates,
    CompletionRequest,
    Counted,
    DayName,
    DocumentField,
    Documents,
    FeatureRequest,
    Keys,
    NewestPapers,
    PaperFeatures,
    Selection,
    Statistics,
)


class EmptySnapshot:
    """Implements ``IndexSnapshot``."""

    papers = 0
    applied = 0
    embedder: str | None = None
    tokeniser: str | None = None

    def statistics(self, terms: Collection[str], names: Collection[str] = ()) -> Statistics:
        return Statistics(0, 0.0, dict.fromkeys(terms, 0), dict.fromkeys(names, 0))

    def count(self, selections: Sequence[Selection]) -> list[int]:
        return [0] * len(selections)

    def candidates(self, request: CandidateRequest) -> Candidates:
        return Candidates.none()

    def features(self, keys: Keys, request: FeatureRequest) -> PaperFeatures:
        return PaperFeatures(
            {},
            [np.full(len(keys), np.nan, np.float32) for _ in request.vectors],
            [np.zeros(len(keys), np.bool_) for _ in request.filters],
        )

    def documents(self, keys: Keys, fields: Collection[DocumentField]) -> Documents:
        return Documents.none(len(keys))

    def facets(self, papers: Selection | Keys) -> Mapping[str, Counted]:
        return {}

    def newest(
        self,
        selection: Selection,
        limit: int,
        offset: int = 0,
        by: DayName = "published",
        oldest_first: bool = False,
    ) -> NewestPapers:
        return NewestPapers(NO_KEYS, 0)

    def complete(self, requests: Sequence[CompletionRequest]) -> list[Counted]:
        return [[] for _ in requests]

    def find_titles(self, text: str, limit: int) -> Keys:
        return NO_KEYS


EMPTY = EmptySnapshot()
