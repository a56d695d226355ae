"""``broadsheet tune``: choose ranking weights on test collections, and only on evidence."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from broadsheet.cli.opening import home_settings
from broadsheet.cli.output import json_option, print_json, progress_bar
from broadsheet.domain.errors import InvalidInputError

if TYPE_CHECKING:
    from broadsheet.config import Settings
    from broadsheet.evaluation.verdict import Tuning


@click.command("tune")
@click.argument(
    "collections",
    metavar="COLLECTION...",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True),
)
@click.option(
    "--trials",
    type=click.IntRange(min=1),
    default=60,
    show_default=True,
    help="Weights tried in each of six searches.",
)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option(
    "--index",
    "index_home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to keep an index of each collection in; used again where it holds papers.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the settings table to a new file instead of printing it.",
)
@json_option
@click.pass_context
def tune_command(
    ctx: click.Context,
    collections: tuple[Path, ...],
    trials: int,
    seed: int,
    index_home: Path | None,
    output: Path | None,
    as_json: bool,
) -> None:
    """Search better ranking weights and say whether to believe them.

    COLLECTIONs are folders as `broadsheet evaluate` reads them, with a corpus in
    each; they weigh equally. Half of the topics is searched, cross-validated; on
    the other half the weights found are compared with the present ones of the
    library (--home). Weights whose gain may be noise are refused. The answer is
    a settings table [ranking] with the evidence as comments. Needs Optuna:
    pip install 'broadsheet[tune]'.
    """
    if output and output.exists():
        raise InvalidInputError(f"{output} is there already; name a new file")
    if output and not output.parent.is_dir():
        raise InvalidInputError(f"{output}: there is no folder {output.parent}")
    tuning = _tune(home_settings(ctx), collections, index_home, trials, seed)
    table = tuning.as_toml()
    if output:
        try:
            output.write_text(table, encoding="utf-8")
        except OSError as error:
            raise InvalidInputError(f"{output}: cannot be written ({error.strerror})") from error
    if as_json:
        print_json(tuning.as_dict())
    elif output:
        click.echo(f"{tuning.reason}\nWritten to {output}; its table belongs in broadsheet.toml.")
    else:
        click.echo(table, nl=False)


def _tune(
    settings: "Settings",
    folders: tuple[Path, ...],
    home_folder: Path | None,
    trials: int,
    seed: int,
) -> "Tuning[Any]":
    from broadsheet.evaluation.measure import require_ir_measures
    from broadsheet.evaluation.topics import iter_topics, prepare_topics
    from broadsheet.evaluation.tune import require_optuna, tune
    from broadsheet.search.rank.weights import TUNED
    from broadsheet.wiring import indexed_collection

    require_ir_measures()
    require_optuna()  # before anything is indexed
    twice = {folder.name for folder in folders if [f.name for f in folders].count(folder.name) > 1}
    if twice:
        raise InvalidInputError(f"two collections are called {', '.join(sorted(twice))}")
    with ExitStack() as stack:
        opened = []
        for folder in folders:
            with progress_bar(f"Indexing {folder.name}", "papers") as advance:
                own = home_folder / folder.name if home_folder else None
                opened.append(
                    stack.enter_context(indexed_collection(folder, None, own, advance, settings))
                )
        with progress_bar("Asking", "queries") as advance:
            evaluate = prepare_topics(
                ((services.search, collection) for services, collection in opened), advance
            )
        topics = list(iter_topics(collection for _, collection in opened))
        with progress_bar("Searching", "trials") as advance:
            return tune(
                settings.ranking,
                TUNED,
                topics,
                evaluate,
                trials=trials,
                seed=seed,
                on_progress=advance,
            )
