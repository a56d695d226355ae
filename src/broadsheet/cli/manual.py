"""The manual page, composed from the commands, for ``man``.

The macros are those of man(7), which groff, mandoc and heirloom troff read.
"""

import re
from collections.abc import Iterator

import click

from broadsheet import __version__
from broadsheet.cli.output import CommandWithChoices

_OPENING = """\
.SH NAME
broadsheet \\- your own daily-papers service: collect, search by meaning, read
.SH SYNOPSIS
.B broadsheet
[\\fB\\-\\-home\\fR \\fIDIRECTORY\\fR] \\fICOMMAND\\fR [\\fIARGUMENT\\fR]...
.SH DESCRIPTION
Broadsheet keeps a library of research papers on this machine, sets the papers of each day like a
newspaper, and finds papers by words and by meaning.
.PP
.B broadsheet
alone says what to do next, and
.B broadsheet up
opens the library in a browser.
"""
_CLOSING = """\
.SH EXIT STATUS
.TP
0
done
.TP
1
nothing was found, or the paper is unknown
.TP
2
error
.SH ENVIRONMENT
.TP
BROADSHEET_HOME
The directory of the library, as
.BR \\-\\-home .
.TP
BROADSHEET_...
Each setting, in capitals, as BROADSHEET_PORT; takes precedence over the file.
.TP
BROADSHEET_BACKUP_PASSPHRASE
Encrypts backups, and opens them.
.TP
NO_COLOR
Switches off bold and dim.
.SH FILES
Below the directory of the library:
.TP
.I broadsheet.toml
the settings
.TP
.I library.sqlite
the papers, and all that readers keep about them
.TP
.I index
the search index, which is derived
"""


def compose_manual(root: click.Group) -> str:
    """Return the manual page of ``broadsheet`` with all its commands, as troff's source."""
    lines = [f'.TH BROADSHEET 1 "" "Broadsheet {__version__}" "Broadsheet"']
    lines += _OPENING.splitlines()
    context = click.Context(root, info_name="broadsheet")
    lines += [".SH OPTIONS", *_describe_options(root, context)]
    lines += [".TP", r"\fB\-h, \-\-help\fR", "Explain a command, or list all.", ".SH COMMANDS"]
    for path, command, inner in _commands(root, context):
        lines += _describe_command(path, command, inner)
    lines += _CLOSING.splitlines()
    return "\n".join(lines) + "\n"


def _commands(
    group: click.Group, context: click.Context, prefix: str = ""
) -> Iterator[tuple[str, click.Command, click.Context]]:
    """Each command that does something, with its name and context, in alphabetical order."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None:
            continue
        inner = click.Context(command, info_name=name, parent=context)
        if isinstance(command, click.Group):
            yield from _commands(command, inner, f"{prefix}{name} ")
        else:
            yield prefix + name, command, inner


def _describe_command(path: str, command: click.Command, context: click.Context) -> Iterator[str]:
    arguments = [
        parameter.make_metavar(context)
        for parameter in command.params
        if isinstance(parameter, click.Argument)
    ]
    yield f".SS broadsheet {_escape(' '.join([path, '[OPTIONS]', *arguments]))}"
    for number, paragraph in enumerate(re.split(r"\n\s*\n", (command.help or "").strip())):
        if number:
            yield ".PP"
        yield _text(paragraph)
    yield from _describe_options(command, context)
    if isinstance(command, CommandWithChoices) and command.choices:
        heading, names = command.choices
        yield from (".PP", _text(f"{heading}: {names()}."))


def _describe_options(command: click.Command, context: click.Context) -> Iterator[str]:
    for parameter in command.params:
        record = parameter.get_help_record(context)
        if isinstance(parameter, click.Option) and record:
            names, words = record
            yield from (".TP", f"\\fB{_escape(names)}\\fR", _text(words))


def _text(words: str) -> str:
    """One line of running text; code in backticks becomes bold."""
    escaped = _escape(" ".join(words.split()))
    bold = re.sub(r"`([^`]+)`", r"\\fB\1\\fR", escaped)
    return rf"\&{bold}" if bold.startswith((".", "'")) else bold


def _escape(words: str) -> str:
    """Text that troff prints as it is; its hyphens can be copied to a shell."""
    signs = {"\\": r"\e", "-": r"\-", "…": "...", "–": r"\(en", "^": r"\(ha", "~": r"\(ti"}
    signs |= {"’": r"\(cq", "“": r"\(lq", "”": r"\(rq", "→": r"\(->", "κ": r"\(*k"}
    return "".join(signs.get(sign, sign) for sign in words)
