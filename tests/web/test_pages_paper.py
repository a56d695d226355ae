"""A paper's page, its other forms, and its one address."""

import json
from collections.abc import Callable
from urllib.parse import unquote

import lxml.html
import pytest
from fake_papers import make_client, make_paper
from starlette.testclient import TestClient

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.paper import Author
from broadsheet.web.paper import prefers_markdown

PAPER = "/papers/2606.00001"


def hrefs(html: str) -> list[str]:
    return [a.get("href") for a in lxml.html.fromstring(html).cssselect("main a[href]")]


def test_every_field_is_on_the_page(client: TestClient) -> None:
    tree = lxml.html.fromstring(client.get(PAPER).text)
    text = " ".join(" ".join(tree.itertext()).split())
    for words in (
        "Diffusion models of river deltas, part 1",
        "Ada Lovelace (Analytical Engines)",
        "Geophysics",
        "We model river deltas. The deltas grow.",
        "river deltas",
        "1 June 2026",
        "v2, 2 June 2026",
        "Proceedings of the Deltas",
        "Poster",
        "12 pages, 3 figures",
        "github.com/example/deltas",
        "example.org/deltas",
        "10.1000/delta.1",
        "Votes on Hugging Face 41",
        "Citations (Google Scholar) 142",
        "Tuesday, 2 June 2026",
        "track main",
        "title = {Diffusion models of river deltas, part 1}",
    ):
        assert words in text, words


def test_identifiers_authors_and_keywords_are_links(client: TestClient) -> None:
    links = hrefs(client.get(PAPER).text)
    for link in (
        "https://arxiv.org/abs/2606.00001",
        "https://arxiv.org/pdf/2606.00001",
        "https://doi.org/10.1000/delta.1",
        "https://github.com/example/deltas",
        "https://example.org/deltas",
        "/authors/Ada%20Lovelace",
        "/papers?q=%22river+deltas%22",
        "/papers?q=cat%3Aphysics.geo-ph",
        "/papers/date/2026-06-02",
    ):
        assert link in links


def test_links_in_the_abstract_are_found(page_of: Callable[..., str]) -> None:
    html = page_of(abstract="Code: https://github.com/other/mud.", code_url="")
    assert "https://github.com/other/mud" in hrefs(html)


def test_addresses_in_the_abstract_are_links(page_of: Callable[..., str]) -> None:
    html = page_of(
        abstract=r"See \url{https://example.org/a_b?x=1&y=2}, www.example.com/c. <b>No</b> $x$<https://e.org/d>"
    )
    tree = lxml.html.fromstring(html)
    [text] = tree.cssselect("p.text")
    links = {a.text: a.get("href") for a in text.cssselect("a")}
    assert links == {
        "https://example.org/a_b?x=1&y=2": "https://example.org/a_b?x=1&y=2",
        "www.example.com/c": "https://www.example.com/c",
        "https://e.org/d": "https://e.org/d",
    }
    assert "No" in text.text_content()
    assert not text.cssselect("b, sub")


def test_similar_papers_are_listed(client: TestClient) -> None:
    links = hrefs(client.get(PAPER).text)
    assert "/papers/2606.00002" in links
    assert "/papers?q=like%3Aarxiv%3A2606.00001" in links


@pytest.mark.parametrize("name", ["arxiv:2606.00001", "2606.00001v1", "arxiv:2606.00001v1"])
def test_other_names_redirect_to_the_one_address(client: TestClient, name: str) -> None:
    answer = client.get(f"/papers/{name}")
    assert answer.status_code == 308
    assert answer.headers["location"] == PAPER


def test_a_former_id_redirects_to_the_merged_paper(client: TestClient) -> None:
    answer = client.get("/papers/pl:estuary")
    assert (answer.status_code, answer.headers["location"]) == (308, "/papers/2606.00046")


@pytest.mark.parametrize(
    "name",
    ["arxiv:hep-th/9901001", "doi:10.1000/a(b)<c>#d?e", "local:0123456789abcdef", "acl:P19-1001"],
)
def test_ids_of_every_kind_have_a_page(name: str) -> None:
    client = make_client(make_paper(id=name))
    link = lxml.html.fromstring(client.get("/").text).cssselect(".story h2 a")[0].get("href")
    assert unquote(link) == "/papers/" + name.removeprefix("arxiv:")
    assert client.get(link).status_code == 200


def test_an_unknown_paper_is_not_found_in_plain_words(client: TestClient) -> None:
    answer = client.get("/papers/9999.99999")
    assert answer.status_code == 404
    assert "This library has no paper called “9999.99999”." in answer.text


@pytest.mark.parametrize(
    ("ending", "media_type", "words"),
    [
        (".md", "text/markdown", "# Diffusion models"),
        (".bib", "application/x-bibtex", "@misc"),
        (".ris", "application/x-research-info-systems", "TY  - "),
        (".json", "application/vnd.citationstyles.csl+json", '"id"'),
    ],
)
def test_forms(client: TestClient, ending: str, media_type: str, words: str) -> None:
    answer = client.get(PAPER + ending)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(media_type)
    assert words in answer.text
    downloaded = "attachment" in answer.headers.get("content-disposition", "")
    assert downloaded == (ending != ".md")


def test_json_form_is_json(client: TestClient) -> None:
    assert json.loads(client.get(PAPER + ".json").text)[0]["id"] == "arxiv:2606.00001"


def test_forms_of_an_unknown_paper_are_not_found(client: TestClient) -> None:
    assert client.get("/papers/9999.99999.md").status_code == 404


def test_an_id_that_ends_like_a_form_is_still_an_id() -> None:
    client = make_client(make_paper(id="doi:10.1000/notes.md"))
    answer = client.get("/papers/doi:10.1000/notes.md")
    assert answer.headers["content-type"].startswith("text/html")
    assert client.get("/papers/doi:10.1000/notes.md.md").text.startswith("# ")


def test_markdown_is_given_to_who_asks_for_it(client: TestClient) -> None:
    answer = client.get(PAPER, headers={"Accept": "text/markdown"})
    assert answer.headers["content-type"].startswith("text/markdown")
    assert answer.headers["vary"].startswith("Accept")
    assert "Accept" in client.get(PAPER).headers["vary"]


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("text/markdown", True),
        ("text/markdown;q=0.9, text/html;q=0.5", True),
        ("text/html,application/xhtml+xml,*/*;q=0.8", False),
        ("text/html, text/markdown;q=0.9", False),
        ("text/markdown;q=0", False),
        ("text/markdown;q=nonsense", False),
        ("*/*", False),
        ("", False),
    ],
)
def test_accept(accept: str, expected: bool) -> None:
    assert prefers_markdown(accept) is expected


def test_five_hundred_authors_wait_behind_a_fold(page_of: Callable[..., str]) -> None:
    html = page_of(authors=tuple(Author(f"Person {n}") for n in range(500)))
    tree = lxml.html.fromstring(html)
    assert len(tree.cssselect("header > .authors li")) == 24
    assert "and 476 others" in tree.cssselect(".more-authors summary")[0].text_content()
    assert len(tree.cssselect(".more-authors li")) == 476


def test_a_paper_may_lack_nearly_everything() -> None:
    paper = make_paper(
        id="local:0123",
        **dict.fromkeys(("title", "abstract", "venue", "url", "comment", "status"), ""),
        **dict.fromkeys(("authors", "identifiers", "categories", "keywords", "versions"), ()),
        code_url="",
        project_url="",
        published=None,
        updated=None,
        signals={},
        extra={},
        sources=(),
    )
    html = make_client(paper).get("/papers/local:0123").text
    assert "Untitled" in html
    assert "No abstract came with this paper." in html


class TestHostileText:
    @pytest.mark.parametrize(
        "text",
        [
            "<script>alert(1)</script>",
            "</title><script>alert(1)</script>",
            '"><img src=x onerror=alert(1)>',
            "$<img src=x onerror=alert(1)>$",
            r"\href{javascript:alert(1)}{click}",
            "{{ 7 * 7 }}{% raw %}",
        ],
    )
    def test_stays_text_in_every_field(self, page_of: Callable[..., str], text: str) -> None:
        html = page_of(
            title=text,
            abstract=text,
            venue=text,
            comment=text,
            status=text,
            authors=(Author(text, text),),
            identifiers=(Identifier("arxiv", text), Identifier("x", text)),
            categories=(text,),
            keywords=(text,),
            sources=(text,),
            signals={"openreview_tldr": text, "hf_date": text},
            extra={text: text},
        )
        tree = lxml.html.fromstring(html)
        scripts = [
            (s.get("src", ""), s.text)
            for s in tree.cssselect("script:not([type='application/ld+json'])")
        ]
        assert all(src.startswith("/static/") and not text for src, text in scripts)
        assert not tree.cssselect("img, [onerror]")
        assert not [h for h in hrefs(html) if h.lower().startswith("javascript:")]
        assert "49" not in tree.cssselect("h1")[0].text_content()

    @pytest.mark.parametrize(
        "address",
        [
            "javascript:alert(1)",
            " JavaScript:alert(1)",
            "data:text/html,x",
            "//evil.test",
            "http://",
        ],
    )
    def test_only_web_addresses_become_links(
        self, page_of: Callable[..., str], address: str
    ) -> None:
        html = page_of(url=address, code_url=address, project_url=address, abstract="")
        assert address.strip() not in hrefs(html)

    def test_an_unescaped_less_than_stays(self, page_of: Callable[..., str]) -> None:
        tree = lxml.html.fromstring(page_of(abstract="for 0<varepsilonll 1 and a<b>c"))
        assert "b>c" in tree.cssselect(".text")[0].text_content().replace(" ", "")

    def test_long_and_foreign_titles_are_kept_whole(self, page_of: Callable[..., str]) -> None:
        title = "תורת הקבוצות " + "x" * 2000
        heading = lxml.html.fromstring(page_of(title=title)).cssselect("h1")[0]
        assert heading.get("dir") == "auto"
        assert heading.text_content().strip() == title

    def test_file_names_are_harmless(self) -> None:
        client = make_client(make_paper(id='doi:10.1/a"b/../c'))
        answer = client.get("/papers/doi:10.1/a%22b/..%2Fc.bib")
        assert (
            answer.headers["content-disposition"] == 'attachment; filename="doi-10.1-a-b-..-c.bib"'
        )


def test_listing_days_are_those_of_the_library() -> None:
    paper = make_paper(listed=PartialDate(2025, 1, 2))
    assert "/papers/date/2025-01-02" in hrefs(make_client(paper).get(PAPER).text)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("withdrawn", "Withdrawn. Its authors or its archive"),
        ("retracted", "Retracted. The journal has taken this paper back"),
        ("removed", "Removed. Its source does not list"),
    ],
)
def test_a_paper_that_was_taken_back_says_so_everywhere(status: str, words: str) -> None:
    client = make_client(make_paper(status=status))
    (note,) = lxml.html.fromstring(client.get(PAPER).text).cssselect("[role=note]")
    assert " ".join(note.text_content().split()).startswith(words)
    for path in ("/papers/date/2026-06-02", "/papers?q=deltas"):
        headline = lxml.html.fromstring(client.get(path).text).cssselect("article h2")[0]
        assert headline.text_content().strip().startswith(f"{status.capitalize()}: Diffusion")


def test_other_statuses_are_no_warning(client: TestClient) -> None:
    assert "taken-back" not in client.get(PAPER).text


def test_the_page_says_where_the_paper_comes_from_but_not_from_which_folder(
    client: TestClient,
) -> None:
    html = client.get(PAPER).text
    (origins,) = lxml.html.fromstring(html).cssselect(".origins")
    content = " ".join(origins.text_content().split())
    rows = [[cell.text_content() for cell in row] for row in origins.cssselect("dl > div")]
    assert rows == [["arxiv", "title"], ["crossref", "venue"]]
    assert "from snapshot.json; last changed there 2 June 2026; came 3 June 2026" in content
    assert "/home/ada" not in html
