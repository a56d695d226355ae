import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.text.links import Links, clean_url, find_links, repository_url
from broadsheet.text.sentences import finish, is_finished, split_sentences


@pytest.mark.parametrize(
    "sentences",
    [
        ["We use it, e.g. ResNet (cf. Fig. 3).", "It has 3.5 M parameters, i.e. few."],
        ["Smith et al. (2020) say so.", "J. R. Smith agrees."],
        ["Smith et al. propose X vs. Y.", "We do not."],
        ["Is it so?", "Yes!", "“Good.”", "It ends here"],
        ["Accuracy rises to 98.7.", "The U.S. team won.", "GPT-3.5 and No. 5 lost."],
        ["It holds (see Sec. 2).", "2020 was different."],
        ["Smith Inc. sells it, ref. two"],
    ],
)
def test_sentences(sentences: list[str]) -> None:
    assert split_sentences(" ".join(sentences)) == sentences


def test_glued_sentences_are_parted_but_names_are_not() -> None:
    assert split_sentences("Two problems.In this work we use Node.js.We win.") == [
        "Two problems.",
        "In this work we use Node.js.We win.",
    ]
    assert split_sentences("Use torch.Tensor objects.") == ["Use torch.Tensor objects."]


@given(st.text(alphabet='aB .!?\n"e.g1(,)', max_size=80))
def test_no_character_is_lost(text: str) -> None:
    assert "".join("".join(split_sentences(text)).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "code", "project"),
    [
        ("Code at https://github.com/a/b.", ["https://github.com/a/b"], []),
        (r"\url{https://github.com/a/b\_c.git}", ["https://github.com/a/b_c"], []),
        ("(github.com/Foo/Bar-baz), ok", ["https://github.com/Foo/Bar-baz"], []),
        ("https://github.com/N/e-llm{e-llm}.", ["https://github.com/N/e-llm"], []),
        ("https://github.com/a/b.We show", ["https://github.com/a/b"], []),
        ("https://www.github.com/a/b/tree/main/x", ["https://github.com/a/b"], []),
        ("https://gitlab.com/g/s/r/-/tree/x", ["https://gitlab.com/g/s/r"], []),
        ("https://github.com/org-only", [], []),
        ("https://huggingface.co/papers/2401.00001", [], []),
        ("Project page: https://foo.com/x/.", [], ["https://foo.com/x/"]),
        (
            "https://x.github.io/y/ and http://x.github.io/y/z",
            [],
            ["https://x.github.io/y/", "http://x.github.io/y/z"],
        ),
        ("https://sites.google.com/view/probcoll.", [], ["https://sites.google.com/view/probcoll"]),
        ("https://arxiv.org/abs/2401.00001", [], []),
        ("no links, only github", [], []),
        ("http://[broken and https://", [], []),
    ],
)
def test_links(text: str, code: list[str], project: list[str]) -> None:
    assert find_links(text) == Links(tuple(code), tuple(project))


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("Data: https://zenodo.org/record/1300934.", "https://zenodo.org/records/1300934"),
        ("https://zenodo.org/records/7326540/files/x.zip", "https://zenodo.org/records/7326540"),
        ("https://doi.org/10.5281/zenodo.17915355", "https://zenodo.org/records/17915355"),
        ("https://figshare.com/articles/Meme/3187159/1", "https://figshare.com/articles/3187159"),
        ("osf.io/vjw5e.", "https://osf.io/vjw5e"),
        ("https://hf.co/datasets/nvidia/Granary", "https://huggingface.co/datasets/nvidia/Granary"),
        ("https://www.kaggle.com/datasets/a/b-c/data,", "https://kaggle.com/datasets/a/b-c"),
        ("https://figshare.com/s/519a923fae8f386d7f5b", None),
        ("https://zenodo.org/communities/x", None),
    ],
)
def test_data_is_no_code(text: str, data: str | None) -> None:
    links = find_links(text)
    assert links.code == ()
    assert links.data == ((data,) if data else ())


def test_code_stands_before_models_and_each_once() -> None:
    links = find_links(
        "Models: https://hf.co/PowerInfer/SmallThinker. Code: http://GitHub.com/PowerInfer/Thinker "
        "or www.github.com/powerinfer/thinker/tree/main"
    )
    assert links.code == (
        "https://github.com/PowerInfer/Thinker",
        "https://huggingface.co/PowerInfer/SmallThinker",
    )


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("https://github.com/matejbalog/RKHS-private-database/", "https://github.com/matejbalog/RKHS-private-database"),
        ("git@github.com", None),
        ("arXiv:1805.08370", None),
        ("Not provided", None),
        ("https://github.com/...", None),
        ("https://github.com/coda-dataset", None),
        ("[![github](/images/github_icon.svg) a/b](https://github.com/a/b) + [x](https://y.z)", "https://github.com/a/b"),
        ("https://github.com/z/D/blob/master/x.pdf; https://github.com/X/D2", "https://github.com/z/D"),
        ("https://bitbucket.org/HBrum/tweetsentbr", "https://bitbucket.org/HBrum/tweetsentbr"),
        ("https://sourceforge.net/projects/weka/files", "https://sourceforge.net/projects/weka"),
        ("[https://github.com/shzyk/MENTI](https://github.com/shzyk/MENTI)", "https://github.com/shzyk/MENTI"),
        ("git@github.com:THU-MIG/lsnet.git", "https://github.com/THU-MIG/lsnet"),
        ("git+https://github.com/THU-MIG/lsnet.git@main", "https://github.com/THU-MIG/lsnet"),
        ("ssh://git@gitlab.com/g/s/r.git", "https://gitlab.com/g/s/r"),
        ("https://github.com/ﬁnint/F-HMTC", "https://github.com/finint/F-HMTC"),
        ("https://github.com/SPIresearch/DGHMesh.(The", "https://github.com/SPIresearch/DGHMesh"),
        ("https://colab.research.google.com/github/kvfrans/clipdraw/blob/main/x.ipynb", "https://github.com/kvfrans/clipdraw"),
        ("https://raw.githubusercontent.com/a/b/main/README.md", "https://github.com/a/b"),
        ("http://minepy.sourceforge.net", "https://sourceforge.net/projects/minepy"),
        ("http://code.google.com/p/gputracer/.", "https://code.google.com/archive/p/gputracer"),
        ("https://gricad-gitlab.univ-grenoble-alpes.fr/dnn-safety/m-hood.", "https://gricad-gitlab.univ-grenoble-alpes.fr/dnn-safety/m-hood"),
        ("https://git.sr.ht/~ada/engine/tree", "https://git.sr.ht/~ada/engine"),
        ("https://hf.co/spaces/huawei-bayerlab/windowseat", "https://huggingface.co/spaces/huawei-bayerlab/windowseat"),
        ("https://huggingface.co/collections/MING-ZCH/metaphorstar", None),
        ("https://github.com/your-username/repo", None),
        ("https://github.com/anonymous/anonymous", None),
        ("https://github.com/xxxxx/xxxxx", None),
        ("https://github.com/-bad/name", None),
        ("https://anonymous.4open.science/r/Depth3DLane-DCDD.", "https://anonymous.4open.science/r/Depth3DLane-DCDD"),
    ],
)  # fmt: skip
def test_repository_of_a_source_field(field: str, expected: str | None) -> None:
    assert repository_url(field) == expected


@given(st.text(max_size=60).map(lambda tail: f"https://github.com/{tail} github.com/{tail}"))
def test_a_repository_is_its_own_normal_form(text: str) -> None:
    for address in find_links(text).code:
        assert repository_url(address) == address
        assert clean_url(address) == address


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It folds.", "It folds."),
        ("It folds....", "It folds."),
        ("It folds. ...", "It folds."),
        ("It folds, and then...", "It folds, and then…"),
        ("It folds, and then …", "It folds, and then…"),
        ("It folds, and", "It folds, and…"),
        ("It folds, ", "It folds…"),
        ("Does it fold?", "Does it fold?"),
        ("(It folds.)", "(It folds.)"),
        ("It\n folds.", "It folds."),
        ("...", ""),
        ("", ""),
    ],
)
def test_text_ends_as_a_sentence_or_with_an_ellipsis(text, expected):
    assert finish(text) == expected


def test_a_sentence_that_ends_in_dots_is_not_finished():
    assert is_finished("It folds.")
    assert is_finished("“It folds!”")
    assert not is_finished("It folds")
    assert not is_finished("It folds...")
