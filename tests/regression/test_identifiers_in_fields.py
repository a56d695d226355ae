"""Identifiers in every usual way of writing, in any field, and never a cut one."""

import io

import pytest

from broadsheet.ingest.formats.registry import get_format
from broadsheet.text.identifiers import find_field_identifiers


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (r"10.1007/978-3-540-24777-7{\_}3", ["10.1007/978-3-540-24777-7_3"]),
        (r"10.1002/(SICI)1097-0258(19980815)17:15\textless{}1661::AID-SIM968\textgreater{}3.0.CO;2-2",
         ["10.1002/(sici)1097-0258(19980815)17:15<1661::aid-sim968>3.0.co;2-2"]),
        (r"\url{https://doi.org/10.5555/x.1}", ["10.5555/x.1"]),
        (r"\href{https://doi.org/10.5555/x.1}{10.5555/x.1}", ["10.5555/x.1"]),
        ("DOI 10.5555/x.5", ["10.5555/x.5"]),
        ("doi:\u00a010.5555/x.5", ["10.5555/x.5"]),
        ("10.5555/a.1, 10.5555/a.2", ["10.5555/a.1", "10.5555/a.2"]),
        ("10.1659/0276-4741(2007)27 [ 32:TLBCFP]2.0.CO;2",
         ["10.1659/0276-4741(2007)27[32:tlbcfp]2.0.co;2"]),
        ("10.1016/j.jspi.2012.07.\n001", ["10.1016/j.jspi.2012.07.001"]),
        ("10.1000/abc-\r\n def", ["10.1000/abc-def"]),
        ("10.1080 / 00018732.2010.1", ["10.1080/00018732.2010.1"]),
        ("10.1093/nar/gkz1 [pii]; 10.1093/nar/gkz1 [doi]", ["10.1093/nar/gkz1"]),
        ("10.1000/abc (2019)", ["10.1000/abc"]),
        ("10.1000/abc. Epub 2018 Jan 3", ["10.1000/abc"]),
        ("10.1000/abc 123", []),  # nobody can say whether that is one
        ("10.1002/x&lt;1::AID&gt;3", ["10.1002/x<1::aid>3"]),
        ("10.1007/s00401\u2010012\u20101", ["10.1007/s00401-012-1"]),
        ("info:doi/10.1000/182", ["10.1000/182"]),
    ],
)  # fmt: skip
def test_dois(written, expected):
    assert [str(each) for each in find_field_identifiers(written, "doi")] == [
        f"doi:{value}" for value in expected
    ]


def test_several_kinds_in_one_field():
    names = find_field_identifiers("PMID: 12345678; PMCID: PMC1234; arXiv: 2401.00001v2 [cs.LG]")
    assert [str(each) for each in names] == ["pmid:12345678", "pmcid:PMC1234", "arxiv:2401.00001"]


def identifiers(name, raw):
    return [str(each) for each in get_format(name).parse(raw.encode()).identifiers]


@pytest.mark.parametrize(
    "line",
    [
        "L3  - 10.5555/m.1", "M3  - doi: 10.5555/m.1", "DO  - Doi 10.5555/m.1",
        "L2  - https://doi.org/10.5555/m.1", "N1  - DOI: 10.5555/m.1", "AN  - 10.5555/m.1",
        "UR  - http://dx.doi.org/10.5555/M.1", "DO  - https://www.doi.org/10.5555/m.1",
    ],
)  # fmt: skip
def test_a_doi_in_any_field_of_ris(line):
    assert identifiers("ris", f"TY  - JOUR\nTI  - T\n{line}\nER  - \n") == ["doi:10.5555/m.1"]


def test_other_works_in_a_note_are_not_this_one():
    raw = "TY  - JOUR\nTI  - T\nN1  - Erratum in: doi: 10.5555/other\nER  - \n"
    assert identifiers("ris", raw) == []
    assert identifiers("bibtex", "@misc{a, title={T}, note={Comment on doi:10.5555/other}}") == []


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("doi={DOI 10.5555/m.1}", "doi:10.5555/m.1"),
        ("note={doi: 10.5555/m.1}", "doi:10.5555/m.1"),
        ("url={https://link.springer.com/article/10.1007/s1-2}", "doi:10.1007/s1-2"),
        ("howpublished={\\url{https://arxiv.org/abs/2401.00001}}", "arxiv:2401.00001"),
        ("journal={arXiv preprint arXiv:2401.00001}", "arxiv:2401.00001"),
        ("journal={CoRR}, volume={abs/2401.00001}", "arxiv:2401.00001"),
        ("arxivId={2401.00001}", "arxiv:2401.00001"),
        ("eprint={arXiv:2401.00001v2}, archivePrefix={arXiv}", "arxiv:2401.00001"),
        ("pmid={PMID: 12345678}", "pmid:12345678"),
        ("eprint={12345678}, eprinttype={pubmed}", "pmid:12345678"),
        ("ee={https://doi.org/10.5555/M.1}", "doi:10.5555/m.1"),
    ],
)
def test_an_identifier_in_any_field_of_bibtex(field, expected):
    assert identifiers("bibtex", f"@article{{a, title={{T}}, {field}}}") == [expected]


def test_a_doi_that_arxiv_breaks_over_a_line():
    arxiv = get_format("oai-pmh")
    raw = (
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords><record><header>'
        "<identifier>oai:arXiv.org:1207.0001</identifier></header><metadata>"
        '<arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>1207.0001</id><title>T</title>'
        "<doi>10.1016/j.jspi.2012.07.\n001 10.1016/j.other.1</doi></arXiv></metadata></record>"
        "</ListRecords></OAI-PMH>"
    )
    (piece,) = arxiv.split(io.BytesIO(raw.encode()))
    assert [str(each) for each in arxiv.parse(piece.raw).identifiers] == [
        "arxiv:1207.0001", "doi:10.1016/j.jspi.2012.07.001", "doi:10.1016/j.other.1",
    ]  # fmt: skip
