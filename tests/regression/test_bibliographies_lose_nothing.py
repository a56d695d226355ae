"""BibTeX and RIS as programs and people write them: nothing readable is rejected or lost."""

import io

import pytest

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.ingest import RawRecord
from broadsheet.ingest.formats.registry import get_format
from broadsheet.text.latex.plain_text import to_text


def read(name, text):
    """Records and the reasons of rejections."""
    file_format = get_format(name)
    content = text if isinstance(text, bytes) else text.encode()
    assert file_format.recognises(content, "")
    records, rejected = [], []
    for piece in file_format.split(io.BytesIO(content)):
        if isinstance(piece, RawRecord):
            records.append(file_format.parse(piece.raw))
        else:
            rejected.append(piece.reason)
    return records, rejected


def only(name, text):
    (record,), rejected = read(name, text)
    assert not rejected
    return record


def names(record):
    return [author.name for author in record.authors]


# Entries -----------------------------------------------------------------------------------


def test_commentary_is_no_comment():
    record = only("bibtex", "@commentary{s, title={Lamentations}, publisher={T\\&T Clark}}")
    assert (record.title, to_text(record.publication.publisher)) == ("Lamentations", "T&T Clark")


def test_entries_without_a_key():
    records, rejected = read(
        "bibtex",
        "@article{\n  author = {Huang, Y. and Muck, L.},\n  title = {Mechanisms}\n}\n"
        "@Article{author = {First Last},\nTITLE = {{No key at all}}\n}\n"
        "@misc{, title={Comma}}\n@misc{two words, title={A blank in the key}}",
    )
    assert not rejected
    assert [r.title for r in records] == [
        "Mechanisms", "No key at all", "Comma", "A blank in the key",
    ]  # fmt: skip
    assert names(records[0]) == ["Y. Huang", "L. Muck"]


def test_percent_begins_a_comment_between_fields():
    first, second = read(
        "bibtex",
        "@article{a,\n  year = {2022},  % an inline comment\n  % journal = {Old {Journal},\n"
        "  title = {100\\% of comments},\n  journal = {PsyArXiv}\n}\n"
        "@article{b,\n  title = {At the end},\n  year = {2019}\n% url = {https://e.example}\n}\n",
    )[0]
    assert (first.title, first.venue, first.published.year) == (
        "100\\% of comments", "PsyArXiv", 2022,
    )  # fmt: skip
    assert (second.title, second.url) == ("At the end", "")


def test_a_percent_sign_within_braces_is_text():
    assert only("bibtex", "@misc{a, title={A 5% rise\nand more}}").title == "A 5% rise and more"


def test_missing_commas():
    record = only("bibtex", '@article{a title = "T" year = 2020 journal={J}}')
    assert (record.title, record.published, record.venue) == ("T", PartialDate(2020), "J")


def test_values_nobody_put_in_braces():
    record = only("bibtex", "@misc{a, title={T}, note = see page 10, year = 2020}")
    assert (record.comment, record.published) == ("see page 10", PartialDate(2020))


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_line_ends_of_every_system(end):
    bib = end.join(["% exported", "@article{a,", "  title = {One},", "  year = {2001}}", "@misc{b,title={Two}}"])  # fmt: skip
    assert [r.title for r in read("bibtex", bib)[0]] == ["One", "Two"]
    ris = end.join(["TY  - JOUR", "TI  - One", "ER  - ", "TY  - JOUR", "TI  - Two", "ER  - ", ""])
    assert [r.title for r in read("ris", ris)[0]] == ["One", "Two"]


# Inheritance -------------------------------------------------------------------------------

PARENTS = (
    "@string{acm={ACM}}\n"
    "@inbook{el, author={Husse, Hash}, crossref={sal}, pages={227--32}, title={Lebanon}}\n"
    "@inproceedings{zim, author={Zimmer, Olaf}, title={Decisions}, crossref={WICSA}}\n"
    "@book{sal, editor={Salam, Les}, publisher={Kumar}, title={Global Society}, year={2004},"
    " doi={10.5555/book}}\n"
    "@proceedings{wicsa, editor={Bass, Len}, publisher=acm, title={12th Conference}, year={2015}}\n"
)


@pytest.mark.parametrize("order", [1, -1])
def test_fields_of_the_parent_are_inherited(order):
    lines = PARENTS.splitlines()
    records, _ = read("bibtex", "\n".join([lines[0], *lines[1:][::order]]))
    records_by_title = {record.title: record for record in records}
    assert len(records_by_title) == 4
    chapter, paper = records_by_title["Lebanon"], records_by_title["Decisions"]
    assert (chapter.venue, chapter.published) == ("Global Society", PartialDate(2004))
    assert (paper.venue, paper.published) == ("12th Conference", PartialDate(2015))
    assert (chapter.publication.pages, chapter.publication.publisher) == ("227–32", "Kumar")
    assert paper.publication.publisher == "ACM"
    assert [editor.name for editor in paper.publication.editors] == ["Len Bass"]
    assert chapter.identifiers == ()  # a chapter is not its book


def test_a_record_with_its_parents_is_complete_in_itself():
    file_format = get_format("bibtex")
    for piece in file_format.split(io.BytesIO(PARENTS.encode())):
        (again,) = file_format.split(io.BytesIO(piece.raw))
        assert file_format.parse(again.raw) == file_format.parse(piece.raw)


def test_xdata_gives_all_its_fields():
    record = only(
        "bibtex",
        "@article{a, title={T}, xdata={common}}\n@xdata{common, journal={J}, volume={3}}",
    )
    assert (record.venue, record.publication.volume) == ("J", "3")


# RIS ---------------------------------------------------------------------------------------


def test_an_indented_reference():
    records, rejected = read(
        "ris",
        "TY  - JOUR\nTI  - The first\nER  - \n  TY  - JOUR\n  AU  - Indent, Ed\n"
        "  TI  - An indented\n    title\n  ER  - \nTY  - JOUR\nTI  - The third\nER  - \n",
    )
    assert [r.title for r in records] == ["The first", "An indented title", "The third"]
    assert not rejected
    assert names(records[1]) == ["Ed Indent"]


def test_fields_without_a_type_are_rejected_not_dropped():
    records, rejected = read(
        "ris", "TY  - JOUR\nTI  - Good\nER  - \nAU  - Lost, A\nTI  - Lost\nER  - \n"
    )
    assert len(records) == 1
    assert rejected == ["fields outside a reference: its TY line is missing"]


def test_a_reference_without_its_end():
    assert only("ris", "TY  - JOUR\nTI  - No end\nPY  - 2020").title == "No end"


@pytest.mark.parametrize(
    ("lines", "venue"),
    [
        ("TY  - CONF\nBT  - Computer Vision – ECCV 2018", "Computer Vision – ECCV 2018"),
        ("TY  - CPAPER\nC3  - Proceedings of the Tenth Conference\nT2  - LNCS",
         "Proceedings of the Tenth Conference"),
        ("TY  - JOUR\nJO  - Augment Altern\nJF  - Augmentative Communication",
         "Augmentative Communication"),
        ("TY  - CHAP\nT2  - A Book\nT3  - A Series", "A Book"),
        ("TY  - THES\nPB  - Some University", "Some University"),
    ],
)  # fmt: skip
def test_venues(lines, venue):
    assert only("ris", f"{lines}\nTI  - T\nER  - \n").venue == venue


def test_markup_in_ris():
    record = only(
        "ris",
        "TY  - JOUR\nTI  - PM<sub>2.5</sub> in <i>Mus</i> &amp; a<b others\nJO  - Health &amp; Place\n"
        "AB  - <p>Background: p &lt; 0.05.</p> <jats:p>More</jats:p>\nER  - \n",
    )
    assert to_text(record.title) == "PM₂.₅ in Mus & a<b others"
    assert record.venue == "Health & Place"
    assert record.abstract == "Background: p < 0.05. More"


# Text of BibTeX ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("{A} survey of {C}++ and {W[1]}-hardness in {$O(n^4)$} time",
         "A survey of C++ and W[1]-hardness in O(n⁴) time"),
        ("{COVID-19}, {PM$_{2.5}$}, {Cu$_2$O}, {2D} and {U.S.} data: {I}. {UPPER:} case {(PMx)}",
         "COVID-19, PM₂.₅, Cu₂O, 2D and U.S. data: I. UPPER: case (PMx)"),
        (r"The set \{{x}, y\} and {\'E}tudes, Stra{\ss}e, {G{\"o}del}, \emph{very {Good}}",
         "The set {x, y} and Études, Straße, Gödel, very Good"),
        (r"On \texorpdfstring{$\alpha$}{alpha}-decay: \mkbibquote{wisdom}, \foreignlanguage{german}{Buch}",
         "On α-decay: “wisdom”, Buch"),
        (r"$\slashed{E}$ and {\textbackslash}textsc{DecADe}", "E̸ and DecADe"),
        (r"{\textless}i{\textgreater}Mus musculus{\textless}/i{\textgreater} at p {\textless} 0.05",
         "Mus musculus at p < 0.05"),
        (r"synchrotron \ifmmode \check{C}\else \v{C}\fi{}erenkov at 4 \ifmmode^\circ\else\textdegree\fi{}C",
         "synchrotron Čerenkov at 4 °C"),
        (r"A $\Sigma$$\Delta$ modulator with ${\mathrm{Tb}}_{2}$${\mathrm{O}}_{3}$",
         "A ΣΔ modulator with Tb₂O₃"),
        ("10<sup>5</sup> &amp; H<sub>2</sub>O", "10⁵ & H₂O"),
    ],
)  # fmt: skip
def test_titles(written, read_as):
    assert to_text(only("bibtex", f"@misc{{a, title={{{written}}}}}").title) == read_as


@pytest.mark.parametrize(
    ("journal", "venue"),
    [
        (r"{\apj}", "The Astrophysical Journal"),
        (r"\aap", "Astronomy & Astrophysics"),
        ("Physical Review {D}", "Physical Review D"),
    ],
)
def test_journals(journal, venue):
    assert only("bibtex", f"@article{{a, title={{T}}, journal={{{journal}}}}}").venue == venue


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{European Association for Cardio and Vascular Surgery}",
         ["European Association for Cardio and Vascular Surgery"]),
        ("{Barnes and Noble, Inc.}", ["Barnes and Noble, Inc."]),
        ("{X and Y} and Lee, A.", ["X and Y", "A. Lee"]),
        ("{Smith, John and Doe, Jane}", ["John Smith", "Jane Doe"]),
        ("{Bell, II}, Edwin V. and {Hunt, III}, H. B. and {Baldwin, Jr.}, Harry L. and {St. John}, Katherine",
         ["Edwin V. Bell II", "H. B. Hunt III", "Harry L. Baldwin Jr.", "Katherine St. John"]),
        ("family=Meer, given=Vincent, prefix=van der, useprefix=true and Guo, Dan and given=Jean, "
         "prefix=de la, prefix-i=d, family=Rousse and family={Robert and Sons, Inc.}",
         ["Vincent van der Meer", "Dan Guo", "Jean de la Rousse", "Robert and Sons, Inc."]),
        ("Ping Li 0001 and Tong Zhang 0001 and Ann Lee", ["Ping Li", "Tong Zhang", "Ann Lee"]),
        (r"Mu\ifmmode \check{s}\else \v{s}\fi{}evi\ifmmode \check{c}\else \v{c}\fi{}, I. and "
         r"\ifmmode \check{Z}\else \v{Z}\fi{}ek\ifmmode \check{s}\else \v{s}\fi{}, B.",
         ["I. Muševič", "B. Žekš"]),
        ("{World Health Organization} and Lee, Ann", ["World Health Organization", "Ann Lee"]),
        (r"{\'E}tienne, Paul and {\"O}zt{\"u}rk, A. and others", ["Paul Étienne", "A. Öztürk"]),
    ],
)  # fmt: skip
def test_names(written, expected):
    braces = "{" + written + "}"
    record = only("bibtex", f"@misc{{a, title={{T}}, author={braces}}}")
    assert names(record) == expected
