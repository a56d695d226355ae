"""Whatever a file holds: nothing raises, nothing hangs, and good records come out.

``make fuzz`` runs these with FUZZ_EXAMPLES=3000; the usual run is short.
"""

import contextlib
import copy
import io
import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broadsheet.domain.errors import RecordError
from broadsheet.domain.ingest import RawRecord
from broadsheet.domain.paper import Record
from broadsheet.ingest.formats.format import REJECTED_LIMIT
from broadsheet.ingest.formats.registry import FORMATS, get_format
from broadsheet.ingest.reading import Input

SAMPLES = Path(__file__).parent / "samples"
FORMAT_OF = {
    "acl.xml": "acl-xml",
    "arxiv-query.atom": "arxiv-atom",
    "arxiv-feed.rss": "arxiv-atom",
    "arxiv-snapshot.json": "arxiv-snapshot",
    "beir.jsonl": "beir",
    "crossref.json": "crossref",
    "feed.atom": "feed",
    "feed.json": "feed",
    "feed.rdf": "feed",
    "feed.rss": "feed",
    "dblp.json": "dblp",
    "biorxiv.json": "biorxiv",
    "hf-papers.json": "hf-papers",
    "library.bib": "bibtex",
    "oai-arxiv.xml": "oai-pmh",
    "oai-dc-raw.xml": "oai-pmh",
    "openalex.json": "openalex",
    "openreview.json": "openreview",
    "page-compact.txt": "result-page",
    "page-spaced.txt": "result-page",
    "page.html": "result-page",
    "papers.jsonl": "papers-jsonl",
    "pubmed.xml": "pubmed",
    "references.ris": "ris",
    "semantic-scholar-dump.jsonl": "semantic-scholar",
    "semantic-scholar.json": "semantic-scholar",
    "zotero.json": "zotero",
}
SHARP = [b"<", b">", b"</", b"<!--", b"<![CDATA[", b"&", b"{", b"}", b'"', b"\\", b"\\u0000", b"@",
         b"@article{", b"@string{a=", b"#", b"\n", b"\r\n", b"\0", b"\xff", b"\xc3", b"TY  - ",
         b"ER  - ", b"<entry>", b"</record>", b"null", b"[", b"1e999", b"\xef\xbb\xbf", b"&lol;"]  # fmt: skip

edits = st.lists(
    st.tuples(
        st.integers(0, 5000),
        st.integers(0, 40),
        st.one_of(st.sampled_from(SHARP), st.binary(max_size=4)),
    ),
    max_size=6,
)
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "100"))
quickly = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


def pieces_of(format_name: str, content: bytes) -> list[object]:
    file_format = get_format(format_name)
    results: list[object] = []
    for piece in file_format.split(io.BytesIO(content)):
        assert isinstance(piece.position, str)
        if isinstance(piece, RawRecord):
            with contextlib.suppress(RecordError):
                results.append(file_format.parse(piece.raw))
        else:
            assert piece.reason
            assert len(piece.raw) <= REJECTED_LIMIT
    return results


def edited(content: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    for at, length, new in changes:
        at %= len(content) + 1
        content = content[:at] + new + content[at + length :]
    return content


@pytest.mark.parametrize("sample", FORMAT_OF)
@quickly
@given(changes=edits)
def test_edited_samples_raise_nothing(sample, changes):
    content = edited((SAMPLES / sample).read_bytes(), changes)
    for record in pieces_of(FORMAT_OF[sample], content):
        assert isinstance(record, Record)
        str(record).encode()  # no half surrogate pairs: they can be stored nowhere


@pytest.mark.parametrize("sample", FORMAT_OF)
@quickly
@given(changes=edits)
def test_good_records_before_the_damage_come_out(sample, changes):
    content = (SAMPLES / sample).read_bytes()
    if sample in ("page.html", "feed.json"):
        return  # understood as a whole
    name = FORMAT_OF[sample]
    if sample.endswith((".atom", ".rdf", ".rss", ".xml")):
        end_tag = {
            "acl-xml": b"</paper>",
            "oai-pmh": b"</record>",
            "pubmed": b"</PubmedArticle>",
        }.get(name, b"</entry>" if sample.endswith(".atom") else b"</item>")
        cut = content.index(end_tag) + len(end_tag)
    elif name == "ris":  # the last reference needs no ER line
        cut = content.index(b"ER  -") + len(b"ER  - \n")
    else:
        cut = len(content) // 2
        cut = content.rfind(b"\n", 0, cut) + 1
    before = pieces_of(name, content[:cut])
    damaged = pieces_of(name, content[:cut] + b"\n" + edited(content[cut:], changes))
    if name == "result-page":
        # The last title may find its abstract only behind the cut.
        assert damaged[: len(before)] == before
    else:
        assert [record for record in damaged if record in before][: len(before)] == before


ODD_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**25), 10**25),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(
        ["", "é", "\ud800", "10.1/x", "2024-13-99", "<b>", "https://doi.org/", "a, b; c"]
    ),
    st.lists(st.one_of(st.none(), st.text(max_size=3), st.integers()), max_size=2),
    st.dictionaries(st.text(max_size=3), st.one_of(st.none(), st.text(max_size=3)), max_size=2),
)


def places_in(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Paths to every value of a JSON document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    results = []
    for name, each in inner:
        results.append((*path, name))
        if isinstance(each, dict | list):
            results += places_in(each, (*path, name))
    return results


@pytest.mark.parametrize("sample", [each for each in FORMAT_OF if ".json" in each])
@quickly
@given(choice=st.integers(0, 10**6), values=st.lists(st.tuples(st.integers(0, 10**6), ODD_VALUES)))
def test_values_of_other_types_raise_nothing(sample, choice, values):
    file_format = get_format(FORMAT_OF[sample])
    pieces = list(file_format.split(io.BytesIO((SAMPLES / sample).read_bytes())))
    raws = [piece.raw for piece in pieces if isinstance(piece, RawRecord)]
    record = copy.deepcopy(json.loads(raws[choice % len(raws)]))
    for number, value in values:
        places = places_in(record)
        if not places:
            break
        *above, last = places[number % len(places)]
        target = record
        for name in above:
            target = target[name]
        target[last] = value
    for ascii_only in (True, False):
        raw = json.dumps(record, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
        with contextlib.suppress(RecordError):
            str(file_format.parse(raw)).encode()


@pytest.mark.parametrize("name", [each.name for each in FORMATS])
@quickly
@given(content=st.binary(max_size=400), sharp=st.lists(st.sampled_from(SHARP), max_size=40))
def test_noise_raises_nothing(name, content, sharp):
    pieces_of(name, content)
    pieces_of(name, b"".join(sharp))
    pieces_of(name, b"@a{".join(sharp) + content)
    with contextlib.suppress(RecordError):
        get_format(name).parse(content)


@quickly
@given(
    content=st.binary(max_size=600),
    head=st.sampled_from(
        [*SHARP, b"\x1f\x8b\x08", b"BZh9", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\0", b"\xff\xfe", b""]
    ),
)
def test_reading_noise_raises_nothing(content, head):
    results = Input("noise", io.BytesIO(head + content), None, None)
    for piece in results.pieces():
        if isinstance(piece, RawRecord):
            with contextlib.suppress(RecordError):
                results.format.parse(piece.raw)


@pytest.mark.parametrize("sample", FORMAT_OF)
def test_raw_records_are_complete_in_themselves(sample):
    """Split again, a raw record is one record and means the same."""
    file_format = get_format(FORMAT_OF[sample])
    if file_format.name == "result-page":
        return
    for piece in file_format.split(io.BytesIO((SAMPLES / sample).read_bytes())):
        if isinstance(piece, RawRecord):
            again = [
                p for p in file_format.split(io.BytesIO(piece.raw)) if isinstance(p, RawRecord)
            ]
            assert len(again) == 1
            try:
                assert file_format.parse(again[0].raw) == file_format.parse(piece.raw)
            except RecordError:
                with pytest.raises(RecordError):
                    file_format.parse(again[0].raw)
