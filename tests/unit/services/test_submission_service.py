"""Submitting and featuring over a real library, with replicas of arXiv and Crossref."""

import datetime as dt
import json

import pytest

from broadsheet.domain.access import ANONYMOUS, OWNER, Principal
from broadsheet.domain.daily import IssueRequest
from broadsheet.domain.errors import ForbiddenError, InvalidInputError, UnauthorizedError
from broadsheet.domain.periods import Period
from broadsheet.domain.submissions import (
    PER_DAY,
    SubmissionNotFoundError,
    TooManySubmissionsError,
)
from broadsheet.jobs.leases import Lease
from reading_interests import made_paper, open_made_library
from replicas.archive import Archive
from replicas.arxiv_api import ArxivApiReplica
from replicas.catalogues import crossref_work
from replicas.server import NOT_FOUND, ReplicaServer, Reply, json_reply

ADA, BOB = Principal("ada", "Ada", "member"), Principal("bob", "Bob", "member")
CLEO = Principal("cleo", "Cleo", "curator")
PAGE = """<!doctype html><html><head><title>A talk</title>
<meta name="citation_title" content="Work number 7">
<meta content='10.5555/work.7' name="citation_doi"></head><body>Hello</body></html>"""


@pytest.fixture(scope="module")
def internet():
    """arXiv, Crossref and a publisher's pages at one address."""
    archive = Archive.of(3)
    arxiv = ArxivApiReplica(archive)

    def answer(request):
        if request.path == "/api/query":
            return arxiv(request)
        if request.path == "/works/10.5555/work.7":
            return json_reply({"status": "ok", "message-type": "work", "message": crossref_work(7)})
        pages = {
            "/talk": PAGE,
            "/plain": "<html><title>Nothing</title></html>",
            "/a.pdf": "%PDF-1.5",
        }
        page = pages.get(request.path)
        return Reply(page, content_type="text/html") if page else NOT_FOUND

    with ReplicaServer(answer) as server:
        server.archive = archive
        yield server


@pytest.fixture
def services(tmp_path, new_library, internet):
    options = {
        "private_hosts": ["127.0.0.1"],
        "sources": {
            "arxiv-query": {"endpoint": f"{internet.address}/api/query", "on": False},
            "crossref": {"endpoint": internet.address, "on": False},
        },
    }
    with (
        new_library() as database,
        open_made_library(tmp_path, 30, database_url=database, **options) as opened,
    ):
        yield opened


def id_of(number):
    return str(made_paper(number)["id"])


def today(services):
    return services.daily.today()


def stories_of(services, edition="front", day=None):
    period = Period("day", day or today(services))
    issue = services.daily.issue(IssueRequest(period, edition, order=None, size=100))
    return issue, [*issue.front, *(story for each in issue.sections for story in each.stories)]


def test_a_paper_of_the_library_is_listed_at_once_and_stands_in_todays_issue(services):
    assert stories_of(services)[0].total == 0
    submission = services.submissions.submit(ADA, "https://arxiv.org/abs/2606.00003v1", "Read  it")
    assert (submission.state, submission.listed_on) == ("listed", today(services))
    issue, (story,) = stories_of(services)
    assert (issue.total, story.paper.id) == (1, id_of(2))
    assert story.submitted == "submitted by the owner: Read it"


def test_a_paper_comes_into_the_library_without_standing_in_an_issue(services, internet):
    known = next(iter(internet.archive.alive()))
    paper = services.submissions.add_paper(ADA, known.id)
    assert paper.id == f"arxiv:{known.id}"
    assert services.submissions.add_paper(ADA, known.id).key == paper.key
    assert stories_of(services)[0].total == 0
    assert services.submissions.submissions(ADA) == []
    assert services.submissions.own(ADA) == []
    assert not services.submissions.job().due(dt.datetime.now(dt.UTC))
    for number in range(PER_DAY - 1):
        services.submissions.submit(ADA, f"10.5555/none.{number}")
    with pytest.raises(TooManySubmissionsError):
        services.submissions.add_paper(ADA, "10.5555/work.7")
    with pytest.raises(ForbiddenError):
        services.submissions.add_paper(Principal("rita", "Rita", "reader"), known.id)


@pytest.mark.parametrize(
    ("address", "identifier"),
    [
        ("arxiv", "arxiv"),
        ("10.5555/work.7", "doi:10.5555/work.7"),
        ("https://doi.org/10.5555/work.7", "doi:10.5555/work.7"),
        ("page", "doi:10.5555/work.7"),
    ],
)
def test_a_missing_paper_is_fetched_in_the_background(services, internet, address, identifier):
    known = next(iter(internet.archive.alive()))
    address = {"arxiv": known.id, "page": f"{internet.address}/talk"}.get(address, address)
    identifier = f"arxiv:{known.id}" if identifier == "arxiv" else identifier
    submission = services.submissions.submit(ADA, address, "New")
    assert submission.state == "pending"
    job = services.submissions.job()
    assert job.due(dt.datetime.now(dt.UTC))
    assert job.run(Lease("submissions")).words == "1 of 1 submitted papers fetched"
    assert not job.due(dt.datetime.now(dt.UTC))
    listed = services.submissions.get(ANONYMOUS, submission.number)
    paper = services.library.get_paper(identifier)
    assert (listed.state, listed.paper) == ("listed", paper.key)
    assert [story.paper.key for story in stories_of(services)[1]] == [paper.key]


@pytest.mark.parametrize("path", ["/plain", "/a.pdf", "/nothing"])
def test_an_address_that_describes_no_paper_is_left_to_a_curator(services, internet, path):
    number = services.submissions.submit(ADA, internet.address + path).number
    failed = services.submissions.fetch(ADA, number)
    assert failed.state == "failed"
    assert failed.problem
    with pytest.raises(SubmissionNotFoundError):
        services.submissions.get(BOB, number)
    with pytest.raises(ForbiddenError):
        services.submissions.resolve(ADA, number, id_of(4))
    assert services.submissions.resolve(CLEO, number, id_of(4)).state == "listed"
    assert stories_of(services)[1][0].paper.id == id_of(4)


def test_without_a_network_a_submission_waits(tmp_path, new_library):
    closed = {"arxiv-query": {"endpoint": "http://127.0.0.1:9/api/query", "on": False}}
    with (
        new_library() as database,
        open_made_library(
            tmp_path, 3, database_url=database, private_hosts=["127.0.0.1"], sources=closed
        ) as services,
    ):
        number = services.submissions.submit(ADA, "2401.00001").number
        waiting = services.submissions.fetch(ADA, number)
        assert (waiting.state, waiting.attempts) == ("pending", 1)
        assert "127.0.0.1" in waiting.problem
        assert not services.submissions.job().due(dt.datetime.now(dt.UTC))
        assert services.submissions.job().due(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=6))


def test_private_addresses_are_not_asked(tmp_path, new_library, internet):
    with (
        new_library() as database,
        open_made_library(tmp_path, 3, database_url=database) as services,
    ):
        requests = len(internet.requests)
        number = services.submissions.submit(ADA, f"{internet.address}/talk").number
        assert services.submissions.fetch(ADA, number).state == "failed"
        assert len(internet.requests) == requests


@pytest.mark.parametrize(
    "address",
    ["", "weather", "ftp://example.org/a", "javascript:alert(1)", "https://" + "x" * 1000],
)
def test_what_names_no_paper_is_refused(services, address):
    with pytest.raises(InvalidInputError):
        services.submissions.submit(ADA, address)


def test_limits_and_rights(services):
    with pytest.raises(UnauthorizedError):
        services.submissions.submit(ANONYMOUS, id_of(1))
    with pytest.raises(ForbiddenError):
        services.submissions.submit(Principal("r", "Rita", "reader"), id_of(1))
    with pytest.raises(InvalidInputError, match="at most 500"):
        services.submissions.submit(ADA, id_of(1), "x" * 501)
    numbers = [services.submissions.submit(ADA, id_of(1)).number for _ in range(PER_DAY)]
    with pytest.raises(TooManySubmissionsError):
        services.submissions.submit(ADA, id_of(1))
    services.submissions.submit(BOB, id_of(2))
    with pytest.raises(ForbiddenError):
        services.submissions.remove(BOB, numbers[0])
    with pytest.raises(InvalidInputError, match="say why"):
        services.submissions.remove(CLEO, numbers[0])
    services.submissions.remove(CLEO, numbers[0], "twice")
    assert services.comments.log()[0].action == f"removed submission {numbers[0]} by the owner"
    for number in numbers[1:]:
        services.submissions.remove(ADA, number)
    assert [each.account for each, _ in services.submissions.submissions(CLEO)] == ["bob"]


def test_curators_feature_order_and_remove(services):
    for number, reason in ((5, "it is deep"), (6, "it is short"), (7, "it is new")):
        services.submissions.feature(CLEO, id_of(number), reason)
    services.submissions.move_feature(CLEO, id_of(7), -2)
    _, stories = stories_of(services, "featured")
    assert [story.paper.id for story in stories] == [id_of(7), id_of(5), id_of(6)]
    reasons = {reason.name: reason.words for reason in stories[0].reasons}
    assert stories[0].featured == "featured by the owner because it is new"
    assert reasons["featured"] == "featured by the owner because it is new"
    _, front = stories_of(services)
    assert {story.paper.id for story in front} == {id_of(5), id_of(6), id_of(7)}
    services.submissions.remove_feature(CLEO, id_of(7))
    assert len(stories_of(services, "featured")[1]) == 2
    with pytest.raises(InvalidInputError, match="not featured"):
        services.submissions.remove_feature(CLEO, id_of(7))
    for call in (
        lambda: services.submissions.feature(ADA, id_of(1), "mine"),
        lambda: services.submissions.move_feature(ADA, id_of(5), 1),
        lambda: services.submissions.remove_feature(ADA, id_of(5)),
    ):
        with pytest.raises(ForbiddenError):
            call()


def test_the_most_voted_paper_leads_day_week_and_month(services):
    day = dt.date(2026, 6, 2)
    assert stories_of(services, day=day)[0].leaders == []
    services.community.set_mark(ADA, id_of(3), "voted", True)
    for reader in (ADA, BOB):
        services.community.set_mark(reader, id_of(12), "voted", True)  # the day before
    leaders = stories_of(services, day=day)[0].leaders
    named = [
        ([period.kind for period in each.periods], each.paper.id, each.votes) for each in leaders
    ]
    assert named == [(["day"], id_of(3), 1), (["week", "month"], id_of(12), 2)]
    issue = services.daily.issue(IssueRequest(Period("day", day), order="votes", size=3))
    assert issue.stories[0].paper.id == id_of(3)


def test_members_are_followed_in_what_they_submit_and_feature(services):
    max_ = services.accounts.add(OWNER, "Olga", "owner", "a horse and a staple")
    max_ = services.accounts.add(OWNER, "Max", "curator", "a horse and a staple").principal
    services.follows.follow(ADA, "member", "Max")
    services.submissions.submit(max_, id_of(1), "Good")
    services.submissions.feature(max_, id_of(2), "it is good")
    news = services.follows.news(ADA, "day").papers
    assert {each.paper.id: each.reasons for each in news} == {
        id_of(1): ("Max submitted it",),
        id_of(2): ("Max featured it",),
    }
    assert json.dumps([each.note for each in services.submissions.own(max_)]) == '["Good"]'
