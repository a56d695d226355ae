"""The OAI-PMH repository, read by the client ``sickle`` and checked against the protocol's rules."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from lxml import etree
from sickle import Sickle
from sickle.oaiexceptions import BadArgument, BadResumptionToken, IdDoesNotExist, NoRecordsMatch

from api_server import served
from broadsheet.api import oai
from broadsheet.config import Settings
from broadsheet.domain.access import OWNER
from broadsheet.home import Home
from broadsheet.ingest.formats.oai_pmh import OaiPmh
from broadsheet.services.local import LocalServices
from broadsheet.wiring import open_services

_HERE = Path(__file__).parent
SCHEMA = etree.XMLSchema(etree.parse(_HERE / "oai.xsd"))
NAMES = {
    "o": "http://www.openarchives.org/OAI/2.0/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "a": "http://arxiv.org/OAI/arXiv/",
}
PAPERS = 12
LATEX = "Bounds on $\\ell_p < 1$ & \\emph{more}\u0007"


def _lines() -> Iterator[str]:
    for number in range(1, PAPERS):
        yield json.dumps(
            {
                "id": f"arxiv:2401.{number:05d}",
                "title": LATEX if number == 1 else f"A title with the number {number}",
                "abstract": f"Abstract <{number}>.",
                "authors": ["Ludwig van der Meer", "The ATLAS Collaboration"],
                "date": "2024-01-02",
                "updated": "2024-03-04",
                "categories": ["cs.LG", "hep-th"] if number % 2 else ["math.AG"],
                "doi": f"10.1000/{number}",
                "comment": "9 pages",
                "report-no": "CERN-1",
                "venue": "Nature",
                "license": "http://creativecommons.org/licenses/by/4.0/",
                "versions": [{"version": 1, "date": "2024-01-02"}, {"version": 2}],
            }
        )
    yield json.dumps({"id": "doi:10.1000/a(b)c", "title": "Not on arXiv", "date": "2024"})


def _import(services: LocalServices, folder: Path, *lines: str) -> None:
    file = folder / "papers.jsonl"
    file.write_text("\n".join(lines))
    services.library.import_paths(OWNER, [str(file)])


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServices]:
    monkeypatch.setattr(oai, "PAGE_SIZE", 5)
    with open_services(Home(tmp_path / "home").create(), Settings()) as services:
        _import(services, tmp_path, *_lines())
        yield services


@pytest.fixture
def address(library: LocalServices) -> Iterator[str]:
    with served(library, [oai.router]) as served_at:
        yield f"{served_at}/oai"


@pytest.fixture
def sickle(address: str) -> Sickle:
    return Sickle(address)


def _ask(address: str, **arguments: str) -> etree._Element:
    """Answer as XML; every answer follows the protocol's rules."""
    names = {name.rstrip("_"): text for name, text in arguments.items()}
    answer = httpx.get(address, params=names)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    tree = etree.fromstring(answer.content)
    SCHEMA.assertValid(tree)
    return tree


def _error(address: str, **arguments: str) -> str:
    (error,) = _ask(address, **arguments).findall("o:error", NAMES)
    assert error.text
    return str(error.get("code"))


@pytest.mark.parametrize("prefix", ["oai_dc", "arXiv", "broadsheet"])
def test_sickle_harvests_every_paper_once(sickle: Sickle, prefix: str) -> None:
    records = list(sickle.ListRecords(metadataPrefix=prefix))
    names = [record.header.identifier for record in records]
    expected = [f"oai:arXiv.org:2401.{number:05d}" for number in range(1, PAPERS)]
    assert names == expected + ["oai:broadsheet:doi:10.1000/a(b)c"] * (prefix != "arXiv")
    headers = list(sickle.ListIdentifiers(metadataPrefix=prefix))
    assert [header.identifier for header in headers] == names


@pytest.mark.parametrize("prefix", ["oai_dc", "arXiv", "broadsheet"])
def test_every_page_of_a_list_follows_the_rules(address: str, prefix: str) -> None:
    for verb in ("ListRecords", "ListIdentifiers"):
        tree = _ask(address, verb=verb, metadataPrefix=prefix)
        positions = []
        while (token := tree.find(".//o:resumptionToken", NAMES)) is not None:
            positions.append((token.get("cursor"), token.get("completeListSize")))
            if not token.text:
                break
            tree = _ask(address, verb=verb, resumptionToken=token.text)
        size = str(PAPERS - (prefix == "arXiv"))
        assert positions == [("0", size), ("5", size), ("10", size)]


def test_a_token_survives_a_restart(library: LocalServices, tmp_path: Path) -> None:
    with served(library, [oai.router]) as first:
        tree = _ask(f"{first}/oai", verb="ListRecords", metadataPrefix="oai_dc", set="cs")
    token = tree.findtext(".//o:resumptionToken", namespaces=NAMES)
    assert token
    library.close()
    with (
        open_services(Home(tmp_path / "home")) as again,
        served(again, [oai.router]) as second,
    ):
        tree = _ask(f"{second}/oai", verb="ListRecords", resumptionToken=token)
        names = tree.xpath("//o:header/o:identifier/text()", namespaces=NAMES)
        assert names == ["oai:arXiv.org:2401.00011"]
        forged = token[:-1] + ("A" if token[-1] != "A" else "B")
        assert _error(f"{second}/oai", verb="ListRecords", resumptionToken=forged) == (
            "badResumptionToken"
        )


def test_sickle_goes_on_with_a_token_after_a_restart(
    library: LocalServices, tmp_path: Path
) -> None:
    with served(library, [oai.router]) as first:
        repository = Sickle(f"{first}/oai")
        assert repository.Identify().deletedRecord == "persistent"
        prefixes = [each.metadataPrefix for each in repository.ListMetadataFormats()]
        assert prefixes == ["oai_dc", "arXiv", "broadsheet"]
        records = repository.ListRecords(metadataPrefix="oai_dc")
        names = [next(records).header.identifier for _ in range(5)]
        token = records.resumption_token.token
    library.close()
    with (
        open_services(Home(tmp_path / "home")) as again,
        served(again, [oai.router]) as second,
    ):
        rest = Sickle(f"{second}/oai").ListRecords(resumptionToken=token)
        names += [record.header.identifier for record in rest]
    assert len(names) == len(set(names)) == PAPERS


def test_the_arxiv_format_has_every_field(address: str) -> None:
    tree = _ask(
        address,
        verb="GetRecord",
        metadataPrefix="arXiv",
        identifier="oai:arXiv.org:2401.00001",
    )
    fields = {
        etree.QName(element).localname: element.text
        for element in tree.find(".//a:arXiv", NAMES)
        if len(element) == 0
    }
    assert fields == {
        "id": "2401.00001",
        "created": "2024-01-02",
        "updated": "2024-03-04",
        "title": LATEX.removesuffix("\u0007"),
        "categories": "cs.LG hep-th",
        "comments": "9 pages",
        "report-no": "CERN-1",
        "journal-ref": "Nature",
        "doi": "10.1000/1",
        "license": "http://creativecommons.org/licenses/by/4.0/",
        "abstract": "Abstract <1>.",
    }
    names = [[part.text for part in author] for author in tree.iterfind(".//a:author", NAMES)]
    assert names == [["van der Meer", "Ludwig"], ["The ATLAS Collaboration"]]
    specs = [spec.text for spec in tree.iterfind(".//o:setSpec", NAMES)]
    assert specs == ["cs:cs:LG", "physics:hep-th"]


def test_dublin_core_has_every_field(sickle: Sickle) -> None:
    record = sickle.GetRecord(metadataPrefix="oai_dc", identifier="oai:arXiv.org:2401.00003")
    assert record.metadata["title"] == ["A title with the number 3"]
    assert record.metadata["creator"] == ["van der Meer, Ludwig", "The ATLAS Collaboration"]
    assert record.metadata["date"] == ["2024-01-02", "2024-03-04"]
    assert record.metadata["description"] == ["Abstract <3>.", "Comment: 9 pages"]
    assert "doi:10.1000/3" in record.metadata["identifier"]
    assert "https://arxiv.org/abs/2401.00003" in record.metadata["identifier"]


def test_what_is_served_can_be_imported_again(address: str) -> None:
    answer = httpx.get(address, params={"verb": "ListRecords", "metadataPrefix": "arXiv"})
    raw = re.search(rb"<record>.*?</record>", answer.content, re.DOTALL)
    assert raw
    root = b'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/" xmlns:xsi="x">'
    record = OaiPmh().parse(root + raw[0] + b"</OAI-PMH>")
    assert (record.source, record.key) == ("arxiv", "2401.00001")
    assert [author.name for author in record.authors] == [
        "Ludwig van der Meer",
        "The ATLAS Collaboration",
    ]


@pytest.mark.parametrize(
    ("name", "papers"),
    [("cs", 6), ("cs:cs:LG", 6), ("physics:hep-th", 6), ("physics", 6), ("math", 5), ("math:math", 5)],
)  # fmt: skip
def test_sets_choose_papers(sickle: Sickle, name: str, papers: int) -> None:
    assert len(list(sickle.ListIdentifiers(metadataPrefix="oai_dc", set=name))) == papers


def test_sets_have_names(sickle: Sickle) -> None:
    names = {each.setSpec: each.setName for each in sickle.ListSets()}
    assert names["cs"] == "Computer Science"
    assert names["cs:cs:LG"] == "Machine Learning"
    assert names["physics:hep-th"] == "High Energy Physics – Theory"
    assert names["physics:physics:geo-ph"] == "Geophysics"


def test_times_choose_papers(sickle: Sickle, address: str) -> None:
    stamp = next(sickle.ListIdentifiers(metadataPrefix="oai_dc")).datestamp
    everything = list(sickle.ListIdentifiers(metadataPrefix="oai_dc", **{"from": stamp}))
    assert len(everything) == PAPERS
    day = stamp[:10]
    assert len(list(sickle.ListIdentifiers(metadataPrefix="oai_dc", until=day))) == PAPERS
    with pytest.raises(NoRecordsMatch):
        sickle.ListIdentifiers(metadataPrefix="oai_dc", until="2001-01-01")
    identify = _ask(address, verb="Identify")
    assert identify.findtext(".//o:earliestDatestamp", namespaces=NAMES) <= stamp


def test_papers_found_to_be_one_leave_a_deleted_record(
    library: LocalServices, sickle: Sickle, tmp_path: Path
) -> None:
    both = ["arxiv:2401.00002", "doi:10.1000/a(b)c"]
    line = {"id": "openalex:W1", "title": "Both of them", "identifiers": both}
    _import(library, tmp_path, json.dumps(line))
    deleted = [
        header.identifier
        for header in sickle.ListIdentifiers(metadataPrefix="oai_dc")
        if header.deleted
    ]
    assert deleted == ["oai:broadsheet:doi:10.1000/a(b)c"]
    record = sickle.GetRecord(metadataPrefix="oai_dc", identifier=deleted[0])
    assert record.deleted
    assert len(list(sickle.ListRecords(metadataPrefix="oai_dc", ignore_deleted=True))) == PAPERS - 1


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        ("badVerb", {}),
        ("badVerb", {"verb": "Harvest"}),
        ("badArgument", {"verb": "Identify", "set": "cs"}),
        ("badArgument", {"verb": "GetRecord", "metadataPrefix": "oai_dc"}),
        ("badArgument", {"verb": "ListRecords"}),
        ("badArgument", {"verb": "ListRecords", "metadataPrefix": ""}),
        ("badArgument", {"verb": "ListRecords", "metadataPrefix": "oai_dc", "from_": "yesterday"}),
        ("badArgument", {"verb": "ListRecords", "metadataPrefix": "oai_dc", "from_": "2024-02-30"}),
        (
            "badArgument",
            {
                "verb": "ListRecords",
                "metadataPrefix": "oai_dc",
                "from_": "2024-01-01",
                "until": "2024-01-01T00:00:00Z",
            },
        ),
        (
            "badArgument",
            {
                "verb": "ListRecords",
                "metadataPrefix": "oai_dc",
                "from_": "2024-02-01",
                "until": "2024-01-01",
            },
        ),
        ("badArgument", {"verb": "ListRecords", "resumptionToken": "x", "set": "cs"}),
        ("badResumptionToken", {"verb": "ListRecords", "resumptionToken": "x"}),
        ("badResumptionToken", {"verb": "ListSets", "resumptionToken": "x"}),
        ("cannotDisseminateFormat", {"verb": "ListRecords", "metadataPrefix": "marc"}),
        (
            "cannotDisseminateFormat",
            {
                "verb": "GetRecord",
                "metadataPrefix": "arXiv",
                "identifier": "oai:broadsheet:doi:10.1000/a(b)c",
            },
        ),
        (
            "idDoesNotExist",
            {
                "verb": "GetRecord",
                "metadataPrefix": "oai_dc",
                "identifier": "oai:arXiv.org:2401.99999",
            },
        ),
        ("idDoesNotExist", {"verb": "ListMetadataFormats", "identifier": "nothing"}),
        ("noRecordsMatch", {"verb": "ListRecords", "metadataPrefix": "oai_dc", "set": "cooking"}),
        ("noRecordsMatch", {"verb": "ListRecords", "metadataPrefix": "oai_dc", "set": "econ"}),
    ],
)
def test_every_error_has_its_code(address: str, code: str, arguments: dict[str, str]) -> None:
    assert _error(address, **arguments) == code


def test_sickle_raises_the_errors(sickle: Sickle) -> None:
    with pytest.raises(BadArgument):
        sickle.ListRecords(metadataPrefix="oai_dc", **{"from": "never"})
    with pytest.raises(BadResumptionToken):
        sickle.ListRecords(resumptionToken="x")
    with pytest.raises(IdDoesNotExist):
        sickle.GetRecord(metadataPrefix="oai_dc", identifier="oai:arXiv.org:2401.99999")


def test_an_argument_given_twice_is_refused(address: str) -> None:
    answer = httpx.get(f"{address}?verb=Identify&verb=Identify")
    assert b'code="badVerb"' in answer.content
    answer = httpx.get(f"{address}?verb=ListRecords&metadataPrefix=a&metadataPrefix=b")
    assert b'code="badArgument"' in answer.content


def test_the_other_verbs_follow_the_rules(address: str) -> None:
    for verb in ("Identify", "ListMetadataFormats", "ListSets"):
        _ask(address, verb=verb)
    tree = _ask(address, verb="ListMetadataFormats", identifier="oai:broadsheet:doi:10.1000/a(b)c")
    prefixes = [each.text for each in tree.iterfind(".//o:metadataPrefix", NAMES)]
    assert prefixes == ["oai_dc", "broadsheet"]
    schema = tree.xpath("//o:schema/text()", namespaces=NAMES)[-1]
    etree.XMLSchema(etree.fromstring(httpx.get(schema).content))


def test_a_form_is_answered_like_an_address(address: str) -> None:
    answer = httpx.post(address, data={"verb": "Identify"})
    SCHEMA.assertValid(etree.fromstring(answer.content))
    assert b"<Identify>" in answer.content
