"""A library of made papers about three subjects, for tests of readers' own rankings."""

import datetime as dt
import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from broadsheet.config import Settings
from broadsheet.domain.access import OWNER
from broadsheet.home import Home
from broadsheet.services.local import LocalServices
from broadsheet.wiring import open_services

SUBJECTS = {
    "bees": "honey bees pollinate flowers near the hive while workers dance nectar pollen queen swarm",
    "knots": "knots links polynomial invariants topology crossing braid genus manifold homology",
    "rocks": "rocks minerals pressure crust granite basalt mantle quartz sediment magma",
}
FIRST, LAST = dt.date(2026, 5, 4), dt.date(2026, 6, 2)


def made_paper(number: int) -> dict[str, object]:
    """The paper of this number, from 0: subjects take turns, ten papers a day backwards."""
    chance = random.Random(number)
    subject = list(SUBJECTS)[number % 3]
    words = SUBJECTS[subject].split()
    day = LAST - dt.timedelta(number // 10)
    return {
        "id": f"arxiv:2606.{number + 1:05d}",
        "title": f"On {' '.join(chance.sample(words, 4))}, part {number}",
        "abstract": f"We study {' '.join(chance.sample(words, 8))}. {' '.join(chance.sample(words, 8))}.",
        "authors": [f"Ada {subject.title()}", f"Ben Number{number}"],
        "date": day.isoformat(),
        "categories": ["cs.LG"],
    }


def subject_of(title: str) -> str:
    """The subject of a made title."""
    return next(name for name, words in SUBJECTS.items() if title.split()[1] in words.split())


@contextmanager
def open_made_library(folder: Path, papers: int = 120, **settings: Any) -> Iterator[LocalServices]:
    """An indexed library of made papers; ten are listed on its latest day."""
    home = Home(folder / "home").create()
    file = folder / "papers.jsonl"
    file.write_text("\n".join(json.dumps(made_paper(number)) for number in range(papers)))
    with open_services(home, Settings(**settings)) as services:
        services.library.import_paths(OWNER, [str(file)])
        services.admin.index_pending(OWNER)
        yield services
