"""Commands that find papers."""

import re
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from broadsheet.cli.opening import open_library
from broadsheet.cli.output import EXIT_NOTHING_FOUND, json_option, print_json
from broadsheet.domain.access import OWNER
from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.paper import MARKS
from broadsheet.domain.search import MODES, ORDERS, Fragment, Hit, Mode, Order, SearchRequest

if TYPE_CHECKING:
    from broadsheet.domain.explanation import Explanation
    from broadsheet.domain.identifiers import Identifier

MOST_BYTES = 1_000_000
"""Of a text that papers are compared with: some hundred pages."""
SENTENCES = 3
"""Of a paper explained to people; programs get all."""

limit_option = click.option(
    "-n",
    "--limit",
    type=click.IntRange(1, 1000),
    default=20,
    show_default=True,
    help="Most results.",
)


def print_hits(
    hits: Sequence[Hit],
    as_json: bool,
    explain: Callable[[Hit], "Explanation"] | None = None,
) -> None:
    """Print one result a line for programs, two or three lines for people.

    With ``explain``, print the reasons for each result too.
    """
    for hit in hits:
        explanation = explain(hit) if explain else None
        if as_json:
            from broadsheet.export.record import compose_hit

            print_json(
                compose_hit(hit)
                | ({"why": _explanation_object(explanation)} if explanation else {})
            )
            continue
        _print_hit(hit)
        if explanation:
            _print_explanation(explanation)


def _print_hit(hit: Hit) -> None:
    from broadsheet.text.latex.plain_text import to_text

    paper = hit.paper
    date = str(paper.published) if paper.published else ""
    mark = f"[{paper.status}] " if paper.status in MARKS else ""
    click.echo(f"{hit.rank:>3}. {mark}{click.style(to_text(paper.title), bold=True)}")
    names = ", ".join(author.name for author in paper.authors[:3])
    more = f" and {len(paper.authors) - 3} more" if len(paper.authors) > 3 else ""
    about = "  ".join(part for part in (paper.id, date, names + more) if part)
    click.echo(f"     {click.style(about, dim=True)}")
    if hit.snippet:
        width = shutil.get_terminal_size().columns - 6 if sys.stdout.isatty() else None
        for line in wrap_fragments(hit.snippet, width):
            click.echo(f"     {_marked(line)}")
    if hit.alike:
        others = ", ".join(other.id for other in hit.alike)
        click.echo(f"     and {len(hit.alike)} more like it: {others}")


def wrap_fragments(fragments: Sequence[Fragment], width: int | None) -> list[tuple[Fragment, ...]]:
    """Break text into lines of at most ``width`` characters between words; None: one line.

    >>> wrap_fragments([Fragment("one "), Fragment("two", True), Fragment(", three")], 8)
    [(Fragment(text='one ', matched=False), Fragment(text='two', matched=True), Fragment(text=',', matched=False)), (Fragment(text='three', matched=False),)]
    """
    text = "".join(fragment.text for fragment in fragments)
    lines: list[tuple[int, int]] = []
    for word in re.finditer(r"\S+", text):
        if lines and (width is None or word.end() - lines[-1][0] <= width):
            lines[-1] = (lines[-1][0], word.end())
        else:
            lines.append(word.span())
    return [_cut(fragments, start, end) for start, end in lines]


def _cut(fragments: Sequence[Fragment], start: int, end: int) -> tuple[Fragment, ...]:
    """The part of a marked text between two positions."""
    parts, at = [], 0
    for fragment in fragments:
        piece = fragment.text[max(0, start - at) : max(0, end - at)]
        if piece:
            parts.append(Fragment(piece, fragment.matched))
        at += len(fragment.text)
    return tuple(parts)


def _marked(fragments: Sequence[Fragment]) -> str:
    return "".join(
        click.style(part.text, bold=True) if part.matched else part.text for part in fragments
    )


def _print_explanation(explanation: "Explanation") -> None:
    """Print the ranks of the paper, then its words and most important sentences with their shares."""
    sides = [
        f"{name} {place.rank} of {place.of}"
        for name, place in (
            ("words", explanation.by_words),
            ("meaning", explanation.by_meaning),
            ("second look", explanation.by_second_look),
        )
        if place
    ]
    carried = {"words": "; its words carried it", "meaning": "; its meaning carried it"}
    verdict = carried.get(explanation.carried, "") if len(sides) > 1 else ""
    standing = f"by {', by '.join(sides)}{verdict}" if sides else "newest first"
    named = "named by its identifier; " if explanation.named else ""
    click.echo(f"     why: {named}{standing}")
    for boost in explanation.boosts:
        click.echo(f"          {boost.reason}")
    for word in explanation.words:
        where = f"in {', '.join(word.places)}" if word.places else "not in the paper"
        label = word.text or "all other words"
        click.echo(f"       {word.share:>5.0%} {_bar(word.share)} {label} ({where})")
    for part in sorted(explanation.sentences, key=lambda part: -abs(part.share))[:SENTENCES]:
        near = "" if part.nearness is None else f" (nearness {part.nearness:.2f})"
        click.echo(f"       {part.share:>5.0%} {_bar(part.share)} {_marked(part.text)}{near}")


def _bar(share: float) -> str:
    """Ten places; a share that speaks against the paper is drawn with a lighter sign."""
    filled = round(min(1.0, abs(share)) * 10)
    return ("█" if share >= 0 else "░") * filled + "·" * (10 - filled)


def _explanation_object(explanation: "Explanation") -> dict[str, Any]:
    return {
        "named": explanation.named,
        "boosts": [asdict(boost) for boost in explanation.boosts],
        "by_words": explanation.by_words and asdict(explanation.by_words),
        "by_meaning": explanation.by_meaning and asdict(explanation.by_meaning),
        "by_second_look": explanation.by_second_look and asdict(explanation.by_second_look),
        "carried": explanation.carried,
        "words": [
            {
                "text": word.text or None,
                "share": round(word.share, 4),
                "drop": round(word.drop, 4),
                "places": list(word.places),
            }
            for word in explanation.words
        ],
        "sentences": [
            {
                "text": "".join(fragment.text for fragment in part.text),
                "place": part.place,
                "share": round(part.share, 4),
                "drop": round(part.drop, 4),
                "nearness": None if part.nearness is None else round(part.nearness, 4),
            }
            for part in explanation.sentences
        ],
    }


@click.command("search")
@click.argument("query", nargs=-1, required=True, metavar="QUERY")
@limit_option
@click.option("-m", "--mode", type=click.Choice(MODES), default="hybrid", show_default=True)
@click.option(
    "-o",
    "--order",
    type=click.Choice(ORDERS),
    default="relevance",
    show_default=True,
    help="Best first; so with newer papers a little ahead; newest first; or by your interests.",
)
@click.option(
    "-e", "--explain", is_flag=True, help="Say of each paper why it stands where it does."
)
@click.option("--literal", is_flag=True, help="Search for the words as typed: correct none.")
@json_option
@click.pass_context
def search_command(
    ctx: click.Context,
    query: tuple[str, ...],
    limit: int,
    mode: Mode,
    order: Order,
    explain: bool,
    literal: bool,
    as_json: bool,
) -> None:
    """Find papers by words and meaning.

    Words, "phrases", -not, AND OR NOT ( ), title: abs: author: cat: source:
    venue: id:, after:2024-01 before:2024-06, has:code, like:ID.
    """
    request = SearchRequest(
        " ".join(query), limit=limit, mode=mode, order=order, other_forms=True, literal=literal
    )
    with open_library(ctx) as services:
        if order == "for-me":
            request = replace(request, reader=services.personal.interests(OWNER))
        answer = services.search.search(request)
        for note in answer.notes:
            click.echo(note, err=True)
        for form in answer.other_forms:
            click.echo(
                f"“{form.typed}” is also written “{form.other}”; for either: {form.query}", err=True
            )
        if answer.exclusion:
            click.echo(f"To leave papers with these words out: {answer.exclusion}", err=True)
        for person in answer.people:
            place = ", which come first" if person.leads else ""
            click.echo(
                f"Papers by {person.name} ({person.papers:,}){place}: {person.query}", err=True
            )
        if answer.corrected:
            click.echo(
                f"Showing results for {answer.corrected}; --literal searches for the words as typed",
                err=True,
            )
        if answer.suggestion:
            click.echo(f"Did you mean: {answer.suggestion}", err=True)

        def reasons(hit: Hit) -> "Explanation":
            return services.search.explain(request, hit.paper.id)

        print_hits(answer.hits, as_json, reasons if explain else None)
    if answer.identifier and not answer.hits:
        _print_source(answer.identifier)
    if not answer.hits:
        ctx.exit(EXIT_NOTHING_FOUND)


def _print_source(identifier: "Identifier") -> None:
    """Say where a paper that the library does not hold can be read, and how to add it."""
    from broadsheet.text.catalogues import catalogue_address, catalogue_name, import_command

    if address := catalogue_address(identifier):
        click.echo(f"Read it at {catalogue_name(identifier)}: {address}", err=True)
    if command := import_command(identifier):
        click.echo(f"Add it to this library: {command}", err=True)


@click.command("similar")
@click.argument("paper_id", required=False, metavar="[ID]")
@click.option("--text", "text_file", metavar="FILE", help="Like this text instead (- reads stdin).")
@limit_option
@click.option("--explain", is_flag=True, help="Say of each paper why it is like it.")
@json_option
@click.pass_context
def similar_command(
    ctx: click.Context,
    paper_id: str | None,
    text_file: str | None,
    limit: int,
    explain: bool,
    as_json: bool,
) -> None:
    """Find papers like the paper ID, or like a text."""
    if (paper_id is None) == (text_file is None):
        raise InvalidInputError("give either a paper's ID or --text FILE")
    with open_library(ctx) as services:
        if paper_id is not None:
            hits = services.search.similar(paper_id, limit)
            like = SearchRequest(f'like:"{paper_id}"')
        else:
            text = _read_text(str(text_file))
            hits = services.search.similar_to_text(text, limit)

        def reasons(hit: Hit) -> "Explanation":
            if paper_id is None:
                return services.search.explain_similar_to_text(text, hit.paper.id)
            return services.search.explain(like, hit.paper.id)

        print_hits(hits, as_json, reasons if explain else None)
    if not hits:
        ctx.exit(EXIT_NOTHING_FOUND)


def _read_text(name: str) -> str:
    """Return the text of a file, or of standard input for "-"; refuse binary content."""
    try:
        if name == "-":
            raw = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with Path(name).open("rb") as file:
                raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InvalidInputError(f"{name}: {error.strerror}") from error
    place = "standard input" if name == "-" else name
    if len(raw) > MOST_BYTES:
        raise InvalidInputError(
            f"{place}: more than {MOST_BYTES // 1_000_000} MB; give an abstract or a few pages"
        )
    text = raw.decode("utf-8", "replace")
    if b"\0" in raw or text.count("\ufffd") * 20 > len(text) or raw.startswith(b"%PDF-"):
        raise InvalidInputError(
            f"{place}: this is not plain text; make text of it first, "
            "for instance with `pdftotext paper.pdf -`"
        )
    if not text.strip():
        raise InvalidInputError(f"{place}: is empty; give an abstract or a few pages of text")
    return text
