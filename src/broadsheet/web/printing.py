"""An issue as a printed newspaper: HTML for sheets of paper, and PDF made of it.

PDF is written by WeasyPrint if it is installed (the extra ``pdf``), else by the system's
Chromium.
"""

import os
import shutil
import subprocess
import tempfile
from importlib import resources
from pathlib import Path
from typing import Literal

from broadsheet.domain.daily import IssueRequest
from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.periods import Period
from broadsheet.domain.services import DailyService
from broadsheet.web.render import render_document

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_SECONDS = 120
Sheet = Literal["A4", "letter"]
"""Sizes of paper: ISO 216 and ANSI, as CSS names them."""
_MOST_STORIES = 2_000


def compose_sheets(daily: DailyService, period: Period, edition: str, sheet: Sheet = "A4") -> str:
    """The whole issue as one HTML document that needs no other file."""
    first = daily.issue(IssueRequest(period, edition))
    whole = daily.issue(IssueRequest(period, edition, order=first.order, size=_MOST_STORIES))
    on_front = {story.paper.key for story in first.front}
    rest = [story for story in whole.stories if story.paper.key not in on_front]
    sections = [
        (section.name, [story for story in rest if story.section == section.name])
        for section in whole.sections
    ]
    style = resources.files("broadsheet.web").joinpath("static", "print.css").read_text("utf-8")
    return render_document(
        "print.html",
        issue=first,
        sections=[(name, stories) for name, stories in sections if stories],
        style=style.replace("size: A4", f"size: {sheet}"),
    )


def write_pdf(
    daily: DailyService, period: Period, edition: str, path: Path, sheet: Sheet = "A4"
) -> None:
    """Write an issue to ``path``.

    Raises InvalidInputError if there is nothing to write with, or if ``path`` cannot be written.
    """
    html = compose_sheets(daily, period, edition, sheet)
    if not path.absolute().parent.is_dir():
        raise InvalidInputError(f"{path}: its folder does not exist")
    try:
        # Its import takes longer than most commands do.
        from weasyprint import HTML
    except (ImportError, OSError):  # OSError: Pango is missing
        _write_with_browser(html, path)
        return
    try:
        HTML(string=html, url_fetcher=_refuse).write_pdf(path)
    except OSError as error:
        raise InvalidInputError(f"{path}: cannot be written ({error.strerror})") from error


def _refuse(url: str, *_: object, **__: object) -> object:
    """Nothing is fetched: the document is whole."""
    raise ValueError(f"{url}: a printed issue asks for no other file")


def _write_with_browser(html: str, path: Path) -> None:
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        raise InvalidInputError(
            "nothing here can write PDF; install WeasyPrint (pip install 'broadsheet[pdf]') or "
            "Chromium"
        )
    with tempfile.TemporaryDirectory(prefix="broadsheet-print-") as folder:
        page, result = Path(folder, "issue.html"), Path(folder, "issue.pdf")
        page.write_text(html, "utf-8")
        # Chromium's sandbox refuses to run as root; the document is our own and without scripts.
        flags = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        command = [
            browser, "--headless", "--disable-gpu", "--no-pdf-header-footer", *flags,
            f"--user-data-dir={folder}/profile", f"--print-to-pdf={result}", page.as_uri(),
        ]  # fmt: skip
        try:
            subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise InvalidInputError(f"{browser} could not write the PDF: {error}") from error
        if not result.exists():
            raise InvalidInputError(f"{browser} wrote no PDF; try WeasyPrint instead")
        try:
            shutil.copyfile(result, path)
        except OSError as error:
            raise InvalidInputError(f"{path}: cannot be written ({error.strerror})") from error
