"""Safe HTML, whatever goes in."""

from html.parser import HTMLParser

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from broadsheet.text.latex.mathml import ATTRIBUTES, TAGS, text_to_html, to_html
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


def test_no_macro_is_shown_as_it_is_written() -> None:
    html = to_html(r"$(1+\eps)\poly(n)$, $\nnz(A)$ over $\RR^d$ and $\frob(x) \injto y$")
    assert "\\" not in html
    assert "<mi>ε</mi>" in html
    assert "<msup><mrow><mi>ℝ</mi></mrow><mi>d</mi></msup>" in html or "<msup><mi>ℝ</mi>" in html
    assert "<mi>nnz</mi>" in html
    assert "<mi>frob</mi>" in html


def test_a_function_is_set_apart_from_its_operand_only() -> None:
    space = '<mspace width="0.167em"></mspace>'
    assert f"<mn>2</mn>{space}<mi>log</mi>{space}<mi>n</mi>" in to_html(r"$2\log n$")
    assert space not in to_html(r"$\log(n)$")
    assert f"<mi>max</mi><mi>x</mi></msub>{space}<mi>f</mi>" in to_html(r"$\max_x f$")


def test_names_of_several_letters_are_one_word() -> None:
    assert "<mi>poly</mi>" in to_html(r"$\mathrm{poly}(n)$")
    assert "<mi>rank</mi>" in to_html(r"$\operatorname{rank} A$")
    assert '<mi mathvariant="sans-serif">NP</mi>' in to_html(r"$\mathsf{NP}$")


def test_signs_have_the_class_that_tex_gives_them() -> None:
    html = to_html(r"$\infty/2$ and $A\setminus B$")
    assert "<mi>∞</mi>" in html
    assert '<mo lspace="0" rspace="0">/</mo>' in html
    assert "<mo>∖</mo>" in html
    assert "<mo>:=</mo>" in to_html("$x := y$")


def test_an_accented_letter_in_a_word_is_text() -> None:
    assert to_html(r"Poincar$\acute{e}$ and caf$\acute e$s") == "Poincaré and cafés"
    assert "<mover" in to_html(r"with $\acute{e}$ as")


def test_no_line_parts_a_formula_from_its_signs() -> None:
    html = to_html("in ($x$), the $k$-means and $y$ too")
    assert html.count('<span class="tied">') == 2
    assert "</math>),</span> the" in html
    assert "</math>-</span>means" in html


def test_scripts_of_readable_text_are_typeset() -> None:
    assert text_to_html("an ℓ_p norm < x^(i+1)") == "an ℓ<sub>p</sub> norm &lt; x<sup>i+1</sup>"
    assert text_to_html("min_(x ∈ ℝ^d) ‖A‖_G") == "min<sub>x ∈ ℝ<sup>d</sup></sub> ‖A‖<sub>G</sub>"
    for text in ("layer_1 of file_x", "https://a.org/b_c", "a__b", "x_abcdef"):
        assert text_to_html(text) == text


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
