"""The starter library holds true, well-formed records across many fields."""

import calendar
import datetime as dt
import json
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "src" / "broadsheet" / "starter" / "papers.jsonl"
CORPUS = ROOT.parent / "shared" / "data" / "corpus" / "papers-ml.jsonl.zst"

KEY_ORDER = [
    "id",
    "title",
    "abstract",
    "authors",
    "date",
    "year",
    "venue",
    "doi",
    "url",
    "categories",
    "keywords",
    "sources",
]
REQUIRED = {"id", "title", "abstract", "url", "keywords", "sources"}

ARXIV_NEW = re.compile(r"arxiv:(\d{2})(\d{2})\.\d{4,5}")
ARXIV_OLD = re.compile(r"arxiv:[a-z]+(?:-[a-z]+)?/(\d{2})(\d{2})\d{3}")
DOI = re.compile(r"10\.\d{4,9}/\S+")
DATE = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?")
CATEGORY = re.compile(r"[a-z]+(?:-[a-z]+)?(?:\.[A-Za-z]{2}|\.[a-z]+(?:-[a-z]+)?)?")

ML_CATEGORIES = {"cs.LG", "cs.CL", "cs.CV", "cs.AI", "stat.ML", "cs.NE"}
ML_WORDS = {
    "machine learning",
    "natural language processing",
    "computer vision",
    "artificial intelligence",
    "reinforcement learning",
    "neural networks",
    "deep learning",
}


def normalised(title: str) -> str:
    return re.sub(r"\W+", " ", title.casefold()).strip()


def month_span(year: int, month: int) -> tuple[dt.date, dt.date]:
    last = calendar.monthrange(year, month)[1]
    return dt.date(year, month, 1), dt.date(year, month, last)


def arxiv_month(paper_id: str) -> tuple[int, int] | None:
    match = ARXIV_NEW.fullmatch(paper_id) or ARXIV_OLD.fullmatch(paper_id)
    if match is None:
        return None
    two_digits, month = int(match[1]), int(match[2])
    return (1900 if two_digits >= 91 else 2000) + two_digits, month


def is_ml(paper: dict) -> bool:
    return bool(
        ML_CATEGORIES & set(paper.get("categories", [])) or ML_WORDS & set(paper["keywords"])
    )


@pytest.fixture(scope="module")
def papers() -> list[dict]:
    return [json.loads(line) for line in LIBRARY.read_text(encoding="utf-8").splitlines()]


def complaints(papers: list[dict], fault) -> list[str]:
    return [f"{paper['id']}: {problem}" for paper in papers if (problem := fault(paper))]


def test_enough_papers(papers):
    assert len(papers) >= 200


def test_keys_are_known_ordered_and_complete(papers):
    def fault(paper):
        missing = REQUIRED - paper.keys()
        expected = [key for key in KEY_ORDER if key in paper]
        if missing:
            return f"lacks {sorted(missing)}"
        if list(paper) != expected:
            return f"keys {list(paper)}, expected {expected}"
        if ("date" in paper) == ("year" in paper):
            return "wants exactly one of date and year"
        empty = [key for key, value in paper.items() if value in ("", [], None)]
        return empty and f"empty {empty}"

    assert complaints(papers, fault) == []


def test_values_have_the_right_shape(papers):
    def fault(paper):
        for key in ("id", "title", "abstract", "venue", "doi", "url", "date"):
            if key in paper and (
                not isinstance(paper[key], str) or paper[key] != " ".join(paper[key].split())
            ):
                return f"{key} is not tidy text"
        for key in ("authors", "categories", "keywords", "sources"):
            if key in paper and len(set(paper[key])) != len(paper[key]):
                return f"{key} repeats itself"
        if paper["sources"] != ["starter"]:
            return f"sources {paper['sources']}"
        if not 2 <= len(paper["keywords"]) <= 5:
            return f"{len(paper['keywords'])} keywords"
        odd = [c for c in paper.get("categories", []) if not CATEGORY.fullmatch(c)]
        if odd or ("categories" in paper and not paper["id"].startswith("arxiv:")):
            return f"categories {paper['categories']}"

    assert complaints(papers, fault) == []


def test_ids_and_dois_are_well_formed(papers):
    def fault(paper):
        paper_id, doi = paper["id"], paper.get("doi")
        if doi is not None and not (DOI.fullmatch(doi) and doi == doi.lower()):
            return f"doi {doi}"
        if paper_id.startswith("arxiv:"):
            month = arxiv_month(paper_id)
            if month is None or not 1 <= month[1] <= 12:
                return "not an arXiv id"
            if paper["url"] != f"https://arxiv.org/abs/{paper_id[6:]}":
                return f"url {paper['url']}"
        elif paper_id != f"doi:{doi}":
            return f"id and doi {doi} disagree"
        elif not paper["url"].startswith("https://doi.org/10."):
            return f"url {paper['url']}"

    assert complaints(papers, fault) == []


@pytest.mark.parametrize("key", ["id", "doi", "url"])
def test_identifiers_are_unique(papers, key):
    counts = Counter(paper[key] for paper in papers if key in paper)
    assert [value for value, count in counts.items() if count > 1] == []


def test_titles_are_unique(papers):
    counts = Counter(normalised(paper["title"]) for paper in papers)
    assert [title for title, count in counts.items() if count > 1] == []


def test_dates_are_real_and_past(papers):
    today = dt.date.today()

    def fault(paper):
        if "year" in paper:
            plausible = isinstance(paper["year"], int) and 1600 < paper["year"] <= today.year
            return not plausible and f"year {paper['year']}"
        match = DATE.fullmatch(paper["date"])
        if match is None:
            return f"date {paper['date']}"
        try:
            first = dt.date(int(match[1]), int(match[2]), int(match[3] or 1))
        except ValueError as error:
            return f"date {paper['date']}: {error}"
        return first > today and f"date {paper['date']} is in the future"

    assert complaints(papers, fault) == []


def test_dates_agree_with_arxiv_ids(papers):
    """Ids are given when a paper is processed, which a weekend or holiday may delay."""

    def fault(paper):
        month = arxiv_month(paper["id"])
        if month is None:
            return None
        if "date" not in paper:
            return "an arXiv id proves the month, yet there is no date"
        first, last = month_span(*month)
        before, after = dt.timedelta(days=4), dt.timedelta(days=1)
        if len(paper["date"]) == 7:
            agrees = paper["date"] == f"{first:%Y-%m}"
        else:
            agrees = first - before <= dt.date.fromisoformat(paper["date"]) <= last + after
        return not agrees and f"date {paper['date']}"

    assert complaints(papers, fault) == []


def test_authors_are_names(papers):
    def fault(paper):
        for name in paper.get("authors", []):
            tidy = isinstance(name, str) and name == " ".join(name.split())
            if not tidy or not re.search(r"\w", name) or re.search(r"\bet\s+al\b|[,;|]", name):
                return f"author {name!r}"

    assert complaints(papers, fault) == []


def test_summaries_are_short_plain_prose(papers):
    def fault(paper):
        text = paper["abstract"]
        words, sentences = len(text.split()), len(re.findall(r"[.!?](?=\s|$)", text))
        if not 20 <= words <= 80:
            return f"{words} words"
        if not 1 <= sentences <= 3 or text[-1] not in ".!?":
            return f"{sentences} sentences"
        return re.search(r"[\\{}]", text + paper["title"]) and "LaTeX"

    assert complaints(papers, fault) == []


def test_summaries_are_unique(papers):
    assert len({paper["abstract"] for paper in papers}) == len(papers)


def test_many_fields_and_not_mostly_machine_learning(papers):
    """The first keyword of a record names its field."""
    fields = Counter(paper["keywords"][0] for paper in papers)
    well_covered = [field for field, count in fields.items() if count >= 3]
    assert len(well_covered) >= 12, fields
    assert sum(map(is_ml, papers)) / len(papers) <= 0.5


def test_titles_agree_with_the_development_corpus(papers):
    """Real records know the same papers; the compressed file may end early."""
    if not CORPUS.exists():
        pytest.skip("development corpus not found at ../shared/data/corpus")
    if shutil.which("zstd") is None:
        pytest.skip("zstd is not installed, so the development corpus cannot be read")
    expected = {p["id"]: normalised(p["title"]) for p in papers if p["id"].startswith("arxiv:")}
    starts = {f'{{"id": "{paper_id}"'.encode(): paper_id for paper_id in expected}
    compared, disagreeing = 0, []
    command = ["zstd", "-dcq", str(CORPUS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as stream:
        for line in stream.stdout:
            paper_id = starts.get(line[: line.find(b",")])
            if paper_id is None:
                continue
            try:
                title = json.loads(line)["title"]
            except ValueError:  # the line on which the file was cut
                continue
            compared += 1
            if normalised(title) != expected[paper_id]:
                disagreeing.append(f"{paper_id}: {title!r} there")
    if not compared:
        pytest.skip("the development corpus holds none of these papers")
    assert disagreeing == []
