"""An OAI-PMH 2.0 repository of the library at ``/oai``.

Records come in the order in which papers changed, so that a harvest sees each paper even if it
changes meanwhile, and their datestamps are the times of these changes. Papers that were found to be
another one are deleted records. Resumption tokens hold the whole state of a harvest.
Source: https://www.openarchives.org/OAI/openarchivesprotocol.html
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, unquote

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from broadsheet.api.oai_metadata import BROADSHEET_NAMESPACE, METADATA_FORMATS, MetadataFormat
from broadsheet.api.parameters import read_parameters
from broadsheet.domain.categories import CATEGORIES, archive_name, category_name
from broadsheet.domain.errors import InvalidInputError, PaperNotFoundError
from broadsheet.domain.harvest import (
    BadTokenError,
    HarvestedPaper,
    HarvestPage,
    HarvestRequest,
)
from broadsheet.domain.services import Services
from broadsheet.text.arxiv_sets import categories_of_set, iter_sets, set_of_category
from broadsheet.text.xml import escape_xml

PAGE_SIZE = 500
_NAMESPACE = "http://www.openarchives.org/OAI/2.0/"
_START = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    f'<OAI-PMH xmlns="{_NAMESPACE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    f'xsi:schemaLocation="{_NAMESPACE} {_NAMESPACE}OAI-PMH.xsd">\n'
)
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)(T\d\d:\d\d:\d\dZ)?")
_ARXIV_PREFIX = "oai:arXiv.org:"
_OWN_PREFIX = "oai:broadsheet:"
_SAFE = ":/.-_~()"
_LISTS = ("metadataPrefix", "from", "until", "set", "resumptionToken")
_ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "Identify": (),
    "ListMetadataFormats": ("identifier",),
    "ListSets": ("resumptionToken",),
    "GetRecord": ("identifier", "metadataPrefix"),
    "ListIdentifiers": _LISTS,
    "ListRecords": _LISTS,
}
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "GetRecord": ("identifier", "metadataPrefix"),
    "ListIdentifiers": ("metadataPrefix",),
    "ListRecords": ("metadataPrefix",),
}
_SCHEMA = f"""<?xml version="1.0" encoding="UTF-8"?>
<schema xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="{BROADSHEET_NAMESPACE}">
  <element name="paper" type="string">
    <annotation><documentation>
      A paper as a JSON object, as `broadsheet export --format json` prints it.
    </documentation></annotation>
  </element>
</schema>
"""

ErrorCode = Literal[
    "badArgument",
    "badResumptionToken",
    "badVerb",
    "cannotDisseminateFormat",
    "idDoesNotExist",
    "noRecordsMatch",
]

router = APIRouter(include_in_schema=False)


class OaiError(Exception):
    """A request that is answered with one of the protocol's error codes."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class _Call:
    """A request whose arguments are legal."""

    services: Services
    arguments: Mapping[str, str]
    root: str
    """Address of this service, without a slash at its end."""


@router.api_route("/oai", methods=["GET", "HEAD", "POST"])
async def answer_harvester(request: Request) -> Response:
    """Answer a request of the protocol; errors are answers with status 200."""
    # Taken before the answer is made: whatever changes meanwhile, a harvest from then on lists it.
    now = _stamp(dt.datetime.now(dt.UTC))
    root = str(request.base_url).rstrip("/")
    shown: Mapping[str, str] = {}
    try:
        shown = _check(await _read(request))
        call = _Call(request.app.state.services, shown, root)
        inner = await run_in_threadpool(_VERBS[shown["verb"]], call)
    except OaiError as error:
        if error.code in ("badVerb", "badArgument"):
            shown = {}
        inner = f'<error code="{error.code}">{escape_xml(str(error))}</error>\n'
    attributes = "".join(f' {name}="{escape_xml(text)}"' for name, text in shown.items())
    text = (
        f"{_START}<responseDate>{now}</responseDate>\n"
        f"<request{attributes}>{escape_xml(root)}/oai</request>\n{inner}</OAI-PMH>\n"
    )
    return Response(text.encode(), media_type="text/xml; charset=utf-8")


@router.get("/oai/paper.xsd")
def schema_of_papers() -> Response:
    """The schema of the metadata format "broadsheet"."""
    return Response(_SCHEMA, media_type="text/xml; charset=utf-8")


async def _read(request: Request) -> Sequence[tuple[str, str]]:
    try:
        return await read_parameters(request)
    except InvalidInputError as error:
        raise OaiError("badArgument", str(error)) from None


def _check(parameters: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return verb and arguments. Raises OaiError for any that are not as the protocol has them."""
    verbs = [text for name, text in parameters if name == "verb"]
    if len(verbs) != 1 or verbs[0] not in _ARGUMENTS:
        given = f"{verbs[0][:100]!r} is none" if len(verbs) == 1 else f"there are {len(verbs)}"
        raise OaiError("badVerb", f"give one verb of {', '.join(_ARGUMENTS)}; {given}")
    arguments = dict(parameters)
    if len(arguments) < len(parameters):
        raise OaiError("badArgument", "an argument is given more than once")
    legal = _ARGUMENTS[verbs[0]]
    for name, text in arguments.items():
        if name != "verb" and name not in legal:
            takes = f"takes {', '.join(legal)}" if legal else "takes no arguments"
            raise OaiError(
                "badArgument", f"there is no argument {name[:100]!r}; {verbs[0]} {takes}"
            )
        if not text:
            raise OaiError("badArgument", f"{name} is empty")
    if "resumptionToken" in arguments and len(arguments) > 2:
        raise OaiError("badArgument", "a resumptionToken is given without other arguments")
    for name in _NEEDED.get(verbs[0], ()):
        if name not in arguments and "resumptionToken" not in arguments:
            raise OaiError("badArgument", f"{verbs[0]} needs {name}")
    return arguments


def _identify(call: _Call) -> str:
    earliest = _stamp(call.services.harvest.begins_at())
    return (
        "<Identify>\n<repositoryName>Broadsheet</repositoryName>\n"
        f"<baseURL>{escape_xml(call.root)}/oai</baseURL>\n"
        "<protocolVersion>2.0</protocolVersion>\n"
        f"<adminEmail>{escape_xml(_contact(call.root))}</adminEmail>\n"
        f"<earliestDatestamp>{earliest}</earliestDatestamp>\n"
        "<deletedRecord>persistent</deletedRecord>\n"
        "<granularity>YYYY-MM-DDThh:mm:ssZ</granularity>\n<compression>gzip</compression>\n"
        "</Identify>\n"
    )


def _contact(root: str) -> str:
    """The address that the protocol demands: that of the host's postmaster (RFC 5321, 4.5.1)."""
    host = re.sub(r"^https?://|:\d+$", "", root)
    return f"postmaster@{host}"


def _list_formats(call: _Call) -> str:
    formats = list(METADATA_FORMATS.values())
    if name := call.arguments.get("identifier", ""):
        item = _find(call.services, name)
        formats = [each for each in formats if _has_format(item, each)]
    inner = "".join(
        f"<metadataFormat><metadataPrefix>{each.prefix}</metadataPrefix>"
        f"<schema>{call.root if each.schema.startswith('/') else ''}{each.schema}</schema>"
        f"<metadataNamespace>{each.namespace}</metadataNamespace></metadataFormat>\n"
        for each in formats
    )
    return f"<ListMetadataFormats>\n{inner}</ListMetadataFormats>\n"


def _list_sets(call: _Call) -> str:
    if "resumptionToken" in call.arguments:
        raise OaiError("badResumptionToken", "the list of sets is given at once, without a token")
    inner = "".join(
        f"<set><setSpec>{spec}</setSpec><setName>{escape_xml(_set_name(category))}</setName></set>\n"
        for spec, category in iter_sets(CATEGORIES)
    )
    return f"<ListSets>\n{inner}</ListSets>\n"


def _set_name(category: str) -> str:
    return category_name(category) if "." in category else archive_name(category)


def _get_record(call: _Call) -> str:
    metadata = _metadata_format(call.arguments["metadataPrefix"])
    item = _find(call.services, call.arguments["identifier"])
    if not _has_format(item, metadata):
        raise OaiError(
            "cannotDisseminateFormat", f"this paper is not available as {metadata.prefix}"
        )
    return f"<GetRecord>\n{_record(item, metadata, call.root)}</GetRecord>\n"


def _list_records(call: _Call) -> str:
    page = _list(call)
    metadata = METADATA_FORMATS[page.request.form]
    inner = "".join([_record(item, metadata, call.root) for item in page.papers])
    return f"<ListRecords>\n{inner}{_token(page)}</ListRecords>\n"


def _list_identifiers(call: _Call) -> str:
    page = _list(call)
    inner = "".join([_header(item) for item in page.papers])
    return f"<ListIdentifiers>\n{inner}{_token(page)}</ListIdentifiers>\n"


_VERBS: Mapping[str, Callable[[_Call], str]] = {
    "Identify": _identify,
    "ListMetadataFormats": _list_formats,
    "ListSets": _list_sets,
    "GetRecord": _get_record,
    "ListIdentifiers": _list_identifiers,
    "ListRecords": _list_records,
}


def _list(call: _Call) -> HarvestPage:
    """Return the requested page of a list."""
    harvest = call.services.harvest
    if token := call.arguments.get("resumptionToken"):
        try:
            page = harvest.resume(token, PAGE_SIZE)
        except BadTokenError as error:
            raise OaiError("badResumptionToken", str(error)) from None
        if page.request.form not in METADATA_FORMATS:
            raise OaiError("badResumptionToken", str(BadTokenError()))
    else:
        page = harvest.begin(_read_request(call.arguments), PAGE_SIZE)
    if not page.papers and not page.token:
        raise OaiError("noRecordsMatch", "no paper changed then, in this set")
    return page


def _read_request(arguments: Mapping[str, str]) -> HarvestRequest:
    metadata = _metadata_format(arguments["metadataPrefix"])
    since, until = arguments.get("from"), arguments.get("until")
    if since and until and len(since) != len(until):
        raise OaiError("badArgument", "from and until differ in granularity")
    first = _read_time(since, dt.time()) if since else None
    last = _read_time(until, dt.time(23, 59, 59)) if until else None
    if first and last and first > last:
        raise OaiError("badArgument", "from is later than until")
    categories = categories_of_set(arguments["set"]) if "set" in arguments else ()
    if categories is None:
        raise OaiError("noRecordsMatch", "there is no such set; ListSets has them all")
    return HarvestRequest(first, last, tuple(categories), metadata.scheme, metadata.prefix)


def _read_time(text: str, of_day: dt.time) -> dt.datetime:
    match = _TIME.fullmatch(text)
    try:
        if match is None:
            raise ValueError(text)
        if match[2]:
            return dt.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=dt.UTC)
        return dt.datetime.combine(dt.date.fromisoformat(text), of_day, dt.UTC)
    except ValueError:
        raise OaiError(
            "badArgument", f"{text[:100]!r} is no time; write YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ"
        ) from None


def _metadata_format(prefix: str) -> MetadataFormat:
    metadata = METADATA_FORMATS.get(prefix)
    if metadata is None:
        names = ", ".join(METADATA_FORMATS)
        raise OaiError(
            "cannotDisseminateFormat", f"there is no format {prefix[:100]!r}; there are {names}"
        )
    return metadata


def _has_format(item: HarvestedPaper, metadata: MetadataFormat) -> bool:
    names = item.paper.identifiers if item.paper else ()
    schemes = {name.scheme for name in names} | {item.id.partition(":")[0]}
    return not metadata.scheme or metadata.scheme in schemes


def _find(services: Services, name: str) -> HarvestedPaper:
    if name.startswith(_ARXIV_PREFIX):
        paper_id = f"arxiv:{name.removeprefix(_ARXIV_PREFIX)}"
    elif name.startswith(_OWN_PREFIX):
        paper_id = unquote(name.removeprefix(_OWN_PREFIX))
    else:
        paper_id = ""
    try:
        if paper_id:
            return services.harvest.find(paper_id)
    except PaperNotFoundError:
        pass
    raise OaiError("idDoesNotExist", f"no paper here has the identifier {name[:200]!r}")


def oai_name(paper_id: str) -> str:
    """The identifier of a paper's item: arXiv's own for papers named after arXiv."""
    if paper_id.startswith("arxiv:"):
        return f"{_ARXIV_PREFIX}{paper_id.removeprefix('arxiv:')}"
    return f"{_OWN_PREFIX}{quote(paper_id, safe=_SAFE)}"


def _record(item: HarvestedPaper, metadata: MetadataFormat, root: str) -> str:
    if item.paper is None:
        return f"<record>{_header(item)}</record>\n"
    return f"<record>{_header(item)}<metadata>{metadata.render(item.paper, root)}</metadata></record>\n"


def _header(item: HarvestedPaper) -> str:
    status = "" if item.paper else ' status="deleted"'
    categories = item.paper.categories if item.paper else ()
    specs = dict.fromkeys(
        spec
        for category in categories
        if (spec := set_of_category(category)) and categories_of_set(spec)
    )
    sets = "".join(f"<setSpec>{escape_xml(spec)}</setSpec>" for spec in specs)
    return (
        f"<header{status}><identifier>{escape_xml(oai_name(item.id))}</identifier>"
        f"<datestamp>{_stamp(item.at)}</datestamp>{sets}</header>\n"
    )


def _token(page: HarvestPage) -> str:
    if not page.token and not page.position:
        return ""
    size = f' completeListSize="{page.total}"' if page.total is not None else ""
    return f'<resumptionToken{size} cursor="{page.position}">{page.token}</resumptionToken>\n'


def _stamp(time: dt.datetime) -> str:
    return time.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
