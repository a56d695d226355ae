"""Text out of publishers' markup."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.ingest.formats.jats import plain_text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("plain text,  as it is", "plain text, as it is"),
        ("a < b and c > d", "a < b and c > d"),
        ("if n<5 then", "if n<5 then"),
        ("<p>One.</p><p>Two.</p>", "One. Two."),
        ("<jats:title>ABSTRACT</jats:title><jats:p>Text.</jats:p>", "Text."),
        ("<sec><title>Aims.</title><p>To see.</p></sec>", "Aims: To see."),
        ("H<sub>2</sub>O and x<jats:sup>-1</jats:sup>", "H$_{2}$O and x$^{-1}$"),
        ("<jats:p>R&amp;D, 5 &lt; 6, &copy; &eacute;</jats:p>", "R&D, 5 < 6, © é"),
        ("&lt;p&gt;escaped twice &amp;amp; so on&lt;/p&gt;", "escaped twice & so on"),
        ("5 &amp;lt; 6", "5 < 6"),
        ("AT&T & <i>others</i>", "AT&T & others"),
        ("<p>never closed <b>bold", "never closed bold"),
        ("<mml:math><mml:mi>x</mml:mi> <mml:mo>=</mml:mo> <mml:mn>1</mml:mn></mml:math>", "x = 1"),
        ("is <inline-formula><tex-math>$x^2$</tex-math></inline-formula>.", "is $x^2$."),
        ("<p>seen<inline-graphic>blob</inline-graphic></p>", "seen"),
        ("<list><list-item><p>a</p></list-item><list-item><p>b</p></list-item></list>", "a b"),
        ('<a href="http://x.example/?a=1&b=2">here</a>', "here"),
        ("<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/hostname'>]><p>&e;</p>", "&e;"),
        ("x < y, <i>so</i> y > x", "x < y, so y > x"),
        ("", ""),
    ],
)
def test_plain_text(markup, text):
    assert plain_text(markup) == text


def test_an_entity_of_its_own_is_never_expanded():
    bomb = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;'>]><p>&b;</p>"
    assert "aaaa" not in plain_text(bomb).replace("'aaaaaaaaaa'", "")


def test_depth_is_the_senders_choice():
    assert "deep" in plain_text("<b>" * 5000 + "deep" + "</b>" * 5000)


@given(st.text(alphabet=st.sampled_from("<>/&;abp sub:=\"'!?[]-#x1é\n"), max_size=120))
def test_nothing_raises(markup):
    assert "\n" not in plain_text(markup)
