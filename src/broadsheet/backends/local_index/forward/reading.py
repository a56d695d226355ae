"""Reading rows: vectors, tokens, days, texts and terms of known papers."""

import struct
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from broadsheet.backends.local_index.builds import damaged
from broadsheet.backends.local_index.forward.rows import OpenRows
from broadsheet.backends.local_index.forward.term_counts import TermCounts, has_all, number_of
from broadsheet.backends.local_index.forward.texts import unpack_text
from broadsheet.embed.static.token_ids import TokenIds
from broadsheet.index.documents import StoredText
from broadsheet.index.port import DocumentField, Documents, Keys, Vectors

Rows = NDArray[np.int64]


def read_documents(rows: OpenRows, keys: Keys, fields: Collection[DocumentField]) -> Documents:
    """See ``IndexSnapshot.documents``."""
    places = rows.rows_of(keys)
    blank = Documents.none(len(keys))
    spans = _spans(rows, places) if "tokens" in fields or "text" in fields else None
    return Documents(
        vectors=_vectors(rows, places) if "vector" in fields else blank.vectors,
        tokens=_tokens(rows, spans) if spans is not None and "tokens" in fields else blank.tokens,
        days=_days(rows, places) if "day" in fields else blank.days,
        texts=_texts(rows, spans) if spans is not None and "text" in fields else blank.texts,
    )


def read_terms(rows: OpenRows, keys: Keys, counts: bool = True) -> tuple[Rows, TermCounts]:
    """Return places of the keys that have a row, and their terms; counted if ``counts``."""
    places = rows.rows_of(keys)
    present = np.flatnonzero(places >= 0)
    spans = rows.spans[places[present]]
    starts, sizes = spans["term"].astype(np.int64), spans["terms"].astype(np.int64)
    return present, TermCounts(
        rows.terms.gather(starts, sizes),
        rows.counts.gather(starts, sizes) if counts else np.empty(0, np.uint8),
        sizes,
        spans["length"].astype(np.int64),
    )


def keep_with_all(rows: OpenRows, keys: Keys, terms: Sequence[str]) -> Keys:
    """Return those of the papers that have every one of some terms."""
    if not len(keys):
        return keys
    stored, counted = read_terms(rows, keys, counts=False)
    return keys[stored[has_all([number_of(term) for term in terms], counted)]]


def _vectors(rows: OpenRows, places: Rows) -> Vectors:
    present = np.maximum(places, 0)
    scales = np.where(places < 0, 0, rows.columns.rows["scale"][present]).astype(np.float32)
    vectors: Vectors = np.multiply(rows.vectors[present], scales[:, None], dtype=np.float32)
    return vectors


def _days(rows: OpenRows, places: Rows) -> Rows:
    days = rows.columns.rows["day"][np.maximum(places, 0)].astype(np.int64)
    return np.where(places < 0, 0, days)


def _spans(rows: OpenRows, places: Rows) -> NDArray[np.void]:
    """Return where the tokens and the text of each row are; empty spans for unknown papers.

    Raises IndexUnavailableError for spans outside the files.
    """
    spans = rows.spans[np.maximum(places, 0)]
    spans[places < 0] = 0
    sizes = rows.manifest
    inside = (
        (spans["token"] + spans["tokens"] <= sizes.tokens)
        & (spans["term"] + spans["terms"] <= sizes.terms)
        & (spans["text"] + spans["text_bytes"] <= sizes.text_bytes)
        & (spans["title"] <= spans["tokens"])
    )
    if not inside.all():
        raise damaged(rows.build / "vectors" / "spans.bin", "a span lies outside its file")
    return spans


def _tokens(rows: OpenRows, spans: NDArray[np.void]) -> TokenIds:
    counts = spans["tokens"].astype(np.int64)
    some = np.flatnonzero(counts)
    ids = rows.tokens.gather(spans["token"][some].astype(np.int64), counts[some])
    starts = np.concatenate([[0], np.cumsum(counts)])
    return TokenIds(ids, starts, spans["title"].astype(np.int64))


def _texts(rows: OpenRows, spans: NDArray[np.void]) -> list[StoredText | None]:
    starts, sizes = spans["text"].astype(np.int64), spans["text_bytes"].astype(np.int64)
    try:
        return [unpack_text(packed) for packed in rows.texts.cut(starts, sizes)]
    except (ValueError, struct.error) as error:
        raise damaged(rows.build / "vectors" / "texts.bin", error) from error
