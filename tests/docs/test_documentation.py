"""The documents are true: links lead somewhere, every command and setting is described."""

import re
from dataclasses import asdict
from pathlib import Path

import click
import pytest

from broadsheet.cli.main import main
from broadsheet.config import BackupSettings, Settings
from broadsheet.digest.settings import MailSettings
from broadsheet.search.rank.weights import SHIPPED, TUNED
from broadsheet.sources.configured import CommonKeys
from broadsheet.sources.registry import SOURCES
from broadsheet.web import (
    about,
    calendar,
    complete,
    digest,
    editions,
    for_you,
    issue,
    like,
    paper,
    screen,
    search,
    settings,
    start,
    static,
    trending,
    why,
)

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    path
    for path in ROOT.rglob("*.md")
    if not path.relative_to(ROOT).parts[0].startswith((".venv", ".git"))
    and "node_modules" not in path.parts
)


def anchors(path: Path) -> set[str]:
    """Heading anchors as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", "-") for text in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        path = (document.parent / name).resolve() if name else document
        if not path.exists() or (anchor and anchor not in anchors(path)):
            broken.append(target)
    assert not broken


def commands(group: click.Group, prefix: str = "") -> list[tuple[str, click.Command]]:
    commands_listed = []
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command
        if isinstance(command, click.Group):
            commands_listed += commands(command, f"{prefix}{name} ")
        else:
            commands_listed.append((prefix + name, command))
    return commands_listed


@pytest.mark.parametrize(("name", "command"), commands(main), ids=lambda value: str(value))
def test_every_command_and_option_is_described(name: str, command: click.Command) -> None:
    guide = (ROOT / "docs/guides/commands.md").read_text(encoding="utf-8")
    row = next((line for line in guide.splitlines() if line.startswith(f"| `{name}")), "")
    assert row, f"docs/guides/commands.md has no row for `{name}`"
    options = [
        max(parameter.opts, key=len)
        for parameter in command.params
        if isinstance(parameter, click.Option)
    ]
    assert [option for option in options if option not in row] == []


def test_every_setting_is_described_with_its_default() -> None:
    guide = (ROOT / "docs/guides/settings.md").read_text(encoding="utf-8")
    for name, field in Settings.model_fields.items():
        default = "a table" if field.default_factory else f"`{field.default}`"
        assert f"| `{name}` | {default} |" in guide


def test_every_setting_of_the_mail_is_described_with_its_default() -> None:
    guide = (ROOT / "docs/guides/digest.md").read_text(encoding="utf-8")
    rows = {
        name: f"| `{name}` | {field.default} |".replace("|  |", "| |")
        for name, field in MailSettings.model_fields.items()
        if name != "dkim_domain"  # its default is another setting
    }
    assert [name for name, row in rows.items() if row not in guide] == []


def test_every_setting_of_backups_is_described_with_its_default() -> None:
    guide = (ROOT / "docs/guides/backup.md").read_text(encoding="utf-8")
    rows = [
        f"| `{name}` | {field.default} |".replace("|  |", "| |")
        for name, field in BackupSettings.model_fields.items()
    ]
    assert [row for row in rows if row not in guide] == []


def test_every_route_is_described() -> None:
    guide = (ROOT / "docs/guides/pages.md").read_text(encoding="utf-8")
    pages = (
        about,
        complete,
        digest,
        calendar,
        editions,
        for_you,
        screen,
        issue,
        trending,
        like,
        paper,
        search,
        settings,
        start,
        static,
        why,
    )
    routes = [route for page in pages for route in page.router.routes]
    paths = {route.path.replace(":path}", "}") for route in routes}  # type: ignore[attr-defined]
    assert len(paths) >= 10
    assert sorted(path for path in paths if f"| `{path}` |" not in guide) == []


def test_every_promise_names_a_test_that_there_is() -> None:
    rows = re.findall(
        r"^\| .+ \|$", (ROOT / "docs/reliability.md").read_text("utf-8"), re.MULTILINE
    )
    file, named = "", 0
    for row in rows:
        for link, function in re.findall(r"\(\.\./(tests/[^)]+)\)|`(test_\w+)`", row):
            file = link or file
            if function:
                named += 1
                assert f"def {function}(" in (ROOT / file).read_text("utf-8"), row
    assert named > 25


def test_every_source_is_described_with_its_options() -> None:
    guide = (ROOT / "docs/guides/sources.md").read_text(encoding="utf-8")
    missing = [source.name for source in SOURCES if f"| `{source.name}` |" not in guide]
    options = {(source.name, name) for source in SOURCES for name in source.Options.model_fields}
    options |= {("all", name) for name in CommonKeys.model_fields}
    missing += sorted(f"{source}: {name}" for source, name in options if f"`{name}`" not in guide)
    assert missing == []


def test_every_weight_is_described_with_its_default_and_tuned() -> None:
    guide = (ROOT / "docs/guides/settings.md").read_text(encoding="utf-8")
    weights = asdict(SHIPPED)
    rows = [name for name, value in weights.items() if f"| `{name}` | `{value}` |" in guide]
    assert rows == list(weights) == list(TUNED)
