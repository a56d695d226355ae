"""Names of subject categories, and the section of the paper to which each belongs.

Source  arXiv's category taxonomy, https://arxiv.org/category_taxonomy (archives that were
        merged into others carry their last name).

A section is a part of the newspaper: some have one category ("Vision"), others a
whole archive. A category that arXiv does not have ("biophysics", as bioRxiv says) is its own
name and its own section.
"""

from collections.abc import Iterable, Sequence

OTHER = "Other fields"
"""The section of papers without any category."""

_NAMES = {
    "cs.AI": "Artificial Intelligence",
    "cs.AR": "Hardware Architecture",
    "cs.CC": "Computational Complexity",
    "cs.CE": "Computational Engineering, Finance, and Science",
    "cs.CG": "Computational Geometry",
    "cs.CL": "Computation and Language",
    "cs.CR": "Cryptography and Security",
    "cs.CV": "Computer Vision and Pattern Recognition",
    "cs.CY": "Computers and Society",
    "cs.DB": "Databases",
    "cs.DC": "Distributed, Parallel, and Cluster Computing",
    "cs.DL": "Digital Libraries",
    "cs.DM": "Discrete Mathematics",
    "cs.DS": "Data Structures and Algorithms",
    "cs.ET": "Emerging Technologies",
    "cs.FL": "Formal Languages and Automata Theory",
    "cs.GL": "General Literature",
    "cs.GR": "Graphics",
    "cs.GT": "Computer Science and Game Theory",
    "cs.HC": "Human-Computer Interaction",
    "cs.IR": "Information Retrieval",
    "cs.IT": "Information Theory",
    "cs.LG": "Machine Learning",
    "cs.LO": "Logic in Computer Science",
    "cs.MA": "Multiagent Systems",
    "cs.MM": "Multimedia",
    "cs.MS": "Mathematical Software",
    "cs.NA": "Numerical Analysis",
    "cs.NE": "Neural and Evolutionary Computing",
    "cs.NI": "Networking and Internet Architecture",
    "cs.OH": "Other Computer Science",
    "cs.OS": "Operating Systems",
    "cs.PF": "Performance",
    "cs.PL": "Programming Languages",
    "cs.RO": "Robotics",
    "cs.SC": "Symbolic Computation",
    "cs.SD": "Sound",
    "cs.SE": "Software Engineering",
    "cs.SI": "Social and Information Networks",
    "cs.SY": "Systems and Control",
    "econ.EM": "Econometrics",
    "econ.GN": "General Economics",
    "econ.TH": "Theoretical Economics",
    "eess.AS": "Audio and Speech Processing",
    "eess.IV": "Image and Video Processing",
    "eess.SP": "Signal Processing",
    "eess.SY": "Systems and Control",
    "math.AC": "Commutative Algebra",
    "math.AG": "Algebraic Geometry",
    "math.AP": "Analysis of PDEs",
    "math.AT": "Algebraic Topology",
    "math.CA": "Classical Analysis and ODEs",
    "math.CO": "Combinatorics",
    "math.CT": "Category Theory",
    "math.CV": "Complex Variables",
    "math.DG": "Differential Geometry",
    "math.DS": "Dynamical Systems",
    "math.FA": "Functional Analysis",
    "math.GM": "General Mathematics",
    "math.GN": "General Topology",
    "math.GR": "Group Theory",
    "math.GT": "Geometric Topology",
    "math.HO": "History and Overview",
    "math.IT": "Information Theory",
    "math.KT": "K-Theory and Homology",
    "math.LO": "Logic",
    "math.MG": "Metric Geometry",
    "math.MP": "Mathematical Physics",
    "math.NA": "Numerical Analysis",
    "math.NT": "Number Theory",
    "math.OA": "Operator Algebras",
    "math.OC": "Optimization and Control",
    "math.PR": "Probability",
    "math.QA": "Quantum Algebra",
    "math.RA": "Rings and Algebras",
    "math.RT": "Representation Theory",
    "math.SG": "Symplectic Geometry",
    "math.SP": "Spectral Theory",
    "math.ST": "Statistics Theory",
    "astro-ph": "Astrophysics",
    "astro-ph.CO": "Cosmology and Nongalactic Astrophysics",
    "astro-ph.EP": "Earth and Planetary Astrophysics",
    "astro-ph.GA": "Astrophysics of Galaxies",
    "astro-ph.HE": "High Energy Astrophysical Phenomena",
    "astro-ph.IM": "Instrumentation and Methods for Astrophysics",
    "astro-ph.SR": "Solar and Stellar Astrophysics",
    "cond-mat": "Condensed Matter",
    "cond-mat.dis-nn": "Disordered Systems and Neural Networks",
    "cond-mat.mes-hall": "Mesoscale and Nanoscale Physics",
    "cond-mat.mtrl-sci": "Materials Science",
    "cond-mat.other": "Other Condensed Matter",
    "cond-mat.quant-gas": "Quantum Gases",
    "cond-mat.soft": "Soft Condensed Matter",
    "cond-mat.stat-mech": "Statistical Mechanics",
    "cond-mat.str-el": "Strongly Correlated Electrons",
    "cond-mat.supr-con": "Superconductivity",
    "gr-qc": "General Relativity and Quantum Cosmology",
    "hep-ex": "High Energy Physics – Experiment",
    "hep-lat": "High Energy Physics – Lattice",
    "hep-ph": "High Energy Physics – Phenomenology",
    "hep-th": "High Energy Physics – Theory",
    "math-ph": "Mathematical Physics",
    "nlin.AO": "Adaptation and Self-Organizing Systems",
    "nlin.CD": "Chaotic Dynamics",
    "nlin.CG": "Cellular Automata and Lattice Gases",
    "nlin.PS": "Pattern Formation and Solitons",
    "nlin.SI": "Exactly Solvable and Integrable Systems",
    "nucl-ex": "Nuclear Experiment",
    "nucl-th": "Nuclear Theory",
    "physics.acc-ph": "Accelerator Physics",
    "physics.ao-ph": "Atmospheric and Oceanic Physics",
    "physics.app-ph": "Applied Physics",
    "physics.atm-clus": "Atomic and Molecular Clusters",
    "physics.atom-ph": "Atomic Physics",
    "physics.bio-ph": "Biological Physics",
    "physics.chem-ph": "Chemical Physics",
    "physics.class-ph": "Classical Physics",
    "physics.comp-ph": "Computational Physics",
    "physics.data-an": "Data Analysis, Statistics and Probability",
    "physics.ed-ph": "Physics Education",
    "physics.flu-dyn": "Fluid Dynamics",
    "physics.gen-ph": "General Physics",
    "physics.geo-ph": "Geophysics",
    "physics.hist-ph": "History and Philosophy of Physics",
    "physics.ins-det": "Instrumentation and Detectors",
    "physics.med-ph": "Medical Physics",
    "physics.optics": "Optics",
    "physics.plasm-ph": "Plasma Physics",
    "physics.pop-ph": "Popular Physics",
    "physics.soc-ph": "Physics and Society",
    "physics.space-ph": "Space Physics",
    "q-bio.BM": "Biomolecules",
    "q-bio.CB": "Cell Behavior",
    "q-bio.GN": "Genomics",
    "q-bio.MN": "Molecular Networks",
    "q-bio.NC": "Neurons and Cognition",
    "q-bio.OT": "Other Quantitative Biology",
    "q-bio.PE": "Populations and Evolution",
    "q-bio.QM": "Quantitative Methods",
    "q-bio.SC": "Subcellular Processes",
    "q-bio.TO": "Tissues and Organs",
    "q-fin.CP": "Computational Finance",
    "q-fin.EC": "Economics",
    "q-fin.GN": "General Finance",
    "q-fin.MF": "Mathematical Finance",
    "q-fin.PM": "Portfolio Management",
    "q-fin.PR": "Pricing of Securities",
    "q-fin.RM": "Risk Management",
    "q-fin.ST": "Statistical Finance",
    "q-fin.TR": "Trading and Market Microstructure",
    "quant-ph": "Quantum Physics",
    "stat.AP": "Statistics – Applications",
    "stat.CO": "Statistics – Computation",
    "stat.ME": "Statistics – Methodology",
    "stat.ML": "Statistics – Machine Learning",
    "stat.OT": "Other Statistics",
    "stat.TH": "Statistics Theory",
}

_ARCHIVES = {
    "cs": "Computer Science",
    "econ": "Economics",
    "eess": "Electrical Engineering and Systems Science",
    "math": "Mathematics",
    "astro-ph": "Astrophysics",
    "cond-mat": "Condensed Matter",
    "gr-qc": "General Relativity and Quantum Cosmology",
    "hep-ex": "High Energy Physics – Experiment",
    "hep-lat": "High Energy Physics – Lattice",
    "hep-ph": "High Energy Physics – Phenomenology",
    "hep-th": "High Energy Physics – Theory",
    "math-ph": "Mathematical Physics",
    "nlin": "Nonlinear Sciences",
    "nucl-ex": "Nuclear Experiment",
    "nucl-th": "Nuclear Theory",
    "physics": "Physics",
    "quant-ph": "Quantum Physics",
    "q-bio": "Quantitative Biology",
    "q-fin": "Quantitative Finance",
    "stat": "Statistics",
    # Archives of the 1990s, long merged into others.
    "adap-org": "Adaptation and Self-Organizing Systems",
    "chao-dyn": "Chaotic Dynamics",
    "cmp-lg": "Computation and Language",
    "comp-gas": "Cellular Automata and Lattice Gases",
    "patt-sol": "Pattern Formation and Solitons",
    "solv-int": "Exactly Solvable and Integrable Systems",
    "supr-con": "Superconductivity",
}

_SECTIONS = {
    "Language": ("cs.CL", "cmp-lg"),
    "Vision": ("cs.CV", "eess.IV", "cs.GR", "cs.MM"),
    "Machine learning": ("cs.LG", "stat.ML", "cs.NE"),
    "Artificial intelligence": ("cs.AI", "cs.MA"),
    "Robotics": ("cs.RO",),
    "Speech and sound": ("cs.SD", "eess.AS"),
    "Search and recommendation": ("cs.IR", "cs.DL"),
    "Security": ("cs.CR",),
    "People and society": ("cs.HC", "cs.CY", "cs.SI", "physics.soc-ph"),
    "Software": ("cs.SE", "cs.PL", "cs.LO", "cs.FL"),
    "Systems": ("cs.AR", "cs.DB", "cs.DC", "cs.ET", "cs.NI", "cs.OS", "cs.PF"),
    "Theory of computing": ("cs.CC", "cs.CG", "cs.DM", "cs.DS", "cs.GT", "cs.IT", "cs.SC"),
    "Computing": ("cs",),
    "Signals and control": ("cs.SY", "eess"),
    "Statistics": ("stat",),
    "Mathematics": ("math",),
    "Quantum physics": ("quant-ph",),
    "Astronomy": ("astro-ph",),
    "Materials and condensed matter": ("cond-mat", "supr-con"),
    "Particles and gravity": (
        "hep-ex", "hep-lat", "hep-ph", "hep-th", "gr-qc", "nucl-ex", "nucl-th", "math-ph",
    ),
    "Physics": (
        "physics", "nlin", "adap-org", "chao-dyn", "comp-gas", "patt-sol", "solv-int",
    ),
    "Biology": ("q-bio",),
    "Economics and finance": ("econ", "q-fin"),
}  # fmt: skip
"""In the order in which a newspaper prints them. The most exact name of a category decides."""

_SECTION_OF = {name: section for section, names in _SECTIONS.items() for name in names}

CATEGORIES: Sequence[str] = tuple(_NAMES)
"""Every category of arXiv."""


def category_name(category: str) -> str:
    """The readable name of a category or archive; an unknown one is its own name."""
    return _NAMES.get(category) or _ARCHIVES.get(category) or category


def archive_name(archive: str) -> str:
    """The readable name of an archive ("cs"), or of the archive of a category."""
    return _ARCHIVES.get(archive.partition(".")[0], archive)


def section_of(categories: Iterable[str]) -> str:
    """The section of a paper with these categories, the first of which is its primary one."""
    primary = next(iter(categories), "")
    if not primary:
        return OTHER
    exact = _SECTION_OF.get(primary) or _SECTION_OF.get(primary.partition(".")[0])
    return exact or category_name(primary).capitalize()


def section_names() -> Sequence[str]:
    """The sections of arXiv's categories, in the order of a newspaper."""
    return tuple(_SECTIONS)


def categories_of_section(section: str) -> Sequence[str]:
    """The categories and archives of a section; none for one that is not of arXiv."""
    return _SECTIONS.get(section, ())


def is_in_category(category: str, name: str) -> bool:
    """Whether a category is ``name`` or lies below the archive of that name; case counts for
    nothing.

    >>> is_in_category("cs.LG", "cs"), is_in_category("cs.LG", "cs.L")
    (True, False)
    """
    category, name = category.lower(), name.lower()
    return category == name or category.startswith(f"{name}.")
