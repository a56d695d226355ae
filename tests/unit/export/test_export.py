"""Every export read back by a parser that is not ours."""

import datetime as dt
import json

import bibtexparser
import pytest
import rispy
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.paper import Author, Paper
from broadsheet.export import bibtex, markdown
from broadsheet.export.citation import CiteKeys
from broadsheet.export.formats import EXPORT_FORMATS
from broadsheet.export.table import COLUMNS


def paper(**fields: object) -> Paper:
    defaults: dict[str, object] = {
        "id": "local:1",
        "key": 1,
        "listed": PartialDate(2024, 1, 2),
        "added_at": dt.datetime(2024, 1, 2, tzinfo=dt.UTC),
        "title": "Untitled",
    }
    return Paper(**{**defaults, **fields})  # type: ignore[arg-type]


ATTENTION = paper(
    id="arxiv:1706.03762",
    title="Attention Is All You Need: BERT & 50\\% of $\\alpha_1$",
    abstract="We use $x_i$ and {\\em care}: 100\\% at https://github.com/a/b_c.\nTwo lines.",
    authors=(
        Author("Ashish Vaswani"),
        Author("John von Neumann"),
        Author("The ATLAS Collaboration"),
        Author("{\\L}ukasz Kaiser", affiliation="Google"),
    ),
    identifiers=(Identifier("arxiv", "1706.03762"), Identifier("doi", "10.5555/a_b")),
    published=PartialDate(2017, 6, 12),
    categories=("cs.CL", "cs.LG"),
    keywords=("attention", "r&d"),
    url="https://arxiv.org/abs/1706.03762",
)
MEETING = paper(
    title="A Study of Things",
    authors=(Author("Jürgen Müller"),),
    venue="Proceedings of the 5th Conference on Things",
    published=PartialDate(2020, 3),
)
JOURNAL = paper(title="On {X}", venue="Journal of Things", published=PartialDate(1999))


def bib(*papers: Paper) -> list[bibtexparser.model.Entry]:
    library = bibtexparser.parse_string(EXPORT_FORMATS["bibtex"].render(papers))
    assert not library.failed_blocks
    return library.entries


def test_bibtex_of_a_preprint() -> None:
    (entry,) = bib(ATTENTION)
    fields = {name: field.value for name, field in entry.fields_dict.items()}
    assert (entry.entry_type, entry.key) == ("misc", "vaswani2017attention")
    assert fields["title"] == r"Attention Is All You Need: {BERT} \& 50\% of $\alpha_1$"
    assert fields["author"] == (
        "Vaswani, Ashish and von Neumann, John and {The ATLAS Collaboration} and Kaiser, Łukasz"
    )
    assert (fields["eprint"], fields["archivePrefix"]) == ("1706.03762", "arXiv")
    assert fields["primaryClass"] == "cs.CL"
    assert fields["doi"] == "10.5555/a_b"
    assert fields["url"] == "https://arxiv.org/abs/1706.03762"
    assert (fields["year"], fields["month"]) == ("2017", "jun")
    assert fields["abstract"] == (
        r"We use $x_i$ and care: 100\% at https://github.com/a/b\_c. Two lines."
    )


def test_bibtex_types_follow_the_venue() -> None:
    meeting, journal = bib(MEETING, JOURNAL)
    assert meeting.entry_type == "inproceedings"
    assert meeting.fields_dict["booktitle"].value == MEETING.venue
    assert meeting.fields_dict["month"].value == "mar"
    assert journal.entry_type == "article"
    assert journal.fields_dict["journal"].value == "Journal of Things"
    assert "month" not in journal.fields_dict


@pytest.mark.parametrize(
    ("venue", "kind"),
    [
        ("NeurIPS 2017", "inproceedings"),
        ("Findings of the Association for Computational Linguistics: EMNLP 2020", "inproceedings"),
        ("Phys. Rev. D 76, 013009 (2007)", "article"),
        ("Transactions of the Association for Computational Linguistics", "article"),
        ("arXiv preprint", "misc"),
        ("CoRR", "misc"),
        ("", "misc"),
    ],
)
def test_kind_of_real_venues(venue: str, kind: str) -> None:
    assert bib(paper(venue=venue))[0].entry_type == kind


def test_keys_are_unique_and_need_no_author_or_date() -> None:
    keys = CiteKeys()
    papers = [ATTENTION, ATTENTION, ATTENTION, paper(title="The Thing")]
    assert [keys.choose(each) for each in papers] == [
        "vaswani2017attention",
        "vaswani2017attentionb",
        "vaswani2017attentionc",
        "anonymousthing",
    ]
    assert len({keys.choose(ATTENTION) for _ in range(60)}) == 60


@given(st.text(max_size=60))
def test_any_text_stays_within_its_bibtex_field(text: str) -> None:
    (entry,) = bib(paper(title=text, abstract=text, venue=text, authors=(Author(text),)))
    assert entry.key
    assert "\n@" not in EXPORT_FORMATS["bibtex"].render([paper(title=text)])


@given(st.text(alphabet="ab{}\\%$&#_~^ é", max_size=30))
def test_escaped_braces_never_unbalance_a_field(text: str) -> None:
    escaped = bibtex.escape(text)
    depth = 0
    for char in escaped:
        depth += (char == "{") - (char == "}")
        assert depth >= 0
    assert depth == 0


def test_ris() -> None:
    text = EXPORT_FORMATS["ris"].render([ATTENTION, MEETING, JOURNAL])
    assert text.startswith("TY  - UNPB")
    preprint, meeting, journal = rispy.loads(text)
    assert preprint["title"] == "Attention Is All You Need: BERT & 50% of α₁"
    assert preprint["authors"] == [
        "Vaswani, Ashish",
        "von Neumann, John",
        "The ATLAS Collaboration",
        "Kaiser, Łukasz",
    ]
    assert (preprint["year"], preprint["date"]) == ("2017", "2017/06/12/")
    assert preprint["doi"] == "10.5555/a_b"
    assert preprint["urls"] == ["https://arxiv.org/abs/1706.03762"]
    assert preprint["keywords"] == ["attention", "r&d"]
    assert preprint["abstract"].endswith("b_c. Two lines.")
    assert (meeting["type_of_reference"], meeting["secondary_title"]) == ("CPAPER", MEETING.venue)
    assert (journal["type_of_reference"], journal["journal_name"]) == ("JOUR", "Journal of Things")
    assert meeting["date"] == "2020/03//"


def test_csl_json() -> None:
    preprint, meeting, journal = json.loads(
        EXPORT_FORMATS["csl-json"].render([ATTENTION, MEETING, JOURNAL])
    )
    assert preprint["id"] == "vaswani2017attention"
    assert preprint["author"] == [
        {"family": "Vaswani", "given": "Ashish"},
        {"family": "von Neumann", "given": "John"},
        {"literal": "The ATLAS Collaboration"},
        {"family": "Kaiser", "given": "Łukasz"},
    ]
    assert preprint["issued"] == {"date-parts": [[2017, 6, 12]]}
    assert (preprint["DOI"], preprint["number"]) == ("10.5555/a_b", "arXiv:1706.03762")
    assert [entry["type"] for entry in (preprint, meeting, journal)] == [
        "article",
        "paper-conference",
        "article-journal",
    ]
    assert journal["issued"] == {"date-parts": [[1999]]}


def test_markdown() -> None:
    text = EXPORT_FORMATS["markdown"].render([ATTENTION])
    assert text.startswith("# Attention Is All You Need: BERT & 50% of α₁\n\nAshish Vaswani, ")
    assert "- Published: 2017-06-12\n" in text
    assert "[arxiv:1706.03762](https://arxiv.org/abs/1706.03762)" in text
    assert "- Code: <https://github.com/a/b_c>\n" in text
    assert "```bibtex\n@misc{vaswani2017attention," in text


def test_markdown_shows_markup_as_text() -> None:
    assert markdown.escape("*a* _b_ x_i [c](d) <e> `f`") == (r"\*a\* \_b\_ x_i \[c\](d) \<e> \`f\`")
    assert markdown.escape("# no heading") == r"\# no heading"


@pytest.mark.parametrize("name", EXPORT_FORMATS)
def test_no_papers_and_poor_papers_are_rendered(name: str) -> None:
    form = EXPORT_FORMATS[name]
    assert form.name == name
    header = ",".join(COLUMNS) if name == "csv" else ""
    assert form.render([]).strip() in (header, "[]")
    assert "Untitled" in form.render([paper()])


def test_plain_text_says_whose_a_summary_is():
    text = EXPORT_FORMATS["text"].render(
        [paper(abstract="We fold.", signals={"hf_tldr": "Maps fold...."})]
    )
    assert "\n\nSummary written by a machine: Maps fold.\n\nWe fold." in text
    assert "Summary" not in EXPORT_FORMATS["text"].render([paper(abstract="We fold.")])
