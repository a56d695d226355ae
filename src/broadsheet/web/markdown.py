"""Markdown that readers write, as HTML that is safe to show.

markdown-it-py renders CommonMark without raw HTML; nh3 then lets only a few elements through,
so that a fault in the one is caught by the other. Images are left out: pages load nothing from
elsewhere.
"""

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).disable("image")
_TAGS = {
    "a", "blockquote", "br", "code", "em", "hr", "li", "ol", "p", "pre", "strong", "ul",
}  # fmt: skip


def to_safe_html(text: str) -> Markup:
    """Render a comment or note.

    >>> to_safe_html("*x* <script>alert(1)</script>")
    Markup('<p><em>x</em> &lt;script&gt;alert(1)&lt;/script&gt;</p>\\n')
    """
    html = nh3.clean(
        _MARKDOWN.render(text),
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noreferrer ugc",
    )
    return Markup(html)
