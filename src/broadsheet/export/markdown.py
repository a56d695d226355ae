"""Papers as Markdown: the ``.md`` view of a paper, for notes and for language models."""

import re
from collections.abc import Iterable, Iterator

from broadsheet.domain.paper import Paper
from broadsheet.export.bibtex import iter_citation
from broadsheet.export.citation import address, one_line
from broadsheet.text.identifiers import identifier_url
from broadsheet.text.links import find_links

# Markdown reads these as markup; it does not read an underscore inside a word so.
_MARKUP = re.compile(r"[\\`*<\[\]]|(?<![^\W_])_|_(?![^\W_])|^(?=[#>+=-])")


def iter_markdown(papers: Iterable[Paper]) -> Iterator[str]:
    """Yield one section a paper, parted by rules."""
    for number, paper in enumerate(papers):
        yield ("\n---\n\n" if number else "") + _section(paper)


def escape(text: str) -> str:
    """``text`` as Markdown that shows just this text."""
    return _MARKUP.sub(lambda match: f"\\{match.group()}", text)


def _section(paper: Paper) -> str:
    authors = ", ".join(escape(one_line(author.name)) for author in paper.authors)
    blocks = [
        f"# {escape(one_line(paper.title))}",
        authors,
        "\n".join(f"- {name}: {value}" for name, value in _facts(paper) if value),
    ]
    if paper.abstract:
        blocks += ["## Abstract", escape(one_line(paper.abstract))]
    blocks += ["## Cite", f"```bibtex\n{''.join(iter_citation([paper]))}```"]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _facts(paper: Paper) -> list[tuple[str, str]]:
    links = find_links(f"{paper.abstract} {paper.comment}")
    code = tuple(dict.fromkeys((*filter(None, (paper.code_url,)), *links.code)))
    project = tuple(dict.fromkeys((*filter(None, (paper.project_url,)), *links.project)))
    names = (
        f"[{escape(str(name))}]({url})" if (url := identifier_url(name)) else escape(str(name))
        for name in paper.identifiers
    )
    return [
        ("Published", str(paper.published or "")),
        ("Updated", str(paper.updated or "")),
        ("Venue", escape(one_line(paper.venue))),
        ("Identifiers", ", ".join(names)),
        ("Categories", escape(", ".join(paper.categories))),
        ("Keywords", escape(", ".join(one_line(word) for word in paper.keywords))),
        ("Page", _autolink(address(paper))),
        ("Code", ", ".join(map(_autolink, code))),
        ("Project", ", ".join(map(_autolink, project))),
        ("Comment", escape(one_line(paper.comment))),
        ("Status", escape(one_line(paper.status))),
    ]


def _autolink(url: str) -> str:
    is_address = re.fullmatch(r"https?://[^\s<>]+", url)
    return f"<{url}>" if is_address else escape(url)
