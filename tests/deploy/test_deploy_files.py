"""The files in deploy/ are accepted by the programs that read them, and name what there is."""

import json
import os
import plistlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from broadsheet.config import Settings, load_settings
from broadsheet.domain.access import OWNER
from broadsheet.domain.errors import InvalidInputError
from broadsheet.home import Home
from broadsheet.web.app import create_app
from broadsheet.web.connections import ConnectionLimits
from broadsheet.wiring import open_services, starter_library
from browsing import open_browser

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
_FUNCTIONS = {
    "sum", "max", "min", "by", "rate", "increase", "topk", "time", "bool", "histogram_quantile",
}  # fmt: skip


def test_the_service_is_confined() -> None:
    """Exposure by systemd's own scale, from 0 (confined) to 10; at most 3 are permitted."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=30"]
    rated = subprocess.run([*command, str(DEPLOY / "broadsheet.service")], capture_output=True)
    assert rated.returncode == 0, rated.stdout.decode() + rated.stderr.decode()
    assert b"Overall exposure level" in rated.stdout


def test_systemd_knows_every_line_of_the_service(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    text = (DEPLOY / "broadsheet.service").read_text()
    unit = tmp_path / "broadsheet.service"
    unit.write_text(text.replace("/opt/broadsheet/bin/broadsheet", "/bin/true"))
    verified = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True)
    assert (verified.returncode, verified.stderr) == (0, b"")


def test_the_agent_of_launchd_starts_the_server() -> None:
    agent = plistlib.loads((DEPLOY / "org.broadsheet.plist").read_bytes())
    shell, option, script = agent["ProgramArguments"]
    assert (shell, option) == ("/bin/sh", "-c")
    assert '"$HOME/.local/bin/broadsheet" up' in script
    assert subprocess.run([shell, "-n", option, script]).returncode == 0
    assert agent["KeepAlive"] == {"SuccessfulExit": False}


def test_the_container_file_has_no_faults_and_no_rights() -> None:
    file = DEPLOY / "Containerfile"
    text = file.read_text()
    stages = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    last = text[text.rindex("\nFROM ") :]
    assert len(stages) == 2
    assert "\nUSER 10001:10001\n" in last
    assert "\nHEALTHCHECK " in last
    beside = Path(sys.executable).parent
    hadolint = shutil.which("hadolint", path=f"{beside}{os.pathsep}{os.environ['PATH']}")
    if not hadolint:
        pytest.skip("hadolint is not installed")
    checked = subprocess.run([hadolint, str(file)], capture_output=True, text=True)
    assert (checked.returncode, checked.stdout) == (0, "")


@pytest.fixture(scope="module")
def metric_names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of all samples that /metrics can give, labels included: after a request, a
    search, a run of a job and of a source."""
    home = Home(tmp_path_factory.mktemp("measured")).create()
    home.settings.write_text(f'[sources.folder]\npath = "{home.path}"\n')
    with open_services(home) as services, starter_library() as papers:
        services.library.import_paths(OWNER, [str(papers)])
        app = create_app(services, connections=ConnectionLimits(10))
        client = open_browser(app)
        client.get("/papers?q=attention")
        text = client.get("/metrics").text
    families = text_string_to_metric_families(text)
    names = {family.name for family in families}
    samples = {
        sample.name for family in text_string_to_metric_families(text) for sample in family.samples
    }
    return names | samples


def test_the_dashboard_asks_for_metrics_that_there_are(metric_names: set[str]) -> None:
    board = json.loads((DEPLOY / "grafana.json").read_text())
    panels = [panel for panel in board["panels"] if panel["type"] != "row"]
    queries = [target["expr"] for panel in panels for target in panel["targets"]]
    assert len(queries) > 20
    unknown = set()
    for query in queries:
        assert query.count("(") == query.count(")")
        assert 'instance=~"$instance"' in query
        bare = re.sub(r"\{[^}]*\}|\[[^]]*\]|by \([^)]*\)", "", query)
        unknown |= set(re.findall(r"[a-z_]{3,}", bare)) - _FUNCTIONS - metric_names
    assert unknown == set()
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    # Every metric of ours is on the dashboard, but for the ones that only explain others.
    ours = {name for name in metric_names if name.startswith("broadsheet_")}
    shown = {name for name in ours if any(name in query for query in queries)}
    explaining = r"_readable$|_created$|_info$|_sum$|_count$|_limit$"
    hidden = {
        name
        for name in ours - shown
        if not re.search(explaining, name) and f"{name}_total" not in shown
    }
    assert hidden == set()


def test_settings_of_the_examples_are_settings() -> None:
    for name in ("nginx.conf", "Caddyfile"):
        named = re.findall(r"^#   (\w+) = ", (DEPLOY / name).read_text(), re.MULTILINE)
        assert named == ["public_url", "trusted_proxies"]
        assert set(named) <= set(Settings.model_fields)


def test_a_public_address_with_a_path_is_refused_in_words(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.settings.write_text('public_url = "https://example.org/papers"\n')
    with pytest.raises(InvalidInputError, match="a path behind the name is not possible"):
        load_settings(home)
    home.settings.write_text('public_url = "https://papers.example.org:8443/"\n')
    assert load_settings(home).public_url == "https://papers.example.org:8443/"
