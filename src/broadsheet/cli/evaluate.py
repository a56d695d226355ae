"""``broadsheet evaluate``: measure the ranking that readers get."""

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from broadsheet.cli.embedder import describe_adaptation
from broadsheet.cli.opening import home_settings
from broadsheet.cli.output import json_option, print_json, progress_bar
from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.search import MODES, Mode

if TYPE_CHECKING:
    from broadsheet.config import Settings
    from broadsheet.evaluation.adapted import Gain
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
@click.option(
    "--adapt", is_flag=True, help="Measure what adapting the embedder to the corpus changes."
)
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
    adapt: bool,
    as_json: bool,
) -> None:
    """Rank a test collection's queries and measure the answers.

    COLLECTION is a BEIR-style folder: queries.jsonl, qrels.tsv and, unless
    --corpus names one, corpus.jsonl (also .gz or .zst). The corpus is indexed
    in a temporary home, with the settings of the library (--home). --run FILE writes the ranking in TREC form. --perturb
    asks every query with typing errors, dropped words, synonyms and so on.
    --explanations leaves out the words and sentences that explanations name.
    --adapt measures the shipped embedder, then the one adapted to the corpus.
    """
    from broadsheet.evaluation.evaluate import evaluate
    from broadsheet.evaluation.faithfulness import measure_truth
    from broadsheet.evaluation.robustness import measure_robustness
    from broadsheet.wiring import indexed_collection

    if adapt:
        _print_gain(_measure_gain(collection, corpus, kept, mode, home_settings(ctx)), as_json)
        return
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


def _measure_gain(
    collection: Path, corpus: Path | None, kept: Path | None, mode: Mode, settings: "Settings"
) -> "Gain":
    """Both models over one home, one after the other."""
    from broadsheet.evaluation.adapted import compare_adapted
    from broadsheet.evaluation.evaluate import evaluate
    from broadsheet.wiring import indexed_collection

    results = []
    with tempfile.TemporaryDirectory(prefix="broadsheet-evaluate-") as temporary:
        for adapt in (False, True):
            with ExitStack() as stack:
                with progress_bar("Indexing", "papers") as advance:
                    engine, judged = stack.enter_context(
                        indexed_collection(
                            collection, corpus, kept or Path(temporary), advance, settings, adapt
                        )
                    )
                with progress_bar("Measuring", "queries") as advance:
                    results.append(evaluate(engine, judged, mode, advance))
                adaptation = engine.status().adaptation
    if adaptation is None:
        raise InvalidInputError(f"{collection}: too few papers to adapt to")
    return compare_adapted(results[0], results[1], adaptation, judged.qrels)


def _print_gain(gain: "Gain", as_json: bool) -> None:
    if as_json:
        print_json(gain.as_dict())
        return
    about = f"{gain.shipped.queries} queries, {gain.shipped.papers:,} papers"
    click.echo(f"{gain.shipped.collection} ({gain.shipped.mode}): {about}")
    click.echo(f"  {describe_adaptation(gain.judged)}")
    for name, value in gain.shipped.measures.items():
        click.echo(f"  {name:<8} {value:.4f} shipped, {gain.adapted.measures[name]:.4f} adapted")
    found = gain.difference
    click.echo(
        f"  nDCG@10 {found.mean:+.4f} ({found.low:+.4f} to {found.high:+.4f}, "
        f"p = {found.p_value:.2g})"
    )


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
