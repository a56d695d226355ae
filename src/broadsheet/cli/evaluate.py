"""``broadsheet evaluate``: measure the ranking that readers get."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from broadsheet.cli.opening import home_settings
from broadsheet.cli.output import json_option, print_json, progress_bar
from broadsheet.domain.search import MODES, Mode

if TYPE_CHECKING:
    from broadsheet.evaluation.evaluate import Evaluation
    from broadsheet.evaluation.faithfulness import Truth
    from broadsheet.evaluation.robustness import Robustness


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
@click.option("--perturb", is_flag=True, help="Measure the loss under perturbed queries instead.")
@click.option("--explanations", is_flag=True, help="Measure how true explanations are instead.")
@json_option
@click.pass_context
def evaluate_command(
    ctx: click.Context,
    collection: Path,
    corpus: Path | None,
    kept: Path | None,
    mode: Mode,
    run_file: Path | None,
    perturb: bool,
    explanations: bool,
    as_json: bool,
) -> None:
    """Rank a test collection's queries and measure the answers.

    COLLECTION is a BEIR-style folder: queries.jsonl, qrels.tsv and, unless
    --corpus names one, corpus.jsonl (also .gz or .zst). The corpus is indexed
    in a temporary home, with the settings of the library (--home). --run FILE writes the ranking in TREC form. --perturb
    asks every query with typing errors, dropped words, synonyms and so on.
    --explanations leaves out the words and sentences that explanations name.
    """
    from broadsheet.evaluation.evaluate import evaluate
    from broadsheet.evaluation.faithfulness import measure_truth
    from broadsheet.evaluation.robustness import measure_robustness
    from broadsheet.wiring import indexed_collection

    with ExitStack() as stack:
        with progress_bar("Indexing", "papers") as advance:
            engine, judged = stack.enter_context(
                indexed_collection(collection, corpus, kept, advance, home_settings(ctx))
            )
        with progress_bar("Measuring", "queries") as advance:
            if perturb:
                _print_robustness(measure_robustness(engine, judged, mode, advance), as_json)
                return
            if explanations:
                _print_truth(measure_truth(engine, judged, mode, advance), as_json)
                return
            result = evaluate(engine, judged, mode, advance)
    if run_file:
        run_file.write_text(result.trec_run(), encoding="utf-8")
    _print_evaluation(result, as_json)


def _print_evaluation(result: "Evaluation", as_json: bool) -> None:
    if as_json:
        print_json(result.as_dict())
        return
    about = f"{result.queries} queries, {result.papers:,} papers"
    click.echo(f"{result.collection} ({result.mode}): {about}")
    for name, value in result.measures.items():
        click.echo(f"  {name:<8} {value:.4f}")
    click.echo(f"  {result.queries_per_second:.1f} queries/s")


def _print_robustness(result: "Robustness", as_json: bool) -> None:
    if as_json:
        print_json(result.as_dict())
        return
    click.echo(f"{result.collection} ({result.mode}): loss in {result.measure} of changed queries")
    for loss in result.losses:
        click.echo(
            f"  {loss.perturbation:<14} {loss.share:>7.1%}  "
            f"{loss.before:.4f} to {loss.after:.4f} over {loss.changed} queries"
        )


def _print_truth(result: "Truth", as_json: bool) -> None:
    if as_json:
        print_json(result.as_dict())
        return
    click.echo(f"{result.collection} ({result.mode}): {result.explained:,} papers explained")
    for what, fall, found in (
        ("top word left out", "score", result.words),
        ("top sentence left out", "score", result.sentences),
        ("top word left out", "rank, doublings", result.rank),
    ):
        if found is None:
            click.echo(f"  {what:<22} {fall:<16} nothing to compare")
            continue
        click.echo(
            f"  {what:<22} {fall:<16} falls by {found.without_top:.3f}, "
            f"a random one by {found.without_random:.3f} (p = {found.difference.p_value:.2g})"
        )
