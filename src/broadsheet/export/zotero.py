"""Papers as items of the Zotero API, version 3.

https://www.zotero.org/support/dev/web_api/v3/types_and_fields: an item has the fields of its type
and no others, or Zotero refuses it. What a type has no field for goes into "extra", a line each, as
Zotero's own translators write it.
"""

from typing import Any

from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.paper import Author, Paper
from broadsheet.text.latex.plain_text import to_text
from broadsheet.text.names import family_and_given, is_organisation

OWN_NAME = "Broadsheet"
"""Label of the line of "extra" with the paper's id here."""

_TYPES = {
    "article": "journalArticle",
    "paper": "conferencePaper",
    "thesis": "thesis",
    "preprint": "preprint",
}
_IN_EXTRA = ("pmid", "pmcid", "openalex")


def compose_item(paper: Paper) -> dict[str, Any]:
    """Return the fields of a new item, without collections."""
    names = {each.scheme: each for each in reversed(paper.identifiers)}
    item_type = _TYPES.get(paper.publication.type) or (
        "journalArticle" if paper.venue and "arxiv" not in names else "preprint"
    )
    item = {
        "itemType": item_type,
        "title": to_text(paper.title),
        "creators": [_creator(each) for each in paper.authors],
        "abstractNote": to_text(paper.abstract),
        "date": str(paper.published) if paper.published else "",
        "url": paper.url,
        "tags": [{"tag": each} for each in (*paper.categories, *paper.keywords)],
        **_fields(item_type, paper, names),
    }
    return {name: value for name, value in item.items() if value} | {"extra": _extra(paper, item)}


def _fields(item_type: str, paper: Paper, names: dict[str, Identifier]) -> dict[str, str]:
    """The fields that not every type has."""
    published = paper.publication
    doi = names["doi"].value if "doi" in names else ""
    match item_type:
        case "preprint":
            arxiv = names.get("arxiv")
            archive = {"repository": "arXiv", "archiveID": f"arXiv:{arxiv.value}"} if arxiv else {}
            return {"DOI": doi, **archive}
        case "thesis":
            university = published.institution or paper.venue
            return {"university": university, "thesisType": published.genre}
        case "conferencePaper":
            return {
                "proceedingsTitle": paper.venue,
                "series": published.series,
                "volume": published.volume,
                "pages": published.pages,
                "publisher": published.publisher,
                "place": published.place,
                "ISBN": published.isbn,
                "DOI": doi,
            }
        case _:
            return {
                "publicationTitle": paper.venue,
                "series": published.series,
                "volume": published.volume,
                "issue": published.number,
                "pages": published.pages,
                "ISSN": published.issn,
                "DOI": doi,
            }


def _creator(author: Author) -> dict[str, str]:
    if is_organisation(author.name):
        return {"creatorType": "author", "name": author.name}
    family, given = family_and_given(author.name)
    if not given:
        return {"creatorType": "author", "name": author.name}
    return {"creatorType": "author", "firstName": given, "lastName": family}


def _extra(paper: Paper, item: dict[str, Any]) -> str:
    lines = [
        f"{each.scheme.upper()}: {each.value}"
        for each in paper.identifiers
        if each.scheme in _IN_EXTRA
    ]
    for each in paper.identifiers:
        if each.scheme == "doi" and "DOI" not in item:
            lines.append(f"DOI: {each.value}")
        if each.scheme == "arxiv" and "archiveID" not in item:
            lines.append(f"arXiv: {each.value}")
    return "\n".join((*lines, f"{OWN_NAME}: {paper.id}"))
