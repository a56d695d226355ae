"""Metadata of pages for programs: tags of citations, absolute addresses, files for robots and browsers."""

import json
import struct
from urllib.parse import urlsplit

import lxml.etree
import lxml.html
import pytest
from fake_library import FakeLibrary
from fake_papers import make_client, make_paper
from starlette.testclient import TestClient

from broadsheet.domain.paper import Publication
from broadsheet.web.app import create_app
from broadsheet.web.guard import make_site

PUBLIC = "https://papers.example.org"


def public_client(*papers) -> TestClient:
    app = create_app(FakeLibrary(papers).services, site=make_site("127.0.0.1", PUBLIC))
    return TestClient(app, base_url="http://localhost")


def tags_of(html: str, attribute: str = "name") -> list[tuple[str, str]]:
    metas = lxml.html.fromstring(html).cssselect(f"meta[{attribute}]")
    return [(meta.get(attribute), meta.get("content")) for meta in metas]


def test_reference_managers_read_the_paper_from_its_tags(page_of) -> None:
    publication = Publication(type="article", volume="7", number="2", pages="1–12", issn="1234-567X")  # fmt: skip
    tags = tags_of(page_of(title=r"Deltas in $\ell_p$ & <more>", venue="Journal of Deltas", publication=publication))  # fmt: skip
    assert [text for name, text in tags if name == "citation_author"] == [
        "Ada Lovelace", "Émilie du Châtelet",
    ]  # fmt: skip
    # An institution follows the author to whom it belongs.
    assert tags.index(("citation_author_institution", "Analytical Engines")) == 1 + tags.index(
        ("citation_author", "Ada Lovelace")
    )
    values = dict(tags)
    assert values["citation_title"] == values["DC.title"] == "Deltas in ℓ_p & <more>"
    assert values["citation_publication_date"] == "2026/06/01"
    assert values["citation_journal_title"] == "Journal of Deltas"
    assert (values["citation_firstpage"], values["citation_lastpage"]) == ("1", "12")
    assert (values["citation_doi"], values["citation_arxiv_id"]) == ("10.1000/delta.1", "2606.00001")  # fmt: skip
    assert values["citation_pdf_url"] == "https://arxiv.org/pdf/2606.00001"
    assert ("DC.identifier", "doi:10.1000/delta.1") in tags
    assert "citation_issue" in values
    assert all(text for _, text in tags)


def test_a_paper_of_a_meeting_has_its_proceedings(page_of) -> None:
    values = dict(tags_of(page_of()))
    assert values["citation_conference_title"] == "Proceedings of the Deltas"
    assert "citation_journal_title" not in values


def test_search_engines_read_schema_org_that_cannot_end_its_script(page_of) -> None:
    title = 'A </script><script>alert("x")</script> & <!-- title'
    tree = lxml.html.fromstring(page_of(title=title))
    (script,) = tree.cssselect('script[type="application/ld+json"]')
    values = json.loads(script.text)
    assert values["name"] == title
    assert values["@type"] == "ScholarlyArticle"
    assert values["author"][0]["affiliation"]["name"] == "Analytical Engines"
    assert "https://doi.org/10.1000/delta.1" in values["sameAs"]
    assert not [each for each in tree.cssselect("script") if each.text and "alert" in each.text and each is not script]  # fmt: skip


def test_links_lead_to_the_forms_of_a_paper() -> None:
    client = make_client(make_paper())
    tree = lxml.html.fromstring(client.get("/papers/2606.00001").text)
    for link in tree.cssselect("link[rel=alternate]:not([type*=atom])"):
        answer = client.get(link.get("href"))
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(link.get("type"))
    types = {link.get("type") for link in tree.cssselect("link[rel=alternate]")}
    assert {"application/x-bibtex", "application/x-research-info-systems"} <= types


def test_addresses_are_those_of_the_public_url() -> None:
    client = public_client(make_paper())
    html = client.get("/papers/2606.00001").text
    (canonical,) = lxml.html.fromstring(html).cssselect("link[rel=canonical]")
    assert canonical.get("href") == f"{PUBLIC}/papers/2606.00001"
    assert dict(tags_of(html, "property"))["og:url"] == f"{PUBLIC}/papers/2606.00001"
    assert f"Sitemap: {PUBLIC}/sitemap.xml" in client.get("/robots.txt").text
    assert f'template="{PUBLIC}/papers?q=' in client.get("/opensearch.xml").text
    assert f"{PUBLIC}/papers/ID.md" in client.get("/llms.txt").text
    assert client.get("/papers/arxiv:2606.00001", follow_redirects=False).headers["location"] == "/papers/2606.00001"  # fmt: skip


def test_without_a_public_url_addresses_are_those_of_the_request(client: TestClient) -> None:
    tree = lxml.html.fromstring(client.get("/papers/date/2026-06-02").text)
    (canonical,) = tree.cssselect("link[rel=canonical]")
    assert canonical.get("href") == "http://localhost/papers/date/2026-06-02"


def test_the_sitemap_names_papers_that_exist_and_no_archives(client: TestClient) -> None:
    answer = client.get("/sitemap.xml")
    tree = lxml.etree.fromstring(answer.content)
    addresses = [node.text for node in tree.iter("{*}loc")]
    assert "http://localhost/papers/2606.00001" in addresses
    assert len(addresses) > 40
    assert not [address for address in addresses if "/date/" in address]
    assert len(addresses) == len(set(addresses))
    for address in addresses:
        assert client.get(urlsplit(address).path).status_code == 200


def test_the_manifest_names_icons_that_exist(client: TestClient) -> None:
    answer = client.get("/manifest.webmanifest")
    assert answer.headers["content-type"].startswith("application/manifest+json")
    for icon in answer.json()["icons"]:
        file = client.get(icon["src"])
        assert file.headers["content-type"] == icon["type"]
        if icon["type"] == "image/png":
            width, height = struct.unpack(">II", file.content[16:24])
            assert icon["sizes"] == f"{width}x{height}"
    assert client.get(answer.json()["start_url"]).status_code == 200


@pytest.mark.parametrize("path", ["/sitemap.xml", "/llms.txt", "/manifest.webmanifest", "/robots.txt"])  # fmt: skip
def test_files_for_programs_can_be_asked_for_again(client: TestClient, path: str) -> None:
    first = client.get(path)
    assert first.status_code == 200
    if tag := first.headers.get("etag"):
        assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
