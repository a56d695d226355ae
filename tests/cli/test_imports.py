"""Commands import no package that they do not use, so that they start at once."""

import json
import os
import subprocess
import sys
from pathlib import Path

import broadsheet

HEAVY = ("alembic", "fastapi", "httpx", "lxml", "numpy", "pydantic", "rich", "scipy", "sqlalchemy", "tantivy")  # fmt: skip
PROGRAM = """
import json, sys
from broadsheet.cli.main import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    status = end.code
print(json.dumps({"status": status, "modules": sorted(sys.modules)}), file=sys.stderr)
"""


def modules_of(home: Path, *arguments: str, status: int = 0) -> set[str]:
    """The heavy libraries that a command imported."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "--home", str(home), *arguments],
        env=os.environ | {"PYTHONPATH": str(Path(broadsheet.__file__).parents[1])},
        capture_output=True,
        text=True,
    )
    ended = json.loads(done.stderr.splitlines()[-1])
    assert ended["status"] == status, done.stderr
    return set(HEAVY) & set(ended["modules"])


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    assert modules_of(tmp_path, "--help") == set()


def test_commands_import_only_what_they_use(tmp_path: Path, papers_file: Path) -> None:
    home = tmp_path / "home"
    assert "tantivy" in modules_of(home, "import", str(papers_file))  # so the probe works
    assert modules_of(home, "show", "arxiv:2401.00001") == {"sqlalchemy"}
    assert modules_of(home, "show", "arxiv:2401.00001", "--format", "bibtex") == {"sqlalchemy"}
    assert modules_of(home, "show", "arxiv:2401.00001", "--signals") == {"sqlalchemy"}
    assert modules_of(home, "show", "arxiv:1", status=1) == {"sqlalchemy"}
    searching = modules_of(home, "search", "surrogate")
    assert searching <= {"sqlalchemy", "numpy", "tantivy", "pydantic"}


def test_a_setting_that_is_wrong_is_still_told(tmp_path: Path, papers_file: Path) -> None:
    home = tmp_path / "home"
    modules_of(home, "import", str(papers_file))
    (home / "broadsheet.toml").write_text("page_size = 'many'\n")
    modules_of(home, "search", "surrogate", status=2)
