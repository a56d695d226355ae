"""PaperReader, over every store."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from arriving import LONG_ABSTRACT, arrival

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.errors import PaperNotFoundError
from broadsheet.domain.periods import Period

TODAY = dt.datetime.now(dt.UTC).date()


def test_a_paper_comes_back_as_it_was_merged(store):
    came = arrival(
        source="arxiv",
        key="2401.00001",
        title=r"Fréchet $\alpha$-means \& \emph{more}",
        abstract=LONG_ABSTRACT,
        authors=["Ana Müller", ["B. Ko", "Univ. of X"]],
        identifiers=["arxiv:2401.00001", "doi:10.1000/a:b"],
        published="2024-01-02",
        updated="2024-03",
        venue="NeurIPS",
        url="https://arxiv.org/abs/2401.00001",
        categories=["cs.LG", "stat.ML"],
        keywords=["gradient"],
        code_url="https://github.com/a/b",
        project_url="https://a.github.io/b",
        comment="9 pages",
        status="Poster",
        versions=[[1, "2024-01-02"], [2, ""]],
        signals={"gs_citation": 7, "rating_avg": 5.5, "hf_date": "2024-01-05"},
        extra={"award": ["best", None], "title_zh": "均值"},
    )
    store.store([came], [])
    paper = store.get("arxiv:2401.00001")
    record = came.record
    for name in (
        "title", "abstract", "authors", "identifiers", "published", "updated", "venue", "url",
        "categories", "keywords", "code_url", "project_url", "comment", "status", "versions",
        "signals", "extra",
    ):  # fmt: skip
        assert getattr(paper, name) == getattr(record, name), name
    assert paper.sources == ("arxiv",)
    assert paper.listed == PartialDate(2024, 1, 5)
    assert paper.added_at.tzinfo == dt.UTC
    assert abs(dt.datetime.now(dt.UTC) - paper.added_at) < dt.timedelta(minutes=5)


@pytest.mark.parametrize(
    "name", ["arxiv:2401.00001", "2401.00001v3", "https://arxiv.org/abs/2401.00001", " 2401.00001 "]
)
def test_a_paper_is_found_under_any_of_its_names(store, name):
    store.store([arrival(title="One two three four", identifiers=["arxiv:2401.00001"])], [])
    assert store.get(name).title == "One two three four"


def test_a_local_paper_is_found_by_its_id(store):
    store.store([arrival(title="No identifier at all", authors=["A. Roe"])], [])
    (paper,) = store.iter_papers()
    assert paper.id.startswith("local:")
    assert len(paper.id) == len("local:") + 12
    assert store.get(paper.id) == paper


@pytest.mark.parametrize("name", ["arxiv:2401.99999", "nothing", "", "local:aaaaaaaaaaaa", "a:'b"])
def test_a_name_nobody_has_is_an_error_that_repeats_it(store, name):
    with pytest.raises(PaperNotFoundError) as caught:
        store.get(name)
    assert repr(name) in str(caught.value)


def test_get_many_keeps_the_order_and_leaves_out_what_is_gone(store):
    store.store([arrival(title=f"Paper number {n} of many") for n in range(5)], [])
    keys = [paper.key for paper in store.iter_papers()]
    requested = [keys[3], 999_999, keys[0]]
    assert list(store.get_many(requested)) == [keys[3], keys[0]]
    assert store.get_many(requested)[keys[3]].title == "Paper number 3 of many"
    assert store.get_many([]) == {}


def test_iter_papers_gives_all_by_key(store):
    store.store([arrival(title=f"Paper number {n} of many") for n in range(2345)], [])
    keys = [paper.key for paper in store.iter_papers()]
    assert len(keys) == store.count() == 2345
    assert keys == sorted(keys)
    assert len(store.get_many(keys)) == 2345


def test_an_empty_library_has_no_days_and_no_changes(store):
    assert store.count() == 0
    assert store.latest_day(TODAY) is None
    assert store.last_change() == 0
    assert store.last_changed_at() is None
    assert store.neighbours_of(Period("day", TODAY)) == (None, None)
    assert list(store.changes_after(0, 10)) == []
    assert list(store.iter_papers()) == []


@pytest.mark.parametrize(
    ("fields", "listed"),
    [
        ({"published": "2023-05-06"}, "2023-05-06"),
        ({"published": "2023-05-06", "signals": {"hf_date": "2023-05-09"}}, "2023-05-09"),
        ({"published": "2023-05-06", "signals": {"hf_date": "soon"}}, "2023-05-06"),
        ({"published": "2023-05"}, "2023-05"),
        ({"published": "2023"}, "2023"),
        ({}, None),
    ],
)
def test_the_day_of_a_paper(store, fields, listed):
    store.store([arrival(title="Dated in some way", **fields)], [])
    (paper,) = store.iter_papers()
    assert str(paper.listed) == (listed or paper.added_at.date().isoformat())


PERIODS = {
    "day": ("2024-02-01", "2024-02-02", "2024-01-31"),
    "week": ("2024-W05", "2024-W06", "2024-W04"),
    "month": ("2024-02", "2024-03", "2024-01"),
    "year": ("2024", "2025", "2023"),
}


@pytest.mark.parametrize("kind", PERIODS)
def test_periods_hold_what_is_known_to_belong_to_them(store, kind):
    """Thursday, 1 February 2024 in its week, month and year; vague dates among them."""
    listed = ["2023-12-31", "2024", "2024-01", "2024-01-27", "2024-01-31", "2024-02",
              "2024-02-01", "2024-02-02", "2024-02-05", "2024-03-01", "2025-01-02"]  # fmt: skip
    store.store(
        [arrival(title=f"Paper {n} of a time", published=date) for n, date in enumerate(listed)], []
    )
    contents = {
        "day": {"2024-02-01"},
        "week": {"2024-01-31", "2024-02-01", "2024-02-02"},
        "month": {"2024-02", "2024-02-01", "2024-02-02", "2024-02-05"},
        "year": {date for date in listed if date.startswith("2024")},
    }[kind]
    name, following, previous = PERIODS[kind]
    period = Period.parse(kind, name)
    stories = store.stories_of(period, 100)
    assert {str(story.listed) for story in stories} == contents
    assert store.count_of(period) == len(stories) == len(contents)
    before, after = store.neighbours_of(period)
    assert (str(before.period), str(after.period)) == (previous, following)
    assert before.papers == store.count_of(before.period)


def test_counts_by_day_leave_out_vague_dates(store):
    dates = ["2024-01-02", "2024-01-02", "2024-01-03", "2024-01", "2024", "2025-01-01"]
    store.store([arrival(title=f"Paper {n} of then", published=d) for n, d in enumerate(dates)], [])
    counts = store.counts_by_day(dt.date(2024, 1, 1), dt.date(2024, 12, 31))
    assert counts == {dt.date(2024, 1, 2): 2, dt.date(2024, 1, 3): 1}
    assert store.latest_day(dt.date(2024, 12, 31)) == dt.date(2024, 1, 3)


def test_a_story_says_what_decides_its_place(store):
    store.store(
        [
            arrival(
                title="A story with everything",
                published="2024-01-02",
                categories=["cs.CV", "cs.LG"],
                code_url="https://github.com/example/it",
                signals={"upvotes": 7, "gs_citation": 3},
            )
        ],
        [],
    )
    (story,) = store.stories_of(Period("day", dt.date(2024, 1, 2)), 10)
    assert (story.votes, story.categories, story.has_code) == (7, ("cs.CV", "cs.LG"), True)
    assert story.signals["gs_citation"] == 3
    assert store.get_many([story.key])[story.key].title == "A story with everything"


def test_a_day_lists_the_most_upvoted_first_then_the_order_of_arrival(store):
    votes = [3, None, 12, "many", 12]
    store.store(
        [
            arrival(
                title=f"Paper number {n} of the day",
                published="2024-01-02",
                signals={} if count is None else {"upvotes": count},
            )
            for n, count in enumerate(votes)
        ],
        [],
    )
    day = Period("day", dt.date(2024, 1, 2))
    papers = store.get_many([story.key for story in store.stories_of(day, 10)]).values()
    assert [int(paper.title.split()[2]) for paper in papers] == [2, 4, 0, 1, 3]
    assert [story.votes for story in store.stories_of(day, 2)] == [12, 12]
    assert store.count_of(day) == 5
    assert store.count_of(day.following()) == 0


def test_a_day_to_come_is_not_the_latest(store):
    store.store(
        [
            arrival(title="Of the year before last", published="2023-05-06"),
            arrival(title="Of the far future, as data has it", published="9999-12-31"),
        ],
        [],
    )
    assert store.latest_day(dt.date(2026, 1, 1)) == dt.date(2023, 5, 6)


def test_neighbours_are_the_nearest_days_with_papers(store):
    days = ["2024-01-02", "2024-01-05", "2024-01-05", "2024-01-09", "2024-01"]
    store.store([arrival(title=f"Paper {n} of a day", published=d) for n, d in enumerate(days)], [])

    def neighbours(day: int) -> list[tuple[int, int] | None]:
        around = store.neighbours_of(Period("day", dt.date(2024, 1, day)))
        return [(each.period.first.day, each.papers) if each else None for each in around]

    assert neighbours(5) == [(2, 1), (9, 1)]
    assert neighbours(3) == [(2, 1), (5, 2)]
    assert neighbours(2) == [None, (5, 2)]
    assert neighbours(9) == [(5, 2), None]


def test_a_library_may_hold_nothing_but_the_starter(store):
    assert not store.has_papers_beside("starter")
    store.store([arrival(title="A landmark of its field", source="starter")], [])
    assert not store.has_papers_beside("starter")
    store.store([arrival(title="Something else that is new")], [])
    assert store.has_papers_beside("starter")


def test_dates_keep_what_is_known_of_them(store):
    store.store([arrival(title="Only a month is known", published="2024-03")], [])
    (paper,) = store.iter_papers()
    assert paper.published == PartialDate(2024, 3)


def test_reading_is_safe_from_many_threads_while_papers_are_written(store):
    store.store([arrival(title=f"Paper number {n} of many") for n in range(200)], [])

    def read(_: int) -> int:
        return sum(1 for _ in store.iter_papers())

    with ThreadPoolExecutor(4) as pool:
        counts = pool.map(read, range(20))
        for n in range(5):
            store.store([arrival(title=f"Later paper number {n} of many")], [])
        assert all(200 <= count <= 205 for count in counts)
    assert store.count() == 205


@pytest.mark.parametrize("url", ["", "https://arxiv.org/abs/2401.00001", "https://example.org/x"])
@pytest.mark.parametrize("identifiers", [[], ["arxiv:2401.00001"], ["doi:10.1/1", "pl:1"]])
def test_addresses_and_identifiers_come_back_as_given(store, url, identifiers):
    store.store([arrival(title="Known under some names", url=url, identifiers=identifiers)], [])
    (paper,) = store.iter_papers()
    assert paper.url == url
    assert [str(identifier) for identifier in paper.identifiers] == identifiers


def test_a_number_no_double_can_hold_does_not_hide_its_paper(store):
    """It was stored and could never be read again, nor any page or index with it."""
    store.store([arrival(title="Counted beyond reason", signals={"citations": 10**400})], [])
    (paper,) = store.iter_papers()
    assert paper.signals == {"citations": 10**400}
