"""NCBI's E-utilities for PubMed: esearch with history, efetch."""

from dataclasses import dataclass
from html import escape

from replicas.server import NOT_FOUND, ReceivedRequest, Reply, json_reply

_HEAD = (
    '<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, '
    '1st January 2025//EN" "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n'
)


@dataclass
class Kept:
    """A record: its XML, and the days (YYYY/MM/DD) it was added and last changed."""

    xml: str
    added: str
    changed: str


class PubmedReplica:
    """Serves ``records`` (PMID → Kept) to any query; shows ``most`` of a search."""

    def __init__(self, most: int = 9_999) -> None:
        self.records: dict[str, Kept] = {}
        self.most = most
        self.searches: list[list[str]] = []

    def put(self, pmid: int, added: str, changed: str = "", xml: str = "") -> None:
        self.records[str(pmid)] = Kept(xml or article(pmid), added, changed or added)

    def __call__(self, request: ReceivedRequest) -> Reply:
        if request.params.get("db") != "pubmed" or "tool" not in request.params:
            return Reply(b"no database", status=400, content_type="text/plain")
        if request.path.endswith("/esearch.fcgi"):
            return self._search(request.params)
        if request.path.endswith("/efetch.fcgi"):
            return self._fetch(request.params)
        return NOT_FOUND

    def _search(self, params: dict[str, str]) -> Reply:
        header = {"type": "esearch", "version": "0.3"}
        if "[bogus]" in params["term"]:
            result = {"count": "0", "idlist": [], "errorlist": {"fieldsnotfound": ["bogus"]}}
            return json_reply({"header": header, "esearchresult": result})
        of = {"edat": "added", "mdat": "changed"}[params["datetype"]]
        pmids = [
            pmid
            for pmid, record in self.records.items()
            if params["mindate"] <= getattr(record, of) <= params["maxdate"]
        ]
        shown_pmids = pmids[: min(int(params["retmax"]), self.most)]
        result = {
            "count": str(len(pmids)),
            "retmax": str(len(shown_pmids)),
            "retstart": "0",
            "idlist": shown_pmids,
            "translationset": [],
            "querytranslation": params["term"],
        }
        if params.get("usehistory") == "y":
            self.searches.append(pmids)
            result |= {"querykey": "1", "webenv": f"MCID_{len(self.searches)}"}
        return json_reply({"header": header, "esearchresult": result})

    def _fetch(self, params: dict[str, str]) -> Reply:
        if "WebEnv" in params:
            pmids = self.searches[int(params["WebEnv"].removeprefix("MCID_")) - 1]
            start, size = int(params["retstart"]), int(params["retmax"])
            if start >= len(pmids) or start >= self.most:
                words = "Cannot retrieve history data: OUT OF RANGE"
                return Reply(f"<eFetchResult><ERROR>{words}</ERROR></eFetchResult>", status=400)
            page = pmids[start : start + size]
        else:
            page = params["id"].split(",")
        inner = "\n".join(self.records[pmid].xml for pmid in page if pmid in self.records)
        return Reply(f"{_HEAD}<PubmedArticleSet>{inner}</PubmedArticleSet>")


def article(
    pmid: int, title: str = "", doi: str = "", abstract: str = "", types: tuple[str, ...] = ()
) -> str:
    """A PubmedArticle with true element names, as short as they come."""
    title = escape(title or f"Trial number {pmid} of quiet wards and loud ones")
    kinds = "".join(f"<PublicationType>{kind}</PublicationType>" for kind in types)
    named = f'<ArticleId IdType="doi">{doi}</ArticleId>' if doi else ""
    return (
        '<PubmedArticle><MedlineCitation Status="Publisher" Owner="NLM">'
        f'<PMID Version="1">{pmid}</PMID><DateRevised><Year>2026</Year><Month>11</Month>'
        '<Day>20</Day></DateRevised><Article PubModel="Electronic"><Journal>'
        '<ISSN IssnType="Electronic">1234-5678</ISSN><JournalIssue CitedMedium="Internet">'
        "<PubDate><Year>2026</Year><Month>Nov</Month><Day>18</Day></PubDate></JournalIssue>"
        f"<Title>Quiet medicine</Title></Journal><ArticleTitle>{title}.</ArticleTitle>"
        f"<Abstract><AbstractText>{escape(abstract or f'Ward {pmid} was quiet.')}</AbstractText>"
        '</Abstract><AuthorList CompleteYN="Y"><Author ValidYN="Y"><LastName>Nakamura</LastName>'
        "<ForeName>Yui</ForeName><Initials>Y</Initials></Author></AuthorList>"
        f"<Language>eng</Language><PublicationTypeList>{kinds}"
        "<PublicationType>Journal Article</PublicationType></PublicationTypeList></Article>"
        "</MedlineCitation><PubmedData><PublicationStatus>epublish</PublicationStatus>"
        f'<ArticleIdList><ArticleId IdType="pubmed">{pmid}</ArticleId>{named}</ArticleIdList>'
        "</PubmedData></PubmedArticle>"
    )
