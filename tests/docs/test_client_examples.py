"""Every example in docs/clients.md runs against a library as ``broadsheet up`` serves it."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

_DOCUMENT = Path(__file__).parents[2] / "docs/clients.md"
_ADDRESS = "http://127.0.0.1:8642"
_EXAMPLE = re.compile(r"^```(python|sh)\n(.*?)^```", re.MULTILINE | re.DOTALL)
EXAMPLES = _EXAMPLE.findall(_DOCUMENT.read_text("utf-8"))
_ENTRY = """@article{{p{number},
  title = {{Diffusion models of river deltas, part {number}}},
  author = {{Lovelace, Ada and du Châtelet, Émilie}},
  abstract = {{We model river deltas. The deltas of part {number} grow.}},
  date = {{2026-06-02}}, eprint = {{2606.{number:05d}}}, eprinttype = {{arxiv}},
  eprintclass = {{cs.LG}}
}}
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("clients")
    papers = folder / "papers.bib"
    papers.write_text("".join(_ENTRY.format(number=number) for number in range(1, 6)), "utf-8")
    command = [sys.executable, "-m", "broadsheet", "--home", str(folder / "home")]
    process = subprocess.Popen(
        [*command, "up", str(papers), "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if match := re.search(r"is at (http://\S+?)/ ", line):
            yield match[1]
            break
    process.terminate()
    process.wait()


@pytest.mark.parametrize(
    ("language", "example"), EXAMPLES, ids=[text.split("\n")[0] for _, text in EXAMPLES]
)
def test_an_example_runs_and_shows_papers(
    address: str, language: str, example: str, tmp_path: Path
) -> None:
    text = example.replace(_ADDRESS, address)
    command = [sys.executable, "-c", text] if language == "python" else ["bash", "-euc", text]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    run = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
        env=os.environ | {"PATH": path, "HOME": str(tmp_path)},
    )
    assert run.returncode == 0, run.stderr
    assert re.search(r"part \d|2606\.0000\d", run.stdout), run.stdout
