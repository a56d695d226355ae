"""Completion in the shell: ``broadsheet completion``, and values that are not known to Click."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]

SHELLS = ("bash", "zsh", "fish")


def names_from(names: Callable[[], str]) -> "Complete":
    """Complete one of the names that ``names()`` returns, separated by commas."""

    def complete(ctx: click.Context, param: click.Parameter, start: str) -> "list[CompletionItem]":
        from click.shell_completion import CompletionItem

        every = (name.strip() for name in names().split(","))
        return [CompletionItem(name) for name in every if name.startswith(start)]

    return complete


def complete_paths(
    ctx: click.Context, param: click.Parameter, start: str
) -> "list[CompletionItem]":
    """Complete the name of a file, for arguments that are also ``-`` or an address."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(start, type="file")]


def complete_commands(
    ctx: click.Context, param: click.Parameter, start: str
) -> "list[CompletionItem]":
    """Complete the name of a command, also of one within a group."""
    from click.shell_completion import CompletionItem

    context = ctx.find_root()
    group = context.command
    for name in ctx.params.get(param.name or "") or ():
        inner = group.get_command(context, name) if isinstance(group, click.Group) else None
        if inner is None:
            return []
        group = inner
    if not isinstance(group, click.Group):
        return []
    return [CompletionItem(name) for name in group.list_commands(context) if name.startswith(start)]


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion_command(ctx: click.Context, shell: str) -> None:
    """Print a script that lets a shell complete commands, options and their values.

    For bash add to ~/.bashrc: eval "$(broadsheet completion bash)"; for zsh to ~/.zshrc, after
    compinit: eval "$(broadsheet completion zsh)"; for fish run: broadsheet completion fish >
    ~/.config/fish/completions/broadsheet.fish
    """
    from click.shell_completion import get_completion_class

    completion = get_completion_class(shell)
    if completion is not None:
        root = ctx.find_root().command
        click.echo(completion(root, {}, "broadsheet", "_BROADSHEET_COMPLETE").source())
