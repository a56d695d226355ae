"""Safe HTML, whatever goes in."""

from html.parser import HTMLParser

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from broadsheet.text.latex.mathml import ATTRIBUTES, TAGS, to_html
from broadsheet.text.latex.plain_text import to_text


class Collector(HTMLParser):
    """Every tag, attribute and piece of text of a fragment."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: dict[str, str | None] = {}
        self.text: list[str] = []
        self.strange: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open.append(tag)
        self.attributes.update(attrs)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.strange.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def handle_comment(self, data: str) -> None:
        self.strange.append(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def read(fragment: str) -> Collector:
    collector = Collector()
    collector.feed(fragment)
    collector.close()
    return collector


HOSTILE = r"""<script>alert(1)</script> <img/src=x/onerror=alert(1)> &lt;b&gt; &#60; &amp;#60; " ' <!-- --> ]]>
    $ $$ \( \) \[ \] { } \frac \sqrt x ^ _ 2 \href{javascript:alert(1)}{x} \url{javascript:x} < > & \text{<b>}
    \mathbb{R} \left( \right) \begin{matrix} \end{matrix} \\ \style{x} \class{y} \unicode{60} \char`< \lt
    \textcolor{red"onload=x}{y} \hspace{1"em} \emph{ \textbf{<i>} {\em a} \mathrm{&lt;script&gt;} \rule{1}{2}
    \def\a{\a} \newcommand{\a}{\a\a} \a \hat \operatorname{<} \mathstyle javascript: onerror="""
SOUP = st.lists(
    st.sampled_from([*HOSTILE.split(), " ", "a", "é", "\x00", "\ue000", "0\ue001"]), max_size=14
)


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SOUP.map("".join) | st.text(max_size=60))
@example(r"$\text{</math><script>alert(1)</script>}$")
@example(r"$\text{&lt;script&gt;}$")
@example(r"$<img src=x>$")
@example("\\emph{\ue000a}\ue0000\ue001")
def test_nothing_but_the_allowed_tags_and_attributes_comes_out(source: str) -> None:
    elements = read(to_html(source))
    assert set(elements.tags) <= TAGS
    assert set(elements.attributes) <= ATTRIBUTES
    assert not elements.strange
    assert not elements.open


def test_plain_text_is_escaped() -> None:
    assert to_html("a < b & c > d") == "a &lt; b &amp; c &gt; d"
    assert to_html("<script>x</script>") == "&lt;script&gt;x&lt;/script&gt;"


def test_formulas_become_mathml() -> None:
    html = to_html(r"Let $\frac{a}{b} < \sqrt{x_i}$ and \[E = mc^2\] hold.")
    elements = read(html)
    assert elements.tags.count("math") == 2
    assert {"mfrac", "msqrt", "msub", "msup"} <= set(elements.tags)
    assert 'display="block"' in html
    assert html.startswith("Let <math")
    assert html.endswith("</math> hold.")


def test_emphasis_becomes_tags() -> None:
    assert to_html(r"\emph{so} \textbf{it} {\em is} \texttt{x<y}") == (
        "<em>so</em> <strong>it</strong> <em>is</em> <code>x&lt;y</code>"
    )


def test_lost_backslashes_read_as_in_plain_text() -> None:
    source = "0<varepsilonll 1 and 85times"
    assert read(to_html(source)).text == ["0<ε ≪ 1 and 85×"]


def test_a_formula_that_cannot_be_converted_is_readable_text() -> None:
    broken = r"so $\left( x_1$ is"
    assert "".join(read(to_html(broken)).text) == to_text(broken)
    long = "$x" + "+x" * 1500 + "$"
    assert "math" not in read(to_html(long)).tags
    deep = "$" + "{" * 30 + "x" + "}" * 30 + "$"
    assert "math" not in read(to_html(deep)).tags


def test_links_are_plain_text() -> None:
    html = to_html(r"see \href{https://example.org/a}{here} and \url{https://example.org/b}")
    assert html == "see here (https://example.org/a) and https://example.org/b"


def test_a_formula_inside_emphasis_and_quotes() -> None:
    html = to_html(r"``the \emph{best $x$}'' and \textbf{a $y$ b}")
    assert html.startswith("“the <em>best <math")
    assert "</math></em>”" in html
    assert "<strong>a <math" in html


def test_a_macro_that_takes_a_formula_for_its_argument_leaves_no_trace() -> None:
    source = r"a \bar $x$ and \frac $a$ $b$"
    html = to_html(source)
    assert "\ue000" not in html
    assert "\ue001" not in html
