"""The setting ``embedder``: legal values, and the resulting models."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.embed.choose import (
    EmbedderChoice,
    EmbedderSettingError,
    build_embedder,
    parse_choice,
)
from broadsheet.embed.embedder import EmbedderUnavailableError


@pytest.mark.parametrize(
    ("setting", "choice"),
    [
        (" static ", EmbedderChoice("static")),
        ("transformer:/models/mini lm", EmbedderChoice("transformer", "/models/mini lm")),
        ("transformer:BAAI/bge-m3", EmbedderChoice("transformer", "BAAI/bge-m3")),
        ("onnx:C:/models", EmbedderChoice("onnx", "C:/models")),
        (
            "http://localhost:11434/v1#nomic-embed-text:latest",
            EmbedderChoice("remote", "http://localhost:11434/v1", "nomic-embed-text:latest"),
        ),
        ("https://[::1]/v1/#a/b", EmbedderChoice("remote", "https://[::1]/v1", "a/b")),
    ],
)
def test_legal_forms(setting: str, choice: EmbedderChoice) -> None:
    assert parse_choice(setting) == choice
    assert parse_choice(str(choice)) == choice


@pytest.mark.parametrize(
    "setting",
    [
        "",
        "Static",
        "static:x",
        "minilm",
        "transformer:",
        "onnx: ",
        "ftp://host/v1#m",
        "file:///etc/passwd#m",
        "http://#m",
        "http://host:99999/v1#m",
        "http://host/v1",
        "http://host/v1# ",
        "http://host/v1?api-version=1#m",
    ],
)
def test_other_forms_are_refused_and_the_legal_ones_listed(setting: str) -> None:
    with pytest.raises(EmbedderSettingError) as caught:
        parse_choice(setting)
    for form in ("static", "transformer:", "onnx:", "http://", "https://", "#MODEL"):
        assert form in str(caught.value)
    assert caught.value.code == "invalid"


def test_a_password_in_the_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(EmbedderSettingError, match="BROADSHEET_EMBEDDER_KEY") as caught:
        parse_choice("https://me:hunter2@host/v1#m")
    assert "hunter2" not in str(caught.value)


@given(
    st.text(max_size=60)
    | st.from_regex(r"(transformer:|onnx:|https?://)[ -~]{0,30}(#[ -~]{0,10})?", fullmatch=True)
)
def test_any_text_parses_to_itself_or_is_refused(setting: str) -> None:
    try:
        choice = parse_choice(setting)
    except EmbedderSettingError:
        return
    assert parse_choice(str(choice)) == choice


@pytest.mark.parametrize("kind", ["transformer", "onnx"])
def test_a_folder_that_is_not_there_is_named(kind: str, tmp_path: Path) -> None:
    if kind == "transformer":
        pytest.importorskip("sentence_transformers", reason="needs the extra [transformer]")
    with pytest.raises(EmbedderUnavailableError, match="nowhere") as caught:
        build_embedder(parse_choice(f"{kind}:{tmp_path}/nowhere"))
    assert caught.value.code == "unavailable"


def test_an_address_is_not_asked_before_it_is_used() -> None:
    embedder = build_embedder(parse_choice("http://127.0.0.1:9/v1#m"))
    assert embedder.name.startswith("remote-m-")


@pytest.mark.parametrize(
    ("setting", "module", "extra"),
    [
        ("transformer:/x", "sentence_transformers", "transformer"),
        ("onnx:{graph}", "onnxruntime", "onnx"),
    ],
)
def test_a_missing_extra_is_named_with_the_command(
    setting: str, module: str, extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model.onnx").write_bytes(b"")
    (tmp_path / "tokenizer.json").write_text("{}")
    monkeypatch.setitem(sys.modules, module, None)  # as if it were not installed
    with pytest.raises(EmbedderUnavailableError) as caught:
        build_embedder(parse_choice(setting.format(graph=tmp_path)))
    assert f"pip install 'broadsheet[{extra}]'" in str(caught.value)


def test_choosing_loads_no_optional_library() -> None:
    script = (
        "import sys; from broadsheet.embed.choose import parse_choice, build_embedder;"
        "parse_choice('transformer:x/y'); parse_choice('http://h/v1#m');"
        "heavy = {'torch', 'sentence_transformers', 'onnxruntime', 'httpx', 'transformers'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"
