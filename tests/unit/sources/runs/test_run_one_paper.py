"""The same work from several sources, in any order, is one paper."""

import itertools

import pytest

from replicas.acl_anthology import AclReplica, collection, paper
from replicas.biorxiv import BiorxivReplica, entry
from replicas.hf_papers import HfPapersReplica
from replicas.hf_papers import entry as listed
from replicas.pubmed import PubmedReplica, article
from replicas.zotero import ZoteroReplica

TITLE = "Whispered speech in noisy wards is understood by small models"
ABSTRACT = (
    "Whispered speech carries little energy and nurses hardly understand patients who cannot "
    "speak aloud. We record forty wards during nights, annotate every whisper and train small "
    "models that transcribe them with few errors, running beside the bed without any network."
)
ORDERS = list(itertools.permutations(["biorxiv", "pubmed", "zotero", "hf-papers", "acl-anthology"]))


@pytest.mark.parametrize("order", ORDERS[::17], ids=lambda order: "-".join(order))
def test_five_sources_one_paper(desk, order):
    preprint = entry(
        1, "2026-11-18", title=TITLE, abstract=ABSTRACT, authors="Diallo, A.", published="10.1/ward"
    )
    desk.serve("biorxiv", BiorxivReplica([preprint]))
    pubmed = PubmedReplica()
    pubmed.put(55, "2026/11/19", xml=article(55, TITLE, "10.1000/ward", ABSTRACT))
    preprint["published"] = "10.1000/ward"
    desk.serve("pubmed", pubmed, query="whisper")
    zotero = ZoteroReplica()
    zotero.put(
        "ABCD2345", title=TITLE, extra="arXiv:2611.00001 [cs]\nPMID: 55", tags=[{"tag": "q"}]
    )
    desk.serve("zotero", zotero, library_id=12345)
    on_the_list = listed(1, 9) | {"title": TITLE, "summary": ABSTRACT}
    on_the_list["paper"] |= {"title": TITLE, "summary": ABSTRACT}
    desk.serve("hf-papers", HfPapersReplica({"2026-11-20": [on_the_list]}))
    acl = AclReplica({"2026.acl": collection("2026.acl", paper(TITLE, ABSTRACT))})
    server = desk.serve("acl-anthology", acl)
    desk.tables["acl-anthology"] = {
        "endpoint": f"{server.address}/data/xml",
        "listing": f"{server.address}/tree",
    }
    for name in order:
        assert desk.run(name).outcome == "done", name
    (one,) = desk.store.iter_papers()
    assert one.sources == ("acl", "pubmed", "biorxiv", "zotero", "hf-papers")
    assert (one.venue, one.title) == ("Proceedings of 2026.acl", TITLE)
    assert one.signals["upvotes"] == 9
    assert {identifier.scheme for identifier in one.identifiers} == {
        "arxiv",
        "doi",
        "acl",
        "pmid",
        "zotero",
    }
