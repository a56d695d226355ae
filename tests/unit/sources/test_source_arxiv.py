"""arXiv over OAI-PMH, against a replica."""

import datetime as dt

import pytest
from pydantic import ValidationError

from broadsheet.domain.errors import SourceRefusedError, SourceUnavailableError
from broadsheet.sources.arxiv_oai import ArxivOaiOptions, ArxivOaiSource, sets_of
from broadsheet.text.arxiv_sets import category_of_set, set_of_category
from replicas.archive import Archive
from replicas.oai import OaiReplica
from replicas.server import ReplicaServer, Reply

ALL = dt.date(1991, 1, 1)


@pytest.fixture
def archive():
    return Archive.of(35)  # 2024-03-01 to 2024-03-04


@pytest.fixture
def replica(archive):
    return OaiReplica(archive)


@pytest.fixture
def server(replica):
    with ReplicaServer(replica) as server:
        yield server


@pytest.fixture
def harvest(fetch, server):
    return lambda *args, **more: fetch(
        ArxivOaiSource(), *args, **{"endpoint": f"{server.address}/oai", **more}
    )


def everything(archive):
    return [paper.id for paper in archive.by_datestamp()]


def test_whole_archive_page_by_page(harvest, archive, server, time):
    run = harvest(since=ALL)
    assert run.error is None
    assert run.names == everything(archive)
    assert [len(page.records) for page in run.pages] == [10, 10, 10, 5]
    assert server.requests[0].params == {
        "verb": "ListRecords", "metadataPrefix": "arXivRaw", "from": "1991-01-01",
    }  # fmt: skip
    assert server.requests[1].params.keys() == {"verb", "resumptionToken"}
    assert time.slept == [3.0, 3.0, 3.0]
    assert run.cursor == {"done ": "2024-03-04"}


def test_the_record_has_history_and_authors(harvest, archive):
    archive.revise("2403.00001")
    record = next(r for r in harvest(since=ALL).records if r.key.startswith("2403.00001"))
    assert [(version.number, str(version.date)) for version in record.versions] == [
        (1, "2024-03-01"), (2, "2024-03-04"),
    ]  # fmt: skip
    assert [author.name for author in record.authors] == ["Bo Lindqvist", "Dai Nguyen"]
    assert record.categories == ("cs.CL",)


def test_the_first_run_reaches_back_some_days_and_says_so(harvest, server):
    run = harvest(first_days=2)
    assert server.requests[0].params["from"] == "2024-03-02"
    assert len(run.names) == 25
    assert run.notes == [
        "first run: papers that changed since 2024-03-02; "
        "`--since 1991-01-01` fetches the whole archive"
    ]


def test_the_first_run_fetches_everything_where_the_settings_say_so(harvest, archive, server):
    run = harvest(first_days=0)
    assert "from" not in server.requests[0].params
    assert (run.names, run.notes) == (everything(archive), [])


def test_increments_overlap_by_a_day(harvest, archive, server):
    first = harvest(since=ALL)
    archive.today = dt.date(2024, 3, 6)
    archive.revise("2403.00002")
    second = harvest(first.cursor, now=dt.datetime(2024, 3, 6, 23, tzinfo=dt.UTC))
    assert server.requests[4].params["from"] == "2024-03-03"
    assert second.names == [f"2403.{n:05d}" for n in range(20, 35)] + ["2403.00002"]
    assert second.cursor == {"done ": "2024-03-06"}


def test_nothing_new_is_an_empty_run(harvest):
    run = harvest({"done ": "2024-03-20"}, now=dt.datetime(2024, 3, 20, tzinfo=dt.UTC))
    assert (run.error, run.names) == (None, [])
    assert run.cursor == {"done ": "2024-03-04"}  # the repository's own day


@pytest.mark.parametrize("pages", [1, 2, 3])
def test_a_run_that_was_killed_goes_on(harvest, archive, server, pages):
    killed = harvest(since=ALL, most=pages)
    rest = harvest(killed.cursor)
    assert killed.names + rest.names == everything(archive)
    assert len(server.requests) == 4
    assert rest.cursor == {"done ": "2024-03-04"}


def test_an_expired_token_restarts_from_the_last_day_seen(harvest, archive, replica, server):
    killed = harvest(since=ALL, most=2)
    replica.expire_tokens()
    rest = harvest(killed.cursor)
    assert server.requests[3].params["from"] == "2024-03-02"
    assert set(killed.names + rest.names) == set(everything(archive))
    assert rest.names[0] == "2403.00010"
    assert rest.notes == ["a resumption token had expired: went on from 2024-03-02"]
    assert rest.cursor == {"done ": "2024-03-04"}


def test_a_token_that_is_refused_by_status_restarts_too(harvest, archive, server):
    killed = harvest(since=ALL, most=2)
    server.interject(Reply("expired", status=400, content_type="text/plain"))
    rest = harvest(killed.cursor)
    assert rest.error is None
    assert server.requests[3].params["from"] == "2024-03-02"
    assert set(killed.names + rest.names) == set(everything(archive))


def test_who_is_refused_without_a_token_too_is_told_so(harvest, server):
    killed = harvest(since=ALL, most=2)
    server.interject(Reply(status=403), Reply(status=403))
    rest = harvest(killed.cursor)
    assert isinstance(rest.error, SourceRefusedError)
    assert "refuses (403)" in str(rest.error)


def test_days_that_do_not_ascend_are_no_place_to_restart_from(harvest, archive, replica, server):
    replica.shuffled = True
    killed = harvest(since=ALL, most=2)
    replica.expire_tokens()
    rest = harvest(killed.cursor)
    assert server.requests[3].params["from"] == "1991-01-01"
    assert set(rest.names) == set(everything(archive))


def test_tokens_that_always_expire_end_the_run(harvest, replica, archive):
    replica.page_size = 4  # a day has more than a page
    answer = replica.__call__

    def forgetful(request):
        replica.expire_tokens()
        return answer(request)

    with ReplicaServer(forgetful) as server:
        run = harvest(since=ALL, endpoint=f"{server.address}/oai")
    assert isinstance(run.error, SourceUnavailableError)
    assert "resumption tokens expire before they can be used" in str(run.error)
    assert "the harvest stands at 2024-03-01" in str(run.error)


def test_sets(harvest, server):
    run = harvest(since=ALL, categories=["cs.LG", "cs", "hep-th"])
    requested_sets = [each.params.get("set") for each in server.requests if "set" in each.params]
    assert requested_sets == ["cs", "physics:hep-th"]
    assert {record.categories[0] for record in run.records} == {"cs.LG", "cs.CL", "hep-th"}
    assert run.cursor == {"done cs": "2024-03-04", "done physics:hep-th": "2024-03-04"}


@pytest.mark.parametrize("pages", [1, 2, 3, 4])
def test_a_run_over_sets_that_was_killed_goes_on(harvest, replica, server, pages):
    replica.page_size = 4  # two pages a set
    sets = {"categories": ["cs.CL", "astro-ph.GA", "math.AG"], "first_days": 1}
    whole = harvest(since=ALL, **sets)
    assert len(whole.names) == 21
    killed = harvest(since=ALL, most=pages, **sets)
    rest = harvest(killed.cursor, **sets)
    assert set(killed.names + rest.names) == set(whole.names)
    assert rest.cursor == whole.cursor


def test_the_set_under_way_comes_first(harvest, replica, server):
    replica.page_size = 4
    sets = {"categories": ["cs.CL", "astro-ph.GA", "math.AG"]}
    killed = harvest(since=ALL, most=3, **sets)
    server.requests.clear()
    harvest(killed.cursor, **sets)
    assert "resumptionToken" in server.requests[0].params
    requested_sets = [each.params["set"] for each in server.requests if "set" in each.params]
    assert requested_sets == ["cs:cs:CL", "math:math:AG"]


@pytest.mark.parametrize(
    ("category", "name"),
    [
        ("cs.LG", "cs:cs:LG"),
        ("cs", "cs"),
        ("hep-th", "physics:hep-th"),
        ("astro-ph.GA", "physics:astro-ph:GA"),
        ("physics.optics", "physics:physics:optics"),
        ("math-ph", "physics:math-ph"),
        ("q-bio.NC", "q-bio:q-bio:NC"),
    ],
)
def test_categories_and_sets(category, name):
    assert set_of_category(category) == name
    assert category_of_set(name) == (category if name != "cs" else "")
    assert sets_of([name]) == [name]


def test_a_category_that_arxiv_does_not_have():
    with pytest.raises(ValidationError, match=r"arXiv has no category 'cs\.LG; drop'.*hep-th"):
        ArxivOaiOptions(categories=["cs.CL", "cs.LG; drop"])


def test_since_leaves_no_gap_behind_what_was_done(harvest, archive):
    """Changes between the last run and the requested date are still to come."""
    dated = harvest({"done ": "2024-03-02"}, since=dt.date(2024, 3, 4))
    assert dated.names == [f"2403.{n:05d}" for n in range(30, 35)]
    following = harvest(dated.cursor)
    assert following.names == everything(archive)


def test_since_does_not_forget_a_harvest_under_way(harvest, archive):
    killed = harvest(first_days=0, most=2)
    dated = harvest(killed.cursor, since=dt.date(2024, 3, 4))
    following = harvest(dated.cursor)
    assert set(killed.names + following.names) == set(everything(archive))


def test_deleted_records_come_as_notices(harvest, archive):
    archive.delete("2403.00007")
    run = harvest(since=archive.today)
    deleted = [record for record in run.records if record.status]
    assert [(record.key, record.status) for record in deleted] == [("2403.00007", "withdrawn")]


def test_one_damaged_record_costs_only_itself(harvest, archive):
    broken = b"<record><header><identifier>oai:arXiv.org:x</identifier></header><metadata><arXivRaw"
    archive.papers["2403.00003"] = archive.amend("2403.00003", damage=broken)
    run = harvest(since=ALL)
    assert len(run.names) == 34
    assert len(run.rejected) == 1
    assert run.error is None


def test_an_answer_that_is_cut_is_asked_for_again(harvest, archive, replica, server):
    def cut(length):
        whole = replica(server.requests[0]).content
        return Reply(whole[:length])

    harvest(since=ALL, most=1)
    server.interject(Reply(replica(server.requests[0]).content, cut_at=2000), cut(3000), None)
    run = harvest(since=ALL)
    assert run.names == everything(archive)


def test_an_answer_that_is_always_cut_ends_the_run(harvest, replica, server):
    harvest(since=ALL, most=1)
    short = Reply(replica(server.requests[0]).content[:3000])
    server.interject(short, short, short)
    run = harvest(since=ALL)
    assert isinstance(run.error, SourceUnavailableError)
    assert "ended early, 3 times" in str(run.error)


def test_busy_empty_and_slow_answers_are_waited_for(harvest, archive, server, time):
    server.interject(
        Reply(status=503, headers={"Retry-After": "17"}), Reply(b""), Reply(status=429)
    )
    run = harvest(since=ALL)
    assert run.names == everything(archive)
    assert 17.0 <= time.slept[0] < 20


def test_a_page_for_people_is_refused(harvest, server):
    server.interject(Reply("<html><body>Under repair</body></html>", content_type="text/html"))
    run = harvest(since=ALL)
    assert isinstance(run.error, SourceRefusedError)
    assert "this is no OAI-PMH answer: '<html><body>Under repair" in str(run.error)


def test_other_errors_are_said_in_the_words_of_the_repository(harvest, server):
    server.interject(Reply('<OAI-PMH><error code="badArgument">No such set</error></OAI-PMH>'))
    run = harvest(since=ALL)
    assert isinstance(run.error, SourceRefusedError)
    assert str(run.error).endswith("the repository answered badArgument: No such set")


def test_a_list_that_never_ends_is_refused(harvest, server, replica):
    body = replica(server.requests[0]) if server.requests else None
    assert body is None
    looping = Reply(
        "<OAI-PMH><ListRecords><record><header/></record>"
        "<resumptionToken>again</resumptionToken></ListRecords></OAI-PMH>"
    )
    server.interject(looping, looping)
    run = harvest(since=ALL)
    assert isinstance(run.error, SourceRefusedError)
    assert "the same resumption token again" in str(run.error)


def test_totals_are_passed_on(harvest, replica):
    replica.totals = True
    assert [page.total for page in harvest(since=ALL).pages] == [35, 35, 35, 35]
