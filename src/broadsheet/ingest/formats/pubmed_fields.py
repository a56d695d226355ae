"""Parts of a PubMed record: dates, abstract, authors, identifiers, headings, status."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.paper import Author
from broadsheet.ingest.formats.fields import identifier_of, single_spaced
from broadsheet.ingest.formats.jats import plain_text
from broadsheet.ingest.formats.markup import child_text, child_texts, children, flat_text
from broadsheet.ingest.formats.months import month_number
from broadsheet.text.wordlists import words

_BRACKETED = re.compile(r"\[(.*)\]\.?", re.DOTALL)
_NOT_AVAILABLE = ("not available", "in process citation")
_UNLABELLED = ("", "unlabelled", "unassigned")
_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)")
_SCHEMES = {"doi": "doi", "pmc": "pmcid", "pubmed": "pmid"}
_WITHDRAWN = re.compile(r"\W*(?:WITHDRAWN\b|Withdrawn:)")
# Headings that indexers tick for every study; they say nothing about a paper's subject.
_CHECK_TAGS = words("humans animals male female adult aged adolescent child infant mice rats")


def fold_title(title: str, vernacular: str) -> str:
    """The title without PubMed's brackets (a translation) and its full stop."""
    inner = _BRACKETED.fullmatch(title)
    text = inner.group(1) if inner else title
    text = text.removesuffix(".") if not text.endswith("..") else text
    if not text or text.strip().lower() in _NOT_AVAILABLE:
        return vernacular.removesuffix(".")
    return text.strip()


def abstract_of(article: Any, citation: Any) -> str:
    """Structured parts with their labels, a paragraph each; else another language's."""
    for element in [*children(article, "Abstract"), *children(citation, "OtherAbstract")]:
        parts = []
        for each in children(element, "AbstractText"):
            text = plain_text(flat_text(each))
            label = single_spaced(each.get("Label") or "")
            if text:
                parts.append(text if label.lower() in _UNLABELLED else f"{label}: {text}")
        if parts:
            return "\n\n".join(parts)
    return ""


def authors_in(element: Any) -> tuple[Author, ...]:
    """Of the list of authors (a book has one of editors too); groups by their own names."""
    return _people(
        each for each in children(element, "AuthorList") if each.get("Type") != "editors"
    )


def editors_in(element: Any) -> tuple[Author, ...]:
    """Of a book's list of editors."""
    return _people(
        each for each in children(element, "AuthorList") if each.get("Type") == "editors"
    )


def _people(lists: Iterable[Any]) -> tuple[Author, ...]:
    people = [each for group in lists for each in children(group, "Author")]
    return tuple(
        author
        for each in people
        if each.get("ValidYN") != "N" and (author := _author(each)) is not None
    )


def _author(element: Any) -> Author | None:
    given_name = child_text(element, "ForeName") or child_text(element, "Initials")
    parts = (given_name, child_text(element, "LastName"), child_text(element, "Suffix"))
    name = child_text(element, "CollectiveName") or " ".join(filter(None, parts))
    places = [
        text
        for each in children(element, "AffiliationInfo")
        for text in child_texts(each, "Affiliation")
    ]
    return Author(name, "; ".join(filter(None, places))) if name else None


def identifiers_in(article: Any, catalogue: Any) -> Iterator[Identifier | None]:
    """DOI and PMC number. References carry such lists too, deeper down: not these."""
    lists = [*children(article, "ArticleIdList")]
    if catalogue is not None:
        lists += children(catalogue, "ArticleIdList")
    for group in lists:
        for each in children(group, "ArticleId"):
            scheme = _SCHEMES.get(each.get("IdType") or "")
            if scheme in ("doi", "pmcid"):
                yield _named(flat_text(each), scheme)
    for each in children(article, "ELocationID"):
        if each.get("EIdType") == "doi" and each.get("ValidYN") != "N":
            yield _named(flat_text(each), "doi")


def _named(text: str, scheme: str) -> Identifier | None:
    identifier = identifier_of(text, scheme)
    # An arXiv DOI is the arXiv identifier it stands for.
    return identifier if identifier and identifier.scheme in (scheme, "arxiv") else None


def article_date(article: Any) -> PartialDate | None:
    """When it appeared online; mostly before the issue and to the day."""
    return next((d for each in children(article, "ArticleDate") if (d := plain_date(each))), None)


def plain_date(element: Any) -> PartialDate | None:
    """Year, Month (number or word) and Day, as far as they make a date."""
    if element is None:
        return None
    year, day = child_text(element, "Year"), child_text(element, "Day")
    month = month_number(child_text(element, "Month"))
    if not (year.isascii() and year.isdecimal() and len(year) == 4):
        return None
    if month and day.isascii() and day.isdecimal():
        date = PartialDate.parse(f"{year}-{month:02d}-{int(day[:2]):02d}")
        if date and date.day:
            return date
    return PartialDate.parse(f"{year}-{month:02d}" if month else year)


def issue_date(element: Any, extra: dict[str, Any]) -> PartialDate | None:
    """The issue's date. "1998 Dec-1999 Jan" and the like are its first month, and kept."""
    if element is None:
        return None
    written = child_text(element, "MedlineDate")
    if not written:
        if season := child_text(element, "Season"):
            extra["season"] = season
        return plain_date(element)
    extra["issue_date"] = written
    year = _YEAR.search(written)
    return PartialDate(int(year.group()), month_number(written)) if year else None


def mesh_headings(citation: Any) -> tuple[list[str], list[str]]:
    """Return all headings ("Neoplasms / genetics*" …) and the subjects among them ("Neoplasms" …).

    An asterisk marks the main subjects.
    """
    indexed, subjects = [], []
    for group in children(citation, "MeshHeadingList"):
        for heading in children(group, "MeshHeading"):
            parts = [
                text + ("*" if each.get("MajorTopicYN") == "Y" else "")
                for name in ("DescriptorName", "QualifierName")
                for each in children(heading, name)
                if (text := flat_text(each))
            ]
            name = child_text(heading, "DescriptorName")
            if parts and name:
                indexed.append(" / ".join(parts))
                if name.lower() not in _CHECK_TAGS:
                    subjects.append(name)
    return indexed, subjects


def status_of(article: Any, citation: Any) -> str:
    """ "retracted", "withdrawn", "expression of concern" or "" """
    types = [
        text
        for each in children(article, "PublicationTypeList")
        for text in child_texts(each, "PublicationType")
    ]
    notes = {
        each.get("RefType")
        for group in children(citation, "CommentsCorrectionsList")
        for each in children(group, "CommentsCorrections")
    }
    if "Retracted Publication" in types or "RetractionIn" in notes:
        return "retracted"
    if _WITHDRAWN.match(child_text(article, "ArticleTitle")):
        return "withdrawn"
    return "expression of concern" if "ExpressionOfConcernIn" in notes else ""
