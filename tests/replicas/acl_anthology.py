"""The ACL Anthology's files, and the list of them that GitHub's API gives."""

from collections.abc import Mapping
from hashlib import sha1

from replicas.server import NOT_FOUND, ReceivedRequest, Reply, json_reply


class AclReplica:
    """Serves ``files`` (collection → XML) under ``/data/xml``, each with its ETag."""

    def __init__(self, files: Mapping[str, bytes] | None = None) -> None:
        self.files = dict(files or {})

    def __call__(self, request: ReceivedRequest) -> Reply:
        if request.path == "/tree":
            return self._tree()
        if request.path == "/data/xml/":
            links = "".join(f'<li><a href="{n}.xml">{n}.xml</a></li>' for n in self.files)
            return Reply(f"<html><ul>{links}</ul></html>", content_type="text/html")
        name = request.path.removeprefix("/data/xml/").removesuffix(".xml")
        if name not in self.files:
            return NOT_FOUND
        content = self.files[name]
        return Reply(content, headers={"ETag": f'"{sha1(content).hexdigest()}"'})

    def _tree(self) -> Reply:
        files = [
            {
                "path": f"{name}.xml",
                "mode": "100644",
                "type": "blob",
                "sha": sha1(content).hexdigest(),
                "size": len(content),
            }
            for name, content in self.files.items()
        ]
        schema = {"path": "schema.rnc", "mode": "100644", "type": "blob", "sha": "0", "size": 1}
        return json_reply({"sha": "0", "tree": [*files, schema], "truncated": False})


def collection(name: str, *papers: str, volume: str = "long") -> bytes:
    """A file of one volume. ``papers`` are the contents of each ``paper``."""
    inner = "".join(
        f'<paper id="{number}">{paper}</paper>' for number, paper in enumerate(papers, 1)
    )
    year = name[:4] if name[0].isdigit() else f"20{name[1:]}"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<collection id="{name}">\n<volume id="{volume}" '
        'ingest-date="2026-07-01" type="proceedings">'
        f"<meta><booktitle>Proceedings of {name}</booktitle><publisher>ACL</publisher>"
        f"<month>July</month><year>{year}</year><venue>acl</venue></meta>\n{inner}</volume></collection>\n"
    ).encode()


def paper(title: str, abstract: str = "We speak.", more: str = "") -> str:
    key = "diallo-" + title.split(" ")[0].lower()
    return (
        f"<title>{title}</title><author><first>Amina</first><last>Diallo</last></author>"
        f"<abstract>{abstract}</abstract>{more}<bibkey>{key}</bibkey>"
    )
