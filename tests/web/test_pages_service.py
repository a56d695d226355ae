"""Common to all pages: headers, errors, small pages, links that work."""

import gzip
from urllib.parse import urljoin, urlsplit

import lxml.etree
import lxml.html
import pytest
from fake_library import FakeLibrary
from fake_papers import make_client, make_paper
from starlette.testclient import TestClient

from broadsheet.domain.errors import IndexUnavailableError
from broadsheet.web.app import create_app
from browsing import open_browser

PAGES = [
    "/",
    "/papers/date/2026-06-02",
    "/papers/date/2026-05-31",
    "/papers?q=deltas",
    "/papers?q=zyzzyva&mode=words",
    "/papers?q=",
    "/papers/2606.00001",
    "/papers/2606.00001.md",
    "/papers/why?q=deltas&id=2606.00001",
    "/papers/like",
    "/papers/complete?q=del",
    "/opensearch/complete?q=del",
    "/status",
    "/healthz",
    "/readyz",
    "/robots.txt",
    "/opensearch.xml",
    "/sitemap.xml",
    "/llms.txt",
    "/manifest.webmanifest",
]


@pytest.mark.parametrize("path", [*PAGES, "/missing", "/papers/9999.99999", "/papers?q=a&mode=x"])
def test_every_answer_is_strict_about_what_it_may_load(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = dict(
        rule.strip().split(" ", 1) for rule in headers["content-security-policy"].split(";")
    )
    assert policy == {
        "default-src": "'none'",
        "style-src": "'self'",
        "script-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "manifest-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("path", PAGES)
def test_head_answers_like_get(client: TestClient, path: str) -> None:
    head, get = client.head(path), client.get(path)
    assert head.status_code == get.status_code == 200
    assert head.headers["content-type"] == get.headers["content-type"]


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_loaded_from_elsewhere_and_nothing_is_inline(
    client: TestClient, path: str
) -> None:
    answer = client.get(path)
    if not answer.headers["content-type"].startswith("text/html"):
        return
    tree = lxml.html.fromstring(answer.text)
    loaded = [e.get("src") for e in tree.cssselect("[src]")]
    loaded += [e.get("href") for e in tree.cssselect("link[rel=stylesheet], link[rel=icon]")]
    assert loaded
    assert all(address.startswith("/static/") for address in loaded)
    assert not tree.cssselect("style, [style], script:not([src]):not([type='application/ld+json'])")
    assert not [a for e in tree.iter() for a in e.attrib if a.startswith("on")]


def test_every_link_on_every_page_leads_somewhere(client: TestClient) -> None:
    waiting, visited = ["/", "/papers?q=", "/papers?q=zyzzyva&mode=words"], set()
    while waiting and len(visited) < 150:
        path = waiting.pop()
        if path in visited:
            continue
        visited.add(path)
        answer = client.get(path, follow_redirects=True)
        assert answer.status_code == 200, path
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        for link in lxml.html.fromstring(answer.text).cssselect("a[href], link[href]"):
            target = urlsplit(urljoin(path, link.get("href")))
            # Feeds are served beside the pages; tests/feeds follows their addresses.
            if not target.netloc and not target.path.startswith("/feeds/"):
                waiting.append(target._replace(fragment="").geturl())
    assert len(visited) > 100


def test_ids_are_unique_and_references_resolve(client: TestClient) -> None:
    for path in PAGES[:7]:
        tree = lxml.html.fromstring(client.get(path).text)
        ids = [e.get("id") for e in tree.cssselect("[id]")]
        assert len(ids) == len(set(ids))
        for attribute in ("for", "aria-labelledby", "aria-describedby"):
            assert {e.get(attribute) for e in tree.cssselect(f"[{attribute}]")} <= set(ids)


def test_pages_are_revalidated_and_not_sent_twice(client: TestClient, library: FakeLibrary) -> None:
    first = client.get("/")
    assert first.headers["cache-control"] == "private, no-cache"
    tag = first.headers["etag"]
    again = client.get("/", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    library.papers.append(make_paper(99, listed=library.papers[-1].listed, title="A later arrival"))
    assert client.get("/", headers={"If-None-Match": tag}).status_code == 200


def test_static_files_are_named_by_content_and_kept_for_ever(client: TestClient) -> None:
    tree = lxml.html.fromstring(client.get("/").text)
    for element in tree.cssselect("link[rel=stylesheet], link[rel=icon], script"):
        answer = client.get(element.get("href") or element.get("src"))
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    assert client.get("/static/broadsheet.000000000000.css").status_code == 404
    assert client.get("/static/..%2Fapp.py").status_code == 404


def test_large_pages_are_compressed(client: TestClient) -> None:
    with client.stream("GET", "/", headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        assert b"<!doctype html>" in gzip.decompress(b"".join(answer.iter_raw()))


def test_status_page_and_health(client: TestClient) -> None:
    assert "47" in client.get("/status").text
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ok", "papers": 47}


def test_opensearch_description_names_this_server(client: TestClient) -> None:
    tree = lxml.etree.fromstring(client.get("/opensearch.xml").content)
    url, _ = tree.findall("{http://a9.com/-/spec/opensearch/1.1/}Url")
    assert url.get("template") == "http://localhost/papers?q={searchTerms}"


def test_posting_is_answered_with_a_page(client: TestClient) -> None:
    answer = client.post("/papers")
    assert answer.status_code == 405
    assert "Pages here are read" in answer.text


class Broken(FakeLibrary):
    """A library whose every answer fails."""

    def __init__(self, error: Exception) -> None:
        super().__init__([])
        self.error = error

    def health(self):
        raise self.error

    latest_day = has_papers_beside = lambda self, *_: self.health()


def broken(error: Exception) -> TestClient:
    return open_browser(create_app(Broken(error).services), raise_server_exceptions=False)


def test_an_unexpected_error_shows_no_traceback() -> None:
    answer = broken(RuntimeError("the secret reason")).get("/")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert "content-security-policy" in answer.headers
    assert '<p class="nameplate">' in answer.text


def test_an_expected_error_says_what_to_do() -> None:
    error = IndexUnavailableError("the index is damaged; run `broadsheet index rebuild`")
    answer = broken(error).get("/")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "30"
    assert "broadsheet index rebuild" in answer.text
    assert broken(error).get("/readyz").status_code == 503


def test_the_masthead_carries_the_given_name() -> None:
    client = open_browser(create_app(FakeLibrary([]).services, name="The Delta <Times>"))
    assert "The Delta &lt;Times&gt;" in client.get("/").text


def test_an_empty_library_has_every_page() -> None:
    client = make_client()
    for path in ("/", "/papers?q=deltas", "/status", "/papers/date/2026-06-02", "/readyz"):
        assert client.get(path).status_code == 200
