import datetime as dt

import pytest

from broadsheet.domain.errors import InvalidInputError
from replicas.acl_anthology import AclReplica, collection, paper
from replicas.server import Reply


@pytest.fixture
def replica() -> AclReplica:
    return AclReplica(
        {
            "2026.acl": collection(
                "2026.acl", paper("Speaking in turns"), paper("Hearing in turns")
            ),
            "2025.emnlp": collection("2025.emnlp", paper("Parsing a whisper"), volume="main"),
            "2019.acl": collection("2019.acl", paper("Too old to be asked for")),
            "P19": collection("P19", paper("A paper of the old kind"), volume="1"),
        }
    )


def serve(desk, replica, **options):
    server = desk.serve("acl-anthology", replica)
    desk.tables["acl-anthology"] = {
        "endpoint": f"{server.address}/data/xml",
        "listing": f"{server.address}/tree",
        **options,
    }
    return server


def requested_paths(desk) -> list[str]:
    return [each.path.removeprefix("/data/xml/") for each in desk.requests("acl-anthology")]


def test_this_year_and_the_last_are_fetched_and_then_only_what_changed(desk, replica):
    serve(desk, replica)
    run = desk.run("acl-anthology")
    assert (run.outcome, run.counts.new) == ("done", 3)
    assert requested_paths(desk) == ["/tree", "2026.acl.xml", "2025.emnlp.xml"]
    stored = desk.paper("acl:2026.acl-long.2")
    assert (stored.title, stored.venue) == ("Hearing in turns", "Proceedings of 2026.acl")

    run = desk.run("acl-anthology")
    assert (run.outcome, run.counts.read) == ("unchanged", 0)
    again = desk.requests("acl-anthology")
    assert [bool(each.headers.get("if-none-match")) for each in again] == [False, True, True]

    replica.files["2026.acl"] = collection(
        "2026.acl",
        paper("Speaking in turns", more="<retracted date='2026-11-01'>Wrong.</retracted>"),
        paper("Hearing in turns"),
        paper("Turns at last"),
    )
    run = desk.run("acl-anthology")
    assert (run.counts.new, run.counts.updated, run.counts.duplicates) == (1, 1, 1)
    assert desk.paper("acl:2026.acl-long.1").status == "retracted"
    desk.run("acl-anthology", since=dt.date(2026, 1, 1))
    assert "if-none-match" not in desk.requests("acl-anthology")[-1].headers


def test_years_and_venues_and_named_files(desk, replica):
    serve(desk, replica, years=[2019], venues=["ACL", "P"])
    desk.run("acl-anthology")
    assert requested_paths(desk) == ["/tree", "2019.acl.xml", "P19.xml"]
    assert desk.paper("acl:P19-1001").title == "A paper of the old kind"
    serve(desk, replica, collections=["2025.emnlp", "2025.emnlp"])
    assert desk.run("acl-anthology").counts.new == 1
    assert requested_paths(desk) == ["2025.emnlp.xml"]


def test_a_mirrors_index_page_will_do(desk, replica):
    server = serve(desk, replica)
    desk.tables["acl-anthology"]["listing"] = f"{server.address}/data/xml/"
    assert desk.run("acl-anthology").counts.new == 3


def test_a_file_that_fails_does_not_stop_the_others(desk, replica):
    server = serve(desk, replica, collections=["2031.acl", "2025.emnlp"])
    run = desk.run("acl-anthology")
    assert (run.outcome, run.counts.new) == ("refused", 1)
    assert run.message.startswith("1 of 2 files failed: 2031.acl: ")
    server.interject(Reply(b"<html>Sign in</html>", content_type="text/html"))
    assert "is no collection" in desk.run("acl-anthology").message


def test_a_bad_paper_is_rejected_alone(desk, replica):
    replica.files["2026.acl"] = collection("2026.acl", "<title></title>", paper("Fine by itself"))
    serve(desk, replica, years=[2026])
    run = desk.run("acl-anthology")
    assert (run.counts.new, run.counts.rejected) == (1, 1)


def test_a_crash_fetches_the_file_again(desk, replica):
    serve(desk, replica)
    desk.run("acl-anthology", killed_at=2)
    assert desk.store.count() == 3
    desk.requests("acl-anthology")
    run = desk.run("acl-anthology")
    assert (run.counts.new, run.counts.duplicates) == (0, 1)
    conditions = [each.headers.get("if-none-match") for each in desk.requests("acl-anthology")[1:]]
    assert [bool(condition) for condition in conditions] == [True, False]


def test_an_empty_list_and_a_wrong_name_are_told(desk, replica):
    server = serve(desk, replica)
    server.interject(Reply(b'{"message":"API rate limit exceeded"}'))
    assert "lists no XML files" in desk.run("acl-anthology").message
    serve(desk, replica, collections=["acl2024"])
    with pytest.raises(InvalidInputError, match=r"collections\.0"):
        desk.run("acl-anthology")
