"""The Unicode text of LaTeX macros."""

from broadsheet.text.wordlists import words

LOWER_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε",
    "zeta": "ζ", "eta": "η", "theta": "θ", "vartheta": "ϑ", "iota": "ι", "kappa": "κ",
    "varkappa": "ϰ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "varpi": "ϖ",
    "rho": "ρ", "varrho": "ϱ", "sigma": "σ", "varsigma": "ς", "tau": "τ", "upsilon": "υ",
    "phi": "φ", "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
}  # fmt: skip
UPPER_GREEK = {
    "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ",
    "Upsilon": "Υ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
GREEK = LOWER_GREEK | UPPER_GREEK

# Set with a space on either side.
RELATIONS = {
    "leq": "≤", "le": "≤", "leqslant": "≤", "geq": "≥", "ge": "≥", "geqslant": "≥", "ll": "≪",
    "gg": "≫", "neq": "≠", "ne": "≠", "approx": "≈", "simeq": "≃", "cong": "≅", "equiv": "≡",
    "propto": "∝", "asymp": "≍", "doteq": "≐", "triangleq": "≜", "coloneqq": "≔", "lesssim": "≲",
    "gtrsim": "≳", "prec": "≺", "succ": "≻", "preceq": "≼", "succeq": "≽", "precsim": "≾",
    "in": "∈", "notin": "∉", "ni": "∋", "subset": "⊂", "supset": "⊃", "subseteq": "⊆",
    "supseteq": "⊇", "subsetneq": "⊊", "sqsubseteq": "⊑", "vdash": "⊢", "models": "⊨",
    "parallel": "∥", "perp": "⊥", "mid": "|", "to": "→", "rightarrow": "→", "leftarrow": "←",
    "longrightarrow": "⟶", "longleftarrow": "⟵", "leftrightarrow": "↔", "Rightarrow": "⇒",
    "Leftarrow": "⇐", "Leftrightarrow": "⇔", "Longrightarrow": "⟹", "Longleftarrow": "⟸",
    "iff": "⇔", "implies": "⇒", "mapsto": "↦", "leadsto": "⇝", "hookrightarrow": "↪",
    "hookleftarrow": "↩", "rightleftharpoons": "⇌", "xrightarrow": "→", "longmapsto": "⟼",
    "twoheadrightarrow": "↠", "Longleftrightarrow": "⟺", "longleftrightarrow": "⟷",
    "curvearrowright": "↷", "gtrapprox": "⪆", "lessapprox": "⪅", "preccurlyeq": "≼",
    "succcurlyeq": "≽", "nsubseteq": "⊈", "nmid": "∤", "dashv": "⊣", "trianglelefteq": "⊴",
}  # fmt: skip

# Set without more space than was typed.
SIGNS = {
    "times": "×", "cdot": "·", "div": "÷", "pm": "±", "mp": "∓", "ast": "∗", "star": "⋆",
    "circ": "∘", "bullet": "•", "oplus": "⊕", "ominus": "⊖", "otimes": "⊗", "odot": "⊙",
    "cup": "∪", "cap": "∩", "sqcup": "⊔", "sqcap": "⊓", "setminus": "∖", "wedge": "∧",
    "land": "∧", "vee": "∨", "lor": "∨", "neg": "¬", "lnot": "¬", "sim": "∼", "thicksim": "∼",
    "infty": "∞", "nabla": "∇", "partial": "∂", "forall": "∀", "exists": "∃", "nexists": "∄",
    "emptyset": "∅", "varnothing": "∅", "ell": "ℓ", "hbar": "ℏ", "Re": "ℜ", "Im": "ℑ",
    "aleph": "ℵ", "wp": "℘", "imath": "ı", "jmath": "ȷ", "top": "⊤", "bot": "⊥", "angle": "∠",
    "triangle": "△", "square": "□", "Box": "□", "blacksquare": "■", "Diamond": "◇", "diamond": "⋄",
    "bigcirc": "◯", "sum": "∑", "prod": "∏", "int": "∫", "oint": "∮", "iint": "∬",
    "bigcup": "⋃", "bigcap": "⋂", "bigoplus": "⨁", "bigotimes": "⨂", "ldots": "…", "dots": "…",
    "cdots": "⋯", "vdots": "⋮", "ddots": "⋱", "dotsc": "…", "textellipsis": "…", "prime": "′",
    "langle": "⟨", "rangle": "⟩", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉",
    "lvert": "|", "rvert": "|", "vert": "|", "lVert": "‖", "rVert": "‖", "Vert": "‖",
    "lbrace": "{", "rbrace": "}", "lbrack": "[", "rbrack": "]", "uparrow": "↑", "downarrow": "↓",
    "Uparrow": "⇑", "Downarrow": "⇓", "updownarrow": "↕", "nearrow": "↗", "searrow": "↘",
    "circlearrowright": "↻", "circlearrowleft": "↺", "dagger": "†", "ddagger": "‡", "dag": "†",
    "ddag": "‡", "S": "§", "P": "¶", "copyright": "©", "textregistered": "®", "texttrademark": "™",
    "pounds": "£", "euro": "€", "texteuro": "€", "deg": "°", "degree": "°", "textdegree": "°",
    "checkmark": "✓", "cmark": "✓", "xmark": "✗", "flat": "♭", "natural": "♮", "sharp": "♯",
    "spadesuit": "♠", "heartsuit": "♥", "diamondsuit": "♦", "clubsuit": "♣", "spades": "♠",
    "textasciitilde": "~", "textasciicircum": "^", "textbackslash": "\\", "textunderscore": "_",
    "textbar": "|", "textless": "<", "textgreater": ">", "textdollar": "$", "percent": "%",
    "textpercent": "%", "lt": "<", "gt": ">", "textquotesingle": "'", "textquoteleft": "‘",
    "textquoteright": "’", "textquotedblleft": "“", "textquotedblright": "”", "textendash": "–",
    "textemdash": "—", "texttimes": "×", "textmu": "µ", "micro": "µ", "textpm": "±",
    "textbullet": "•", "textperiodcentered": "·", "slash": "/", "colon": ":", "backslash": "\\",
    "rtimes": "⋊", "ltimes": "⋉", "wr": "≀", "boxtimes": "⊠", "bigwedge": "⋀", "bigvee": "⋁",
    "bowtie": "⋈", "uplus": "⊎", "triangleright": "▷", "triangleleft": "◁", "bigtriangleup": "△",
    "circledast": "⊛", "circledR": "®", "beth": "ℶ", "guillemotleft": "«", "guillemotright": "»",
    "lq": "‘", "rq": "’", "textbackslashtextless": "<", "textbackslashtextgreater": ">",
    "eps": "ε", "LaTeX": "LaTeX", "TeX": "TeX", "BibTeX": "BibTeX",
    "R": "ℝ", "eg": "e.g.", "ie": "i.e.", "etal": "et al.", "etc": "etc.", "wrt": "w.r.t.",
    "cf": "cf.", "vs": "vs.", "iid": "i.i.d.", "aka": "a.k.a.",
}  # fmt: skip
# Signs between two things.
BINARY = frozenset("×·÷±∓∗⋆∘⊕⊖⊗⊙∪∩∖∧∨∼⋊⋉≀⊠⋈⊎")

# Letters of text; TeX swallows the space that ends such a macro.
LETTERS = {
    "L": "Ł", "l": "ł", "O": "Ø", "o": "ø", "AE": "Æ", "ae": "æ", "OE": "Œ", "oe": "œ",
    "AA": "Å", "aa": "å", "ss": "ß", "i": "ı", "j": "ȷ", "DH": "Ð", "dh": "ð", "DJ": "Đ",
    "dj": "đ", "TH": "Þ", "th": "þ", "NG": "Ŋ", "ng": "ŋ",
}  # fmt: skip

FUNCTIONS = words(
    "log ln lg exp min max sup inf lim liminf limsup arg argmin argmax det dim ker gcd hom "
    "sin cos tan cot sec csc sinh cosh tanh arcsin arccos arctan Pr poly polylog sgn sign "
    "choose trace tr rank diag mod bmod injlim projlim varprojlim varinjlim codim"
)

# Accents over the letter that follows, as combining characters.
ACCENTS = {
    '"': "\u0308", "'": "\u0301", "`": "\u0300", "^": "\u0302", "~": "\u0303", "=": "\u0304",
    ".": "\u0307", "c": "\u0327", "v": "\u030c", "u": "\u0306", "H": "\u030b", "k": "\u0328",
    "r": "\u030a", "d": "\u0323", "b": "\u0331", "t": "\u0361",
}  # fmt: skip
MATH_ACCENTS = {
    "hat": "\u0302", "widehat": "\u0302", "tilde": "\u0303", "widetilde": "\u0303", "wt": "\u0303",
    "bar": "\u0304", "overline": "\u0304", "dot": "\u0307", "ddot": "\u0308", "vec": "\u20d7",
    "check": "\u030c", "breve": "\u0306", "acute": "\u0301", "grave": "\u0300",
}  # fmt: skip

# Macros whose argument is all that is read of them.
TRANSPARENT = words(
    "emph textit textbf textsl texttt textsc textsf textrm textup textnormal textmd text mbox hbox "
    "fbox boxed underline uline emphasize Emph mathcal mathbf mathrm mathsf mathit "
    "mathtt mathfrak mathscr mathnormal mathop mathbin mathrel mathord bm boldsymbol "
    "pmb smash ensuremath textsuperscript textsubscript overbrace underbrace "
    "mathchoice lowercase "
    "uppercase textlf textquoted substack bold strong rm bf it tt sf sl em sc cal "
    "bfseries itshape ttfamily sffamily scshape mdseries upshape slshape boldmath "
    "small large tiny footnotesize scriptsize normalsize displaystyle textstyle scriptstyle "
    "limits nolimits xspace big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl "
    "Biggr bigm Bigm middle nonumber noindent protect relax nobreak "
    "mkbibemph mkbibitalic mkbibbold textlatin autocap MakeUppercase MakeLowercase MakeSentenceCase "
    "nobreakdash allowbreak centering mathstrut strut "
    "leavevmode selectfont sloppy hfill null bgroup egroup begingroup endgroup"
)
SPACES = words("space quad qquad nobreakspace newline linebreak par thinspace item")

# Commands left out together with their argument.
DROPPED = words(
    "label vspace hspace footnotemark vphantom hphantom bibliography color "
    "pagestyle thispagestyle includegraphics index thanks begin end raisebox raise ref eqref cref "
    "Cref autoref tag"
)

CITATIONS = words(
    "cite citep citet citeauthor citeyear citealp citealt parencite textcite footcite autocite"
)
# Short forms defined elsewhere: their key says enough.
ACRONYMS = words("ac acs acl acf acp acrshort acrlong acrfull gls Gls glspl acronym num")

# Macro names that really came with their braces lost: ``\emphnonnegative``, ``\mathbbR``.
GLUE_PREFIXES = (
    "mathcal", "mathbb", "mathbf", "mathrm", "mathsf", "mathfrak", "mathit", "boldsymbol", "bm",
    "emph", "textit", "textbf", "texttt", "textsc", "textsf", "textrm", "text", "sqrt", "tilde",
    "widetilde", "hat", "widehat", "overline", "underline", "bar", "citep", "citet", "cite",
)  # fmt: skip

SUPERSCRIPTS = str.maketrans("0123456789+-−=()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾")
SUBSCRIPTS = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
BLACKBOARD = str.maketrans("CHNPQRZ", "ℂℍℕℙℚℝℤ")
