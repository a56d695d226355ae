"""Files in the encodings that reference managers of the world write."""

import io

import pytest

from broadsheet.ingest.reading import Input

CASES = {
    "gb18030": ("李四", "测试期刊的文章"),
    "big5": ("陳大文", "關於機器學習的研究與應用"),
    "shift_jis": ("山田太郎", "機械学習による画像の異常検知"),
    "euc_jp": ("山田太郎", "機械学習による画像の異常検知"),
    "euc_kr": ("김철수", "기계 학습을 이용한 이미지 분류"),
    "cp1251": ("И. Иванов", "О некоторых свойствах нейронных сетей"),
    "koi8_r": ("И. Иванов", "О некоторых свойствах нейронных сетей"),
    "cp1250": ("Łukasz Żek", "Źródła energii w świecie"),
    "cp1253": ("Γ. Παπαδόπουλος", "Ανάλυση δεδομένων"),
    "cp1252": ("Jürgen Müller", "Über die Größe “x” – eine Übersicht"),
    "utf-8": ("李四", "测试期刊的文章"),
    "utf-16": ("李四", "测试期刊的文章"),
}


@pytest.mark.parametrize("encoding", CASES)
@pytest.mark.parametrize("name", ["bibtex", "ris"])
def test_names_and_titles(encoding, name):
    author, title = CASES[encoding]
    text = {
        "bibtex": f"@article{{a, author = {{{author}}}, title = {{{title}}}, year = {{2013}}}}",
        "ris": f"TY  - JOUR\nAU  - {author}\nTI  - {title}\nPY  - 2013\nER  - \n",
    }[name]
    opened = Input("file", io.BytesIO(text.encode(encoding)), None, None)
    (piece,) = opened.pieces()
    record = opened.format.parse(piece.raw)
    assert (record.authors[0].name, record.title) == (author, title)
    assert bool(opened.notes) == (encoding != "utf-8")


def test_stray_bytes_in_utf8_are_mended_one_by_one():
    text = "@misc{a, title={测试期刊的文章}}\n@misc{b, title={Caf\udce9}}".encode(
        "utf-8", "surrogateescape"
    )
    opened = Input("file", io.BytesIO(text), None, None)
    titles = [opened.format.parse(piece.raw).title for piece in opened.pieces()]
    assert titles == ["测试期刊的文章", "Café"]
