import pytest

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.paper import Publication


def test_bibtex_library(read, sample):
    result = read("bibtex", sample("library.bib"))
    blei, vaswani, two, paren = result.records

    assert blei.title == "Latent Dirichlet Allocation"
    assert [author.name for author in blei.authors] == [
        "David M. Blei", "Andrew Y. Ng", "Michael I. Jordan",
    ]  # fmt: skip
    assert blei.venue == "Journal of Machine Learning Research"
    assert blei.published == PartialDate(2003, 1)
    assert blei.extra == {"entry_type": "article", "citation_key": "blei2003"}
    assert blei.publication == Publication(type="article", volume="3")
    assert blei.key == "blei2003 latent dirichlet allocation"

    assert vaswani.venue == "Proceedings of the ACL, 2017"
    assert vaswani.identifiers == (Identifier("arxiv", "1706.03762"),)
    assert vaswani.categories == ("cs.CL",)
    assert [author.name for author in vaswani.authors] == ["Ashish Vaswani", "Noam Shazeer"]
    assert vaswani.key == "arxiv:1706.03762"

    assert two.title == 'A "quoted" (title)'
    assert two.identifiers == (Identifier("arxiv", "2401.00001"),)
    assert two.published is None
    assert two.extra["year"] == "n.d."

    assert paren.title == "In parentheses (really)"
    assert paren.identifiers == (Identifier("doi", "10.1000/abc.1"),)

    assert result.positions == [
        "entry blei2003 at line 7",
        "entry vaswani2017attention at line 17",
        "entry two at line 22",
        "entry paren at line 25",
    ]
    assert result.rejected == [
        ("entry lost at line 23", "its braces are not closed"),
        ("entry half at line 26", "the input ends inside this entry"),
    ]


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("{A {B} c}", "A B c"),
        ("{{All of it}}", "All of it"),
        ("{{One} and {Two}}", "One and Two"),
        ('"quoted"', "quoted"),
        ('{one} # " two" # { three}', "one two three"),
        ("unknown", "unknown"),
        ("1984", "1984"),
        (r"{G{\"o}del \{x\}}", r"G\"odel \{x\}"),
        ("{over\n   two lines}", "over two lines"),
    ],
)
def test_bibtex_values(read, value, meant):
    assert read("bibtex", f"@misc{{k, title = {value}}}").record.title == meant


def test_bibtex_raw_records_need_nothing_else(read):
    result = read(
        "bibtex", '@string{a="A"}\n@string{b = a # "B"}\n@string{c="C"}\n@misc{k, title=b}'
    )
    assert result.record.title == "AB"


def test_bibtex_strings_that_grow_without_end(read):
    bomb = '@string{a0 = "xxxxxxxxxx"}\n' + "\n".join(
        f"@string{{a{i} = a{i - 1} # a{i - 1}}}" for i in range(1, 60)
    )
    chain = "@string{b0 = {end}}\n" + "\n".join(
        f"@string{{b{i} = b{i - 1}}}" for i in range(1, 3000)
    )
    ring = "@string{c = d}\n@string{d = c}"
    entries = "@misc{a, title = a59}\n@misc{b, title = b2999}\n@misc{c, title = c # { round}}"
    result = read("bibtex", f"{bomb}\n{chain}\n{ring}\n{entries}\n@misc{{d, title = a0}}")
    assert result.titles == ["c round", "x" * 10]
    assert [reason for _, reason in result.rejected] == [
        "its strings grow beyond 4 MiB",
        "its strings are defined by one another in too many steps",
    ]


def test_bibtex_damage(read):
    result = read(
        "bibtex",
        "@article{a, title={A} year=2020}\n"
        "@article{b title={B}}\n"
        "@article{c, title={C}, title={D}, year=2020, month={June--July}}\n"
        "@article{d, author={No Title}}\n"
        "@article{e, title={E}}}}}\n"
        "@article{, title={No key}, date={2020-05-06/2020-05-09}}\n",
    )
    assert result.titles == ["A", "B", "C", "E", "No key"]
    assert [record.published for record in result.records] == [
        PartialDate(2020), None, PartialDate(2020, 6), None, PartialDate(2020, 5, 6),
    ]  # fmt: skip
    assert [position for position, _ in result.rejected] == ["entry d at line 4"]


def test_ris_references(read, sample):
    result = read("ris", sample("references.ris"))
    long, unended, sloppy, cut = result.records

    assert long.title == "Long Short-Term Memory"
    assert [author.name for author in long.authors] == ["Sepp Hochreiter", "Jürgen Schmidhuber"]
    assert long.abstract == (
        "Learning to store information over extended time intervals takes a very long time."
    )
    assert long.identifiers == (Identifier("doi", "10.1162/neco.1997.9.8.1735"),)
    assert long.published == PartialDate(1997, 11, 15)
    assert long.venue == "Neural Computation"
    assert long.keywords == ("memory", "gradients")
    assert long.extra["tags"] == {"ZZ": "unknown"}
    assert long.publication == Publication(
        type="article", volume="9", number="8", pages="1735–1780"
    )
    assert long.key == "doi:10.1162/neco.1997.9.8.1735"

    assert (unended.title, unended.published) == ("No end line", PartialDate(2020))
    assert (sloppy.title, sloppy.published) == ("One space", PartialDate(2019, 2))
    assert sloppy.extra["Y1"] == "2019/02/30/"
    assert cut.title.startswith("Cut")
    assert result.rejected == []


def test_ris_with_windows_line_ends(read, sample):
    windows = sample("references.ris").replace(b"\n", b"\r\n")
    assert read("ris", windows).records == read("ris", sample("references.ris")).records


def test_ris_without_title_is_rejected(read):
    result = read("ris", "TY  - JOUR\nAU  - X, Y\nER  - \nER  - \n")
    assert result.rejected == [
        ("reference 1, line 1", "it has no title"),
        ("line 4", "an ER line without a reference"),
    ]
