"""Every route of the service as every role, in every mode, against ``domain/access.py``.

The routes are those of the running application. One without an entry below fails the test.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from group import NAMES, PASSWORD, form_token, open_group

from broadsheet.domain.access import OWNER, ROLES, Action, Principal, Visibility, is_allowed
from broadsheet.domain.digest import SubscriptionRequest, Topic
from broadsheet.services import comments as comments_module
from broadsheet.services import submissions as submissions_module

Route = tuple[str, str]
READING = ("GET", "HEAD")


@dataclass(frozen=True)
class Call:
    """A request that nothing but permission stands against."""

    action: Action
    form: dict[str, str] = field(default_factory=dict)
    json: dict[str, object] | None = None
    of: Visibility | None = None
    """If it acts on an object of another member: who may read that."""
    hidden: bool = False
    """Whether a refusal answers as if the object did not exist."""


READ = Call("read_papers")
KEEP = Call("keep_personal")
OPERATE = Call("view_operations")
OTHERS_PRIVATE = Call("read_object", of="private")


def keep(**form: str) -> Call:
    return Call("keep_personal", form)


def contribute(**form: str) -> Call:
    return Call("contribute", form)


def curate(**form: str) -> Call:
    return Call("curate", form)


def change(of: Visibility = "public", **form: str) -> Call:
    return Call("change_object", form, of=of)


def remove(of: Visibility = "public", hidden: bool = False, **form: str) -> Call:
    return Call("remove_object", form, of=of, hidden=hidden)


def split(text: str) -> tuple[str, ...]:
    return tuple(text.split())


PAGES = split("""/ /e/{edition} /e/{edition}/date/{name} /papers/date/{name} /e/{edition}/week/{name}
    /papers/week/{name} /e/{edition}/month/{name} /papers/month/{name} /e/{edition}/year/{name}
    /papers/year/{name} /calendar /e/{edition}/trending /papers/trending /about/ranking /editions
    /papers /papers/why /papers/like /papers/like/why /papers/complete /opensearch/complete
    /papers/{name:path} /authors/{name:path} /collections /collections/{name} /comments/{number}
    /comments/{number}/edit /moderation /members/{name} /submissions /api /static/{name}
    /sign-in/link/{token}
    /favicon.ico /export /digest /digest/preview /healthz /readyz /robots.txt /sitemap.xml
    /llms.txt /manifest.webmanifest /opensearch.xml /sign-in /invitations/{token} /oai
    /digest/confirm/{token} /digest/stay/{token} /digest/unsubscribe/{token}
    /digest/change/{token} /digest/read/{token} /digest/read/{token}/feed
    /digest/read/{token}/{period} /api/query
    /feeds/search.{format_name} /feeds/collections/{collection}.{format_name}
    /feeds/members/{name}.{format_name} /feeds/{kind}.{format_name}
    /feeds/editions/{name}.{format_name} /feeds/trending/{window}.{format_name}""")
PERSONAL_PAGES = split("""/account /account/data.json /saved /following /for-you/start
    /account/address/{token} /for-you/profile /for-you/profile.json /screen /screen/{name}/join
    /feeds/for-you.{format_name} /feeds/following.{format_name}""")
OPERATING_PAGES = split("/status /metrics /settings/sources /settings/rejected")
API_READING = split("""/api/daily_papers /api/papers/search /api/papers/{name:path} /oai/paper.xsd
    /api/v1/papers /api/v1/papers/{name:path} /api/v1/search /api/v1/similar /api/v1/days
    /api/v1/issues/{period} /api/v1/trending /api/v1/editions /api/v1/collections
    /api/v1/collections/{id} /api/v1/comments/{name:path} /api/v1/export /api/v1/me
    /api/v1/openapi.json""")
SIGNED_LINKS = split("confirm stay unsubscribe change")

PAPER = "1706.03762"
OTHER_PAPER = "1810.04805"

ROUTES: dict[Route, Call] = {
    **{(method, path): READ for path in PAGES for method in READING},
    **{(method, path): KEEP for path in PERSONAL_PAGES for method in READING},
    **{(method, path): OPERATE for path in OPERATING_PAGES for method in READING},
    **{("GET", path): READ for path in API_READING},
    **{("POST", f"/digest/{link}/{{token}}"): READ for link in SIGNED_LINKS},
    **{(method, "/screen/{name}"): OTHERS_PRIVATE for method in READING},
    **{(method, "/for-you"): KEEP for method in READING},
    ("GET", "/sign-in/with/{name}"): READ,
    ("GET", "/sign-in/with/{name}/callback"): READ,
    ("POST", "/account/identities/remove"): keep(issuer="x", subject="y"),
    ("POST", "/account/identities/{name}"): KEEP,
    **{(method, "/comments/queue"): curate() for method in READING},
    **{(method, "/start"): OPERATE for method in READING},
    **{(method, "/settings/rejected.jsonl"): OPERATE for method in READING},
    ("POST", "/api/query"): READ,
    # The strictest of the calls that `broadsheet --server` makes.
    ("POST", "/api/v1/calls/{call}"): Call("view_operations", json={}),
    ("POST", "/oai"): READ,
    ("GET", "/api/v1/marks"): KEEP,
    ("GET", "/api/v1/follows"): KEEP,
    ("GET", "/api/v1/submissions"): READ,
    ("GET", "/api/v1/submissions/{number}"): Call("curate", hidden=True),
    ("POST", "/api/v1/submissions"): Call("contribute", json={"address": PAPER}),
    ("DELETE", "/api/v1/submissions/{number}"): remove(hidden=True),
    ("PUT", "/api/v1/comments/{number}"): Call("change_object", json={"text": "x"}, of="public"),
    ("DELETE", "/api/v1/comments/{number}"): remove(),
    ("GET", "/api/v1/subscriptions"): KEEP,
    ("POST", "/api/v1/subscriptions"): Call("subscribe", json={"address": "a@example.org"}),
    ("DELETE", "/api/v1/subscriptions/{number}"): KEEP,
    # Of oneself.
    ("POST", "/marks"): keep(paper=PAPER, change="saved:on"),
    ("PUT", "/api/v1/marks/{mark}/{name:path}"): KEEP,
    ("DELETE", "/api/v1/marks/{mark}/{name:path}"): KEEP,
    ("POST", "/api/v1/follows"): Call("keep_personal", json={"kind": "category", "value": "cs.CL"}),
    ("DELETE", "/api/v1/follows/{number}"): KEEP,
    ("POST", "/following"): keep(kind="category", value="cs.LG"),
    ("POST", "/following/remove"): keep(number="1"),
    ("POST", "/for-you/likes"): keep(text="Attention in networks"),
    ("POST", "/for-you/profile"): keep(do="forget"),
    ("POST", "/collections"): keep(title="A list", sharing="private"),
    ("POST", "/api/v1/collections"): Call("keep_personal", json={"title": "A list"}),
    ("POST", "/screen"): keep(query="attention"),
    ("POST", "/account/password"): keep(old="wrong", new="another long one"),
    ("POST", "/account/address"): keep(address="a@example.org"),
    ("POST", "/account/address/{token}"): KEEP,
    ("POST", "/account/sessions/end"): keep(session="unknown"),
    ("POST", "/account/tokens"): keep(name="t", scope="read"),
    ("POST", "/account/tokens/remove"): keep(token="unknown"),
    ("POST", "/account/delete"): keep(name="not my name"),
    # In public.
    ("POST", "/comments"): contribute(paper=PAPER, text="A remark"),
    ("POST", "/api/v1/comments/{name:path}"): Call("contribute", json={"text": "A remark"}),
    ("POST", "/api/papers/{name:path}/comment"): Call("contribute", json={"comment": "A remark"}),
    ("POST", "/api/papers/{name:path}/comment/{number}/reply"): Call(
        "contribute", json={"comment": "A reply"}
    ),
    ("POST", "/comments/{number}/flag"): contribute(reason="spam"),
    ("POST", "/submissions"): contribute(address=f"https://arxiv.org/abs/{PAPER}"),
    ("POST", "/api/papers/submit"): Call(
        "contribute", json={"paperId": PAPER, "comment": "A remark"}
    ),
    ("POST", "/api/papers/index"): Call("contribute", json={"arxivId": PAPER}),
    # Objects of another member.
    ("POST", "/collections/{name}/change"): change(title="Theirs", sharing="private"),
    ("POST", "/collections/{name}/papers"): change(papers=PAPER),
    ("POST", "/collections/{name}/entry"): change(paper=PAPER, do="up"),
    ("POST", "/collections/add"): change(paper=PAPER, collection="{collection}"),
    ("PUT", "/api/v1/collections/{id}/papers/{name:path}"): Call(
        "change_object", json={"note": "x"}, of="public"
    ),
    ("DELETE", "/api/v1/collections/{id}/papers/{name:path}"): change(),
    ("POST", "/collections/{name}/delete"): remove(),
    ("DELETE", "/api/v1/collections/{id}"): remove(),
    ("POST", "/comments/{number}/edit"): change(text="Changed"),
    ("POST", "/comments/{number}/remove"): remove(reason="off topic"),
    # Shown to curators and its author until its paper is listed.
    ("POST", "/submissions/{number}/remove"): remove(hidden=True, reason="off topic"),
    ("POST", "/submissions/{number}/fetch"): remove(hidden=True),
    ("POST", "/submissions/{number}/resolve"): curate(paper=PAPER),
    ("POST", "/screen/{name}/label"): change("private", relevant="yes", paper=PAPER),
    ("POST", "/screen/{name}/undo"): change("private"),
    ("POST", "/screen/{name}/delete"): remove("private"),
    ("POST", "/screen/{name}/join"): KEEP,
    # Of those who run the service.
    ("POST", "/comments/{number}/dismiss"): curate(),
    ("POST", "/features"): curate(paper=PAPER, do="feature", reason="Because"),
    ("POST", "/works/join"): curate(paper=PAPER, other="unknown"),
    ("POST", "/works/apart"): curate(paper=PAPER, other=OTHER_PAPER),
    ("POST", "/works/part"): curate(paper=PAPER, source="none", key="none"),
    ("POST", "/settings/rejected"): Call("import_papers", {"do": "retry"}),
    ("POST", "/settings/sources/{name}"): Call("change_settings", {"do": "off"}),
    ("POST", "/start"): Call("change_settings", {"category": "cs.CL"}),
    ("POST", "/editions"): Call("change_settings", {"title": "Words", "do": "save"}),
    ("POST", "/account/invite"): Call("manage_accounts", {"role": "reader"}),
    # By anybody.
    ("POST", "/digest"): READ,
    ("POST", "/papers/like"): Call("read_papers", {"text": "attention in networks"}),
    ("POST", "/papers/like/why"): Call("read_papers", {"text": "attention in networks"}),
    ("POST", "/invitations/{token}"): READ,
    ("POST", "/sign-in"): Call("read_papers", {"name": "{name}", "password": PASSWORD}),
    ("POST", "/sign-in/link"): Call("read_papers", {"name": "Nora"}),
    ("POST", "/sign-in/link/{token}"): READ,
    ("POST", "/sign-out"): READ,
}

# Answered to visitors of a private service: what signing in needs, what machines ask, and links
# that are signed.
OPEN_IN_PRIVATE = split(
    "/sign-in /invitations/ /static/ /favicon.ico /robots.txt /manifest.webmanifest /healthz "
    "/readyz /metrics /digest/confirm/ /digest/unsubscribe/ /digest/change/ /digest/read/"
)


class Objects:
    """Makes objects of a member who is none of those who ask."""

    def __init__(self, group) -> None:
        self.services = group.services
        account = self.services.accounts.add(OWNER, "Nora", "member", PASSWORD)
        self.nora: Principal = account.principal

    def fill(self, text: str, route: Route, of: Visibility | None) -> str:
        """``text`` with the placeholders of a route replaced by names of such objects."""
        values = {
            "{edition}": "front",
            "{format_name}": "atom",
            "{kind}": "latest",
            "{window}": "day",
            "{mark}": "saved",
            "{token}": "unknown",
            "{call}": "admin.status",
            "{period}": "2026-06-02",
            "{name:path}": PAPER,
        }
        path = route[1]
        if path.startswith("/screen/"):
            values["{name}"] = self.screening if "{name}" in text else ""
        elif "/collections/" in path:
            values["{name}"] = values["{id}"] = values["{collection}"] = self.collection(of)
        elif "/submissions/" in path:
            values["{number}"] = str(self.submission() if "{number}" in text else 0)
        elif "/comment" in path:
            values["{number}"] = str(self.comment() if "{number}" in text else 0)
        elif path.startswith("/settings/sources/"):
            values["{name}"] = "arxiv"
        elif "/members/" in path:
            values["{name}"] = "Nora"
        elif "/date/" in path:
            values["{name}"] = "2026-06-02"
        elif "/week/" in path:
            values["{name}"] = "2026-W23"
        elif "/month/" in path:
            values["{name}"] = "2026-06"
        elif "/year/" in path:
            values["{name}"] = "2026"
        values |= {"{name}": values.get("{name}", "front"), "{number}": values.get("{number}", "1")}
        for placeholder, value in values.items():
            text = text.replace(placeholder, value)
        return text

    @property
    def screening(self) -> str:
        return self.services.screening.start(self.nora, "attention", "Hers").id

    def collection(self, of: Visibility | None = None) -> str:
        sharing = "private" if of == "private" else "public"
        made = self.services.collections.create(self.nora, "Hers", "", sharing)
        self.services.collections.add(self.nora, made.id, PAPER)
        return made.id

    def submission(self) -> int:
        return self.services.submissions.submit(
            self.nora, "https://arxiv.org/abs/2401.99999"
        ).number

    def comment(self) -> int:
        return self.services.comments.add(self.nora, PAPER, "Hers").id


@contextmanager
def without_limits() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comments_module, "FLAGS_AFTER", dt.timedelta())
        patch.setattr(comments_module, "COMMENTS_PER_HOUR", 10_000)
        patch.setattr(submissions_module, "PER_DAY", 10_000)
        yield


@pytest.fixture(scope="module", params=["one", "private", "open"])
def served(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    with open_group(folder, request.param) as group, without_limits():
        yield group, Objects(group)


def routes_of(app) -> list[Route]:
    """Methods and paths of an application, those of its included routers too."""
    found: list[Route] = []
    for route in app.routes:
        if included := getattr(route, "original_router", None):
            found += routes_of(included)
        else:
            found += [(method, route.path) for method in sorted(route.methods)]
    return found


def test_every_route_has_an_entry_and_every_entry_a_route(served):
    assert set(routes_of(served[0].app)) == set(ROUTES)


@pytest.mark.parametrize("role", ROLES)
def test_every_route_answers_every_role_as_the_table_says(served, role):
    group, objects = served
    browser = group.browser(role)
    mistakes = []
    for route, call in ROUTES.items():
        ends_session = route in (("POST", "/sign-in"), ("POST", "/sign-out"))
        sender = group.browser(role) if ends_session else browser
        status = send(sender, objects, route, call, role)
        expected = expectation(group.mode, objects.nora, route, call, role)
        if not fits(status, expected):
            mistakes.append((*route, status, expected))
    assert not mistakes


def send(browser, objects: Objects, route: Route, call: Call, role: str) -> int:
    method, path = route
    path = objects.fill(path, route, call.of)
    form = None
    if method in ("POST", "PUT", "DELETE") and call.json is None:
        filled = {name: objects.fill(value, route, call.of) for name, value in call.form.items()}
        if path == "/sign-in":
            filled["name"] = NAMES.get(role, "Rita")
        form = {"form-token": form_token(browser), **filled}
    answer = browser.request(method, path, data=form, json=call.json)
    if answer.headers.get("location", "").startswith("/sign-in"):
        return 401
    return answer.status_code


def expectation(mode: str, nora: Principal, route: Route, call: Call, role: str) -> str:
    """ "done", "hidden" (404), or the refusal: "unauthorized" (401) or "forbidden" (403)."""
    if mode == "one":
        if route[1].startswith(("/sign-in", "/invitations/")):
            return "hidden"
        principal = OWNER
    else:
        principal = Principal("" if role == "anonymous" else f"id of {role}", "", role)
    if mode == "private" and role == "anonymous" and not route[1].startswith(OPEN_IN_PRIVATE):
        return "unauthorized"
    if call.of == "private":
        return "hidden" if principal.role != "anonymous" else "hidden or unauthorized"
    owner = nora.id if call.of else None
    if is_allowed(principal, call.action, owner, call.of):
        return "done"
    if call.hidden:
        return "hidden"
    return "unauthorized" if principal.role == "anonymous" else "forbidden"


def fits(status: int, expected: str) -> bool:
    if expected == "done":
        return status < 500 and status not in (401, 403)
    statuses = {"hidden": 404, "unauthorized": 401, "forbidden": 403}
    return status in [statuses[word] for word in expected.split(" or ")]


@pytest.mark.parametrize("role", ["reader", "member", "curator", "owner"])
def test_nobody_reaches_what_another_member_keeps(served, role):
    group, objects = served
    if group.mode == "one":
        pytest.skip("there is nobody else")
    services, nora = group.services, objects.nora
    browser = group.browser(role)
    collection = objects.collection("private")
    follow = services.follows.follow(nora, "category", "cs.CV").number
    token, _ = services.accounts.create_token(nora, "hers", ["read"])
    subscription = services.digest.subscribe(
        nora, SubscriptionRequest(address="nora@example.org", topic=Topic("trending"))
    ).id
    services.digest._store.set_state(subscription, "active", dt.datetime.now(dt.UTC))
    services.personal.add_text(nora, "A text about attention in networks")
    text = services.personal.profile(nora).texts[0].number
    session = services.accounts.sign_in("Nora", PASSWORD, "elsewhere").token
    session_id = services.accounts.find_session(session)[0].id
    before = kept_by(services, nora)
    for method, path, form in (
        ("GET", f"/collections/{collection}", None),
        ("GET", f"/export?collection={collection}&format=bibtex", None),
        ("GET", f"/feeds/collections/{collection}.atom", None),
        ("GET", f"/api/v1/collections/{collection}", None),
        ("GET", f"/api/v1/export?collection={collection}", None),
        ("POST", f"/collections/{collection}/change", {"title": "Theirs", "sharing": "public"}),
        ("POST", f"/collections/{collection}/papers", {"papers": OTHER_PAPER}),
        ("POST", f"/collections/{collection}/entry", {"paper": PAPER, "do": "remove"}),
        ("POST", f"/collections/{collection}/delete", {}),
        ("POST", "/collections/add", {"collection": collection, "paper": OTHER_PAPER}),
        ("DELETE", f"/api/v1/collections/{collection}", {}),
        ("DELETE", f"/api/v1/collections/{collection}/papers/{PAPER}", {}),
        ("DELETE", f"/api/v1/follows/{follow}", {}),
        ("DELETE", f"/api/v1/subscriptions/{subscription}", {}),
        ("POST", "/following/remove", {"number": str(follow)}),
        ("POST", "/account/tokens/remove", {"token": token.id}),
        ("POST", "/account/sessions/end", {"session": session_id}),
        ("POST", "/for-you/profile", {"do": "remove", "number": str(text)}),
    ):
        if form is not None:
            form = {"form-token": form_token(browser), **form}
        answer = browser.request(method, path, data=form)
        # To take away a thing that one does not have may pass as done.
        assert answer.status_code == 404 or method != "GET", path
        assert kept_by(services, nora) == before, path
    called = browser.post("/api/v1/calls/collections.papers", json={"collection_id": collection})
    assert called.status_code == 404
    assert "nora@example.org" not in browser.get("/api/v1/subscriptions").text
    for path in ("/account", "/account/data.json", "/following", "/collections", "/members/Nora"):
        shown = browser.get(path).text
        assert not [kept for kept in (collection, token.id, session_id) if kept in shown], path


def kept_by(services, nora: Principal) -> list[object]:
    """Everything that Nora keeps to herself."""
    collections = services.collections.own(nora)
    return [
        collections,
        [
            [paper.id for paper, _ in services.collections.papers(nora, each.id)]
            for each in collections
        ],
        services.follows.follows(nora),
        services.accounts.tokens(nora),
        [each.id for each in services.accounts.sessions(nora)],
        [each.number for each in services.personal.profile(nora).texts],
        services.screening.own(nora),
        services.digest.own(nora),
    ]


def test_nobody_changes_a_subscription_that_runs_by_subscribing_again(served):
    """Everybody could who knew its address and topic; the answer also told that it runs."""
    group, objects = served
    if group.mode != "open":
        pytest.skip("visitors subscribe in the mode open")
    digest = group.services.digest
    request = SubscriptionRequest(address="reader@example.org", topic=Topic("trending"))
    made = digest.subscribe(OWNER, request, confirmed=True)
    form = {"address": "reader@example.org", "topic": "trending", "limit": "50"}
    asked = {"address": "reader@example.org", "topic": "trending", "papers": 50}
    for role in ("anonymous", "member", "curator"):
        browser = group.browser(role)
        again = browser.post("/digest", data={**form, "form-token": form_token(browser)})
        assert again.status_code == 200
        answer = browser.post("/api/v1/subscriptions", json=asked)
        assert (answer.status_code, answer.json()["state"]) == (201, "pending")
    assert [each for each in digest.subscriptions(OWNER) if each.id == made.id] == [made]
    other = SubscriptionRequest(address="nora@example.org", topic=Topic("trending"), limit=20)
    assert digest.subscribe(objects.nora, other).limit == 20
