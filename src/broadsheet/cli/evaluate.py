"""``broadsheet evaluate``: measure the ranking that readers get."""

from pathlib import Path

import click

from broadsheet.cli.output import json_option, print_json, progress_bar
from broadsheet.domain.search import MODES, Mode


@click.command("evaluate")
@click.argument("collection", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--corpus",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Corpus file, where the collection holds only queries and qrels.",
)
@click.option(
    "--index",
    "kept",
    type=click.Path(path_type=Path, file_okay=False),
    help="Home to index the corpus in and keep; used again if it holds papers.",
)
@click.option("--mode", type=click.Choice(MODES), default="hybrid", show_default=True)
@click.option("--run", "run_file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
@json_option
def evaluate_command(
    collection: Path,
    corpus: Path | None,
    kept: Path | None,
    mode: Mode,
    run_file: Path | None,
    as_json: bool,
) -> None:
    """Rank a test collection's queries and measure the answers.

    COLLECTION is a BEIR-style folder: queries.jsonl, qrels.tsv and, unless
    --corpus names one, corpus.jsonl (also .gz or .zst). The corpus is indexed
    in a temporary home. --run FILE writes the ranking in TREC form.
    """
    from broadsheet.wiring import evaluate_collection

    with progress_bar("Evaluating", "steps") as advance:
        result = evaluate_collection(collection, corpus, kept, mode, advance)
    if run_file:
        run_file.write_text(result.trec_run(), encoding="utf-8")
    if as_json:
        print_json(result.as_dict())
        return
    click.echo(f"{result.collection} ({mode}): {result.queries} queries, {result.papers:,} papers")
    for name, value in result.measures.items():
        click.echo(f"  {name:<8} {value:.4f}")
    click.echo(f"  {result.queries_per_second:.1f} queries/s")
