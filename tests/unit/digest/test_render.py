"""An issue as HTML and text: whole, small, without anything loaded from elsewhere."""

import re

from broadsheet.digest.compose import compose_issue
from broadsheet.digest.render import MAX_HTML_BYTES, IssueLinks, render_issue
from digest_samples import NOW, WORDING, make_candidate, make_subscription

LINKS = IssueLinks(
    home="https://papers.example.org/",
    paper=lambda name: f"https://papers.example.org/papers/{name}",
    issue="https://papers.example.org/digest/i",
    change="https://papers.example.org/digest/c",
    unsubscribe="https://papers.example.org/digest/u",
)


def rendered(pool, **subscription):
    reader = make_subscription(**subscription)
    issue = compose_issue(reader, "2026-12-01", pool, {}, WORDING, NOW)
    return issue, render_issue(issue, reader, LINKS, "Broadsheet")


def test_both_parts_name_every_story_its_reason_and_the_way_out():
    issue, parts = rendered([make_candidate(n) for n in range(5)])
    for text in (parts.html, parts.text):
        for story in issue.stories:
            assert story.headline in text
            assert f"https://papers.example.org/papers/{story.id}" in text
        assert "It matches your search." in text
        assert "https://papers.example.org/digest/u" in text
        assert "Tuesday, 1 December 2026" in text


def test_styles_are_inline_and_nothing_is_loaded_from_elsewhere():
    _, parts = rendered([make_candidate(n) for n in range(5)])
    headline = re.search(r'<h2 class="headline lead"[^>]*>', parts.html)
    assert headline
    assert "font-size: 26px" in headline[0]
    assert "prefers-color-scheme: dark" in parts.html
    assert not re.search(r"<(img|link|script|iframe|object|video)\b|url\(|@import", parts.html)


def test_markup_in_titles_names_and_searches_is_shown_as_text():
    evil = "<script>alert(1)</script>"
    pool = [
        make_candidate(1, title=f"Title {evil}", authors=(f"Eve {evil}",), abstract=f"{evil} x.")
    ]
    _, parts = rendered(pool)
    assert "<script" not in parts.html
    assert "&lt;script&gt;" in parts.html


def test_a_large_issue_stays_below_what_mail_programs_cut():
    pool = [make_candidate(n, abstract="Long words. " * 400) for n in range(50)]
    issue, parts = rendered(pool, limit=50, detail="abstracts")
    assert len(issue.stories) == 50
    assert len(parts.html.encode()) <= MAX_HTML_BYTES
    huge = [make_candidate(n, title="Word " * 900) for n in range(50)]
    _, parts = rendered(huge, limit=50)
    assert len(parts.html.encode()) <= MAX_HTML_BYTES
    assert "Word Word" in parts.html


def test_plain_text_keeps_its_lines_short():
    _, parts = rendered(
        [make_candidate(n, abstract="A rather long sentence. " * 9) for n in range(3)]
    )
    assert max(len(line) for line in parts.text.splitlines() if "http" not in line) <= 70
