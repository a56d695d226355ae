"""A small library as a release makes it, and the facts that any later release must find in it.

At each release write its library once, and never change it again:

    PYTHONPATH=src:tests python -m released_library

Only commands and services that stay are used, so that ``fill`` and ``check`` serve all releases. If
a fact can no longer be stated as it was, state the new form of it; do not change the library.
"""

import io
import json
import os
import tarfile
import tempfile
from pathlib import Path

import zstandard
from click.testing import CliRunner

from broadsheet import __version__
from broadsheet.cli.main import main
from broadsheet.config import load_settings
from broadsheet.domain.access import OWNER
from broadsheet.domain.search import SearchRequest
from broadsheet.home import Home
from broadsheet.services.local import LocalServices
from broadsheet.wiring import back_up, open_services, starter_library

RELEASES = Path(__file__).parent / "fixtures" / "releases"
"""A folder for each release: ``home.tar.zst``, the home without its index, which is derived and large, and
``library.backup``."""
PAPERS = 40
ATTENTION = "arxiv:1706.03762"
PASSWORD = "correct horse battery staple"
PASSPHRASE = "of this fixture only"
SETTINGS = """\
# Kept through every update.
mode = "open"
zone = "Europe/Berlin"

[sources.arxiv]
on = false
"""
TITLE, COMMENT, NOTE = "Reading list α", "Read **section 3** first.", "for Monday"


def run(home: Home, *arguments: str, status: int = 0) -> str:
    """Run a command, and return its output."""
    result = CliRunner().invoke(main, ["--home", str(home.path), *arguments])
    assert result.exit_code == status, (arguments, result.output, result.exception)
    return result.stdout


def fill(home: Home, folder: Path) -> None:
    """Make the library in an empty home; ``folder`` is for files in passing."""
    papers, more, word = folder / "papers.jsonl", folder / "more.bib", folder / "word"
    with starter_library() as starter:
        lines = starter.read_text("utf-8").splitlines()
    chosen = [line for line in lines if json.loads(line)["id"] == ATTENTION]
    chosen += [line for line in lines if line not in chosen][: PAPERS - 1]
    papers.write_text("\n".join([*chosen, '{"title": 5}']) + "\n", "utf-8")
    more.write_text(
        "@inproceedings{vaswani, title={Attention Is All You Need}, author={Vaswani, Ashish}, "
        "eprint={1706.03762}, archiveprefix={arXiv}, booktitle={NeurIPS}, year={2017}}\n"
    )
    word.write_text(PASSWORD)
    home.settings.write_text(SETTINGS, "utf-8")
    run(home, "import", str(papers))
    run(home, "import", str(more))
    run(home, "accounts", "add", "ada", "--role", "owner", "--password-file", str(word))
    run(home, "accounts", "add", "max", "--role", "member", "--password-file", str(word))
    run(home, "follow", "add", "author", "Ashish Vaswani")
    run(home, "feature", ATTENTION, "--because", "It began here.", "--day", "2026-12-01")
    run(home, "subscribe", "reader@example.org", "--what", "trending", "--confirmed")
    with open_services(home) as services:
        ada = services.accounts.sign_in("ada", PASSWORD, "127.0.0.1").account.principal
        services.community.set_mark(ada, ATTENTION, "voted", True)
        services.community.set_mark(ada, ATTENTION, "saved", True)
        services.comments.add(ada, ATTENTION, COMMENT)
        kept = services.collections.create(ada, TITLE, "", "public")
        services.collections.add(ada, kept.id, ATTENTION, NOTE)
        screening = services.screening.start(ada, "attention", "A screening")
        services.screening.label(ada, screening.id, ATTENTION, True)


def check(home: Home) -> None:
    """Every fact that ``fill`` made, as the present program finds it. Raises AssertionError."""
    settings = load_settings(home)
    assert (settings.mode, settings.zone) == ("open", "Europe/Berlin")
    assert "# Kept through every update." in home.settings.read_text("utf-8")
    with open_services(home) as services:
        services.admin.renew_index(OWNER)
        services.admin.index_pending(OWNER)
        status = services.admin.status(OWNER)
        assert (status.papers, status.indexed, status.rejected) == (PAPERS, PAPERS, 1)
        assert status.problem == ""
        hits = services.search.search(SearchRequest("attention is all you need")).hits
        assert hits[0].paper.id == ATTENTION
        _check_paper(services)
        _check_people(services)
    assert len(run(home, "export", "--all", "--format", "jsonl").splitlines()) == PAPERS
    assert "Ashish Vaswani" in run(home, "follow", "list")


def _check_paper(services: LocalServices) -> None:
    paper = services.library.get_paper("1706.03762")
    assert paper.title == "Attention Is All You Need"
    assert paper.authors[0].name == "Ashish Vaswani"
    assert len(services.library.get_provenance(paper.id).records) == 2
    feature = services.submissions.highlights_of([paper.key]).features[paper.key]
    assert (feature.reason, str(feature.day)) == ("It began here.", "2026-12-01")
    (comment,) = services.comments.thread(OWNER, paper.key)
    assert comment.text == COMMENT


def _check_people(services: LocalServices) -> None:
    roles = {account.name: account.role for account in services.accounts.accounts(OWNER)}
    assert roles == {"ada": "owner", "max": "member"}
    ada = services.accounts.sign_in("ada", PASSWORD, "127.0.0.1").account.principal
    paper = services.library.get_paper(ATTENTION)
    marks = services.community.paper_marks(ada, [paper.key])
    assert marks.own[paper.key] == {"voted", "saved"}
    assert marks.votes[paper.key] == 1
    (collection,) = services.collections.own(ada)
    assert (collection.title, collection.sharing) == (TITLE, "public")
    ((kept, note),) = services.collections.papers(ada, collection.id)
    assert (kept.id, note) == (ATTENTION, NOTE)
    (screening,) = services.screening.own(ada)
    (decision,) = services.screening.decisions(ada, screening.id)
    assert (screening.title, decision.paper.id) == ("A screening", ATTENTION)
    (subscription,) = services.digest.subscriptions(OWNER)
    assert subscription.address == "reader@example.org"


def pack(home: Path) -> bytes:
    """A home without its index, as one compressed archive."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.add(home, "home", filter=_anonymous)
    return zstandard.ZstdCompressor(level=22).compress(archive.getvalue())


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    if member.name == "home/index":
        return None
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def unpack(archive: Path, folder: Path) -> Home:
    """The home in an archive, below ``folder``."""
    content = zstandard.ZstdDecompressor().decompress(archive.read_bytes(), 1 << 28)
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        tar.extractall(folder, filter="data")
    home = Home(folder / "home")
    home.path.chmod(0o700)
    return home


def write_release() -> None:
    """Write the library of the present version; refuses to replace one."""
    target = RELEASES / __version__
    target.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        home = Home(folder / "home").create()
        fill(home, folder)
        check(home)
        (target / "home.tar.zst").write_bytes(pack(home.path))
        back_up(home, target / "library.backup", include_secrets=False, passphrase=PASSPHRASE)
    for path in target.iterdir():
        path.chmod(0o644)
        print(path, os.stat(path).st_size)


if __name__ == "__main__":
    write_release()
