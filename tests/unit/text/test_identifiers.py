import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.identifiers import Identifier
from broadsheet.text.identifiers import (
    arxiv_month,
    arxiv_version,
    find_identifiers,
    identifier_url,
    parse_identifier,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2401.00001", "arxiv:2401.00001"),
        ("2401.00001v2", "arxiv:2401.00001"),
        ("0704.0001", "arxiv:0704.0001"),
        ("arXiv:2401.00001", "arxiv:2401.00001"),
        ("ArXiv: 2401.00001v12", "arxiv:2401.00001"),
        ("hep-th/9901001v1", "arxiv:hep-th/9901001"),
        ("math.GT/0309136", "arxiv:math/0309136"),
        ("https://arxiv.org/abs/2401.00001", "arxiv:2401.00001"),
        ("http://arxiv.org/pdf/2401.00001v3.pdf", "arxiv:2401.00001"),
        ("https://export.arxiv.org/abs/cs/0112017", "arxiv:cs/0112017"),
        ("https://arxiv.org/html/2401.00001v1#S2", "arxiv:2401.00001"),
        ("https://ar5iv.labs.arxiv.org/html/2401.00001", "arxiv:2401.00001"),
        ("https://huggingface.co/papers/2401.00001", "arxiv:2401.00001"),
        ("https://huggingface.co/papers/2401.00001.md", "arxiv:2401.00001"),
        ("https://www.alphaxiv.org/abs/2401.00001v1", "arxiv:2401.00001"),
        ("10.48550/arXiv.2401.00001", "arxiv:2401.00001"),
        ("https://doi.org/10.48550/ARXIV.2401.00001", "arxiv:2401.00001"),
        ("10.1145/1571941.1572114", "doi:10.1145/1571941.1572114"),
        ("doi:10.1145/1571941.1572114", "doi:10.1145/1571941.1572114"),
        ("DOI: 10.18653/v1/P17-1112.", "doi:10.18653/v1/p17-1112"),
        ("https://doi.org/10.1145/1571941.1572114.", "doi:10.1145/1571941.1572114"),
        ("http://dx.doi.org/10.1016/S0140-6736(20)30183-5", "doi:10.1016/s0140-6736(20)30183-5"),
        ("https://dl.acm.org/doi/pdf/10.1145/1571941.1572114", "doi:10.1145/1571941.1572114"),
        (
            "https://link.springer.com/chapter/10.1007/978-3-031-19836-6 _26",
            "doi:10.1007/978-3-031-19836-6_26",
        ),
        (
            "https://www.biorxiv.org/content/10.1101/2020.01.01.123456v2.full",
            "doi:10.1101/2020.01.01.123456",
        ),
        ("2020.acl-main.1", "acl:2020.acl-main.1"),
        ("P19-1001", "acl:P19-1001"),
        ("https://aclanthology.org/2020.acl-main.1/", "acl:2020.acl-main.1"),
        ("https://aclanthology.org/P19-1001.pdf", "acl:P19-1001"),
        ("https://www.aclweb.org/anthology/P19-1001", "acl:P19-1001"),
        ("https://openreview.net/forum?id=37Fh1MiR5Ze", "openreview:37Fh1MiR5Ze"),
        ("https://openreview.net/pdf?id=xcd5iTC6J-W", "openreview:xcd5iTC6J-W"),
        ("https://openreview.net/forum?id=xcd5iTC6J-W&noteId=zz", "openreview:xcd5iTC6J-W"),
        ("pl:ijcai2024:paper944", "pl:ijcai2024:paper944"),
        ("pmid:31452104", "pmid:31452104"),
        ("https://pubmed.ncbi.nlm.nih.gov/31452104/", "pmid:31452104"),
        ("W2741809807", "openalex:W2741809807"),
        ("https://openalex.org/W2741809807", "openalex:W2741809807"),
        ("0123456789ABCDEF0123456789abcdef01234567", "s2:0123456789abcdef0123456789abcdef01234567"),
        (
            "https://www.semanticscholar.org/paper/A-Title/0123456789abcdef0123456789abcdef01234567",
            "s2:0123456789abcdef0123456789abcdef01234567",
        ),
    ],
)
def test_identifier_is_read(text: str, expected: str) -> None:
    assert str(parse_identifier(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2413.00001",
        "2401.0001",
        "0703.0001",
        "1234",
        "hello world",
        "https://github.com/a/b",
        "https://arxiv.org/list/cs.LG/recent",
        "https://huggingface.co/papers/trending",
        "arxiv:nonsense",
        "doi:10",
        "10.1145/",
        "unknown:thing",
        "note: see 10.1145/1 for more",
        "x" * 1000,
    ],
)
def test_what_is_no_identifier(text: str) -> None:
    assert parse_identifier(text) is None


def test_a_bare_value_is_read_by_the_default_scheme() -> None:
    assert parse_identifier("37Fh1MiR5Ze") is None
    assert parse_identifier("37Fh1MiR5Ze", "openreview") == Identifier("openreview", "37Fh1MiR5Ze")
    assert parse_identifier("31452104", "pmid") == Identifier("pmid", "31452104")
    assert parse_identifier("2401.00001", "doi") == Identifier("arxiv", "2401.00001")


SCHEMES = st.sampled_from(
    [
        Identifier("arxiv", "2401.00001"),
        Identifier("arxiv", "hep-th/9901001"),
        Identifier("doi", "10.1016/s0140-6736(20)30183-5"),
        Identifier("acl", "2020.acl-main.1"),
        Identifier("acl", "P19-1001"),
        Identifier("openreview", "xcd5iTC6J-W"),
        Identifier("s2", "0123456789abcdef0123456789abcdef01234567"),
        Identifier("openalex", "W2741809807"),
        Identifier("pmid", "31452104"),
        Identifier("dblp", "conf/acl/SmithJ19"),
    ]
)


@given(SCHEMES)
def test_what_is_written_is_read_back(identifier: Identifier) -> None:
    assert parse_identifier(str(identifier)) == identifier
    assert parse_identifier(identifier_url(identifier) or "") == identifier


@given(st.text(max_size=80))
def test_any_text_is_read_without_an_error(text: str) -> None:
    identifier = parse_identifier(text)
    assert identifier is None or parse_identifier(str(identifier)) == identifier
    assert all(parse_identifier(str(each)) == each for each in find_identifiers(text))


def test_identifiers_in_running_text() -> None:
    text = (
        "See arXiv:2401.00001v2, (https://doi.org/10.1145/1571941.1572114), hep-th/9901001 and "
        "10.1000/a(b)c). Again https://arxiv.org/abs/2401.00001. PMID: 31452104; accuracy 1234.5678."
    )
    assert [str(identifier) for identifier in find_identifiers(text)] == [
        "arxiv:2401.00001",
        "doi:10.1145/1571941.1572114",
        "arxiv:hep-th/9901001",
        "doi:10.1000/a(b)c",
        "pmid:31452104",
    ]


def test_version_and_month_of_arxiv_identifiers() -> None:
    assert arxiv_version("https://arxiv.org/pdf/2401.00001v3.pdf") == 3
    assert arxiv_version("hep-th/9901001v12") == 12
    assert arxiv_version("2401.00001") is None
    assert arxiv_version("10.1101/1234v2") is None
    assert arxiv_month("2401.00001") == PartialDate(2024, 1)
    assert arxiv_month("hep-th/9901001") == PartialDate(1999, 1)
    assert arxiv_month("cs/0112017") == PartialDate(2001, 12)
    assert arxiv_month("P19-1001") is None
