"""The rules that tell works apart."""

import datetime as dt
from typing import Any

import pytest

from broadsheet.catalogue.evidence import same_work
from broadsheet.catalogue.identity import (
    alike,
    apart,
    decide_listing,
    different_work,
    local_id,
    title_key,
)
from broadsheet.catalogue.versions import is_older
from broadsheet.domain.dates import PartialDate
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.paper import Author, Record, Work

WORDS = (
    "gradient methods convergence smoothness constants variance lower bounds stochastic problems "
    "confirm experiments language models vision networks convex benchmarks operations research "
    "optimal rates adaptive schedules weight decay momentum sharpness"
)
OTHER = (
    "patients surgery kidney injury cohort hospital records months serum markers groups hazard "
    "ratios competing risks implications discharge planning treatment dosage nurses outcomes "
    "mortality follow baseline clinical trials"
)


def record(title: str = "A title of some words", author: str = "", **fields: Any) -> Record:
    fields.setdefault("source", "a")
    fields.setdefault("key", "k")
    return Record(title=title, authors=(Author(author),) if author else (), **fields)


def ids(*names: str) -> tuple[Identifier, ...]:
    return tuple(Identifier(*name.split(":", 1)) for name in names)


@pytest.mark.parametrize(
    ("a", "b", "shared", "expected"),
    [
        (["arxiv:1"], ["arxiv:2"], None, True),
        (["arxiv:1"], ["doi:2"], None, False),
        (["arxiv:1", "doi:1"], ["arxiv:1", "doi:2"], "arxiv:1", False),
        (["arxiv:1", "doi:1"], ["arxiv:2", "doi:1"], "doi:1", True),
        (["acl:1", "doi:1"], ["acl:2", "doi:1"], "doi:1", True),
        (["acl:1", "doi:1"], ["acl:1", "doi:2"], "acl:1", False),
        (["acl:1", "arxiv:1"], ["acl:1", "arxiv:2"], "acl:1", True),
        (["doi:1", "doi:2"], ["doi:2", "doi:3"], None, False),
        ([], ["doi:1"], None, False),
    ],
)
def test_identifiers_that_show_two_works(a, b, shared, expected):
    shared_identifier = ids(shared)[0] if shared else None
    assert apart(ids(*a), ids(*b), shared_identifier) is expected
    assert apart(ids(*b), ids(*a), shared_identifier) is expected


@pytest.mark.parametrize(
    ("normalised", "a", "b", "expected"),
    [
        ("a title of some words", record(author="A. Roe"), record(author="Roe, Ann"), True),
        ("a title of some words", record(author="A. Roe"), record(author="B. Ko"), False),
        ("a title of some words", record(abstract=WORDS), record(abstract=WORDS), True),
        ("a title of some words", record(abstract=WORDS), record(abstract=OTHER), False),
        ("a title of some words", record(abstract="Short."), record(abstract="Short."), False),
        ("a title of some words", record(), record(), False),
        ("preface", record(author="A. Roe"), record(author="A. Roe"), False),
        ("preface", record(author="A. Roe", abstract=WORDS), record(author="A. Roe"), False),
        (
            "letter to the editor",
            record(author="A. Roe", abstract=WORDS),
            record(author="A. Roe", abstract=OTHER),
            False,
        ),
        (
            "letter to the editor",
            record(author="A. Roe", abstract=WORDS),
            record(author="A. Roe", abstract=WORDS[: len(WORDS) * 3 // 4]),
            True,
        ),
    ],
)
def test_records_of_equal_title(normalised, a, b, expected):
    assert same_work(a, b, normalised) is expected
    assert same_work(b, a, normalised) is expected


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (record(), record(), False),
        (record(author="A. Roe"), record(author="B. Ko"), True),
        (record(author="A. Roe", abstract=WORDS), record(author="B. Ko", abstract=WORDS), False),
        (record(abstract=WORDS), record(abstract=OTHER), True),
        (record("A title of some words"), record("A title of some word (corrected)"), False),
        (record("A title of some words"), record("Frogs of the Amazon"), True),
        (
            record("A title", identifiers=ids("arxiv:1"), key="1"),
            record("Frogs of the Amazon", identifiers=ids("arxiv:1"), key="1"),
            False,
        ),
    ],
)
def test_records_of_equal_key(a, b, expected):
    assert different_work(a, b) is expected


def test_spacing_dashes_and_capitals_make_no_difference_but_words_do():
    first = record(abstract="We -- that is, I -- agree.", venue="ICML")
    assert alike(first, record("A  Title of some words", abstract="We--that is, I--agree.",
                               venue="ICML"))  # fmt: skip
    assert not alike(first, record(abstract="We -- that is, I -- disagree.", venue="ICML"))
    assert not alike(first, record(abstract="We -- that is, I -- agree.", venue="NeurIPS"))


def test_older_is_told_by_exact_days_only():
    day = record(updated=PartialDate(2024, 5, 6))
    assert is_older(record(updated=PartialDate(2024, 5, 5)), day)
    assert not is_older(day, record(updated=PartialDate(2024, 5, 5)))
    assert not is_older(record(updated=PartialDate(2024)), day)
    assert not is_older(record(), day)


def test_local_ids_repeat_on_every_machine():
    assert local_id("a title", "Ana Müller") == "local:yy37rk2cv7qs"
    assert local_id("a title", "ana muller") == local_id("a title", "Ana Müller")
    assert local_id("a title", "B. Ko") != local_id("a title", "Ana Müller")
    assert local_id("a title", "B. Ko", "2020|3||7") != local_id("a title", "B. Ko")


def test_title_keys_fit_a_signed_column():
    keys = {title_key(record(), str(n)) for n in range(1000)}
    assert len(keys) == 1000
    assert all(0 <= key < 2**63 for key in keys)


def test_a_paper_is_listed_under_what_is_known_of_its_date():
    added = dt.date(2026, 11, 25)
    assert decide_listing(Work(), added) == PartialDate(2026, 11, 25)
    for date in (PartialDate(2023, 2, 3), PartialDate(2024, 2), PartialDate(2019)):
        assert decide_listing(Work(published=date), added) == date
    named = Work(signals={"hf_date": "2022-02-03"}, published=PartialDate(2022, 1))
    assert decide_listing(named, added) == PartialDate(2022, 2, 3)
    assert decide_listing(Work(signals={"hf_date": 20220203}), added) == PartialDate(2026, 11, 25)
