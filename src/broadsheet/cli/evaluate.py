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
@click.argument(
    "collection", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False)
)
@click.option(
    "--corpus",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Corpus file, where the collection holds only queries and qrels.",
)
@click.option(
    "--index",
    "index_home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Home to index the corpus in and keep; used again if it holds papers.",
)
@click.option("--mode", type=click.Choice(MODES), default="hybrid", show_default=True)
@click.option("--run", "run_file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
@click.option("--perturb", is_flag=True, help="Measure the loss under perturbed queries instead.")
@click.option("--explanations", is_flag=True, help="Measure how true explanations are instead.")
@click.option(
    "--reader",
    "review_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Measure the personal ranking on a labelled review instead of a collection.",
)
@click.option("--seed", default=0, show_default=True, help="Of the first run of --reader.")
@click.option(
    "--runs", type=click.IntRange(1), default=1, show_default=True, help="Runs of --reader."
)
@json_option
@click.pass_context
def evaluate_command(
    ctx: click.Context,
    collection: Path | None,
    corpus: Path | None,
    index_home: Path | None,
    mode: Mode,
    run_file: Path | None,
    perturb: bool,
    explanations: bool,
    review_file: Path | None,
    seed: int,
    runs: int,
    as_json: bool,
) -> None:
    """Rank a test collection's queries and measure the answers.

    COLLECTION is a BEIR-style folder: queries.jsonl, qrels.tsv and, unless
    --corpus names one, corpus.jsonl (also .gz or .zst). The corpus is indexed
    in a temporary home, with the settings of the library (--home). --run FILE writes the ranking in TREC form. --perturb
    asks every query with typing errors, dropped words, synonyms and so on.
    --explanations leaves out the words and sentences that explanations name.

    --reader FILE measures the personal ranking: FILE holds JSON lines {"title", "text",
    "label_included"} of a review. Reading starts from one included and one excluded
    record, chosen by --seed; more --runs use the seeds after it.
    """
    from broadsheet.evaluation.evaluate import evaluate
    from broadsheet.evaluation.faithfulness import measure_truth
    from broadsheet.evaluation.measure import require_ir_measures
    from broadsheet.evaluation.robustness import measure_robustness
    from broadsheet.wiring import indexed_collection

    if review_file:
        _measure_reader(review_file, range(seed, seed + runs), as_json)
        return
    if collection is None:
        raise click.UsageError("name a COLLECTION, or a review with --reader FILE")
    require_ir_measures()  # before anything is indexed
    with ExitStack() as stack:
        with progress_bar("Indexing", "papers") as advance:
            services, judged = stack.enter_context(
                indexed_collection(collection, corpus, index_home, advance, home_settings(ctx))
            )
        with progress_bar("Measuring", "queries") as advance:
            if perturb:
                _print_robustness(
                    measure_robustness(services.search, judged, mode, advance), as_json
                )
                return
            if explanations:
                _print_truth(measure_truth(services.search, judged, mode, advance), as_json)
                return
            result = evaluate(services.search, judged, mode, advance)
    if run_file:
        run_file.write_text(result.trec_run(), encoding="utf-8")
    _print_evaluation(result, as_json)


def _measure_reader(file: Path, seeds: range, as_json: bool) -> None:
    """Simulate reading once a seed; print the means."""
    from broadsheet.embed.static.shipped import default_embedder
    from broadsheet.evaluation.reader import (
        PersonalModel,
        load_review,
        mean_measures,
        measure_reading,
        simulate_reading,
    )

    review = load_review(file)
    model = PersonalModel.of(review, default_embedder())
    runs = []
    with progress_bar("Reading", "records") as advance:
        for seed in seeds:
            reading = simulate_reading(
                review.included, model, seed, lambda read: advance(read, read / len(review))
            )
            runs.append(measure_reading(reading))
    mean = mean_measures(runs).as_dict()
    included = int(review.included.sum())
    if as_json:
        print_json(
            {
                "file": review.name,
                "records": len(review),
                "included": included,
                "records_without_text": review.without_text,
                "included_without_text": review.included_without_text,
                "seeds": list(seeds),
                **mean,
                "runs": [run.as_dict() for run in runs],
            }
        )
        return
    click.echo(f"{review.name}: {len(review):,} records, {included:,} included, {len(seeds)} runs")
    if review.without_text:
        click.echo(
            f"  left out: {review.without_text:,} records with neither title nor abstract, "
            f"{review.included_without_text:,} of them included"
        )
    for name, value in mean.items():
        click.echo(f"  {name:<18} {value:.4f}")


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
    for what, fall, result_part in (
        ("top word left out", "score", result.words),
        ("top sentence left out", "score", result.sentences),
        ("top word left out", "rank, doublings", result.rank),
    ):
        if result_part is None:
            click.echo(f"  {what:<22} {fall:<16} nothing to compare")
            continue
        click.echo(
            f"  {what:<22} {fall:<16} falls by {result_part.without_top:.3f}, "
            f"a random one by {result_part.without_random:.3f} (p = {result_part.difference.p_value:.2g})"
        )
