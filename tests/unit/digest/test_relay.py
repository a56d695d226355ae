"""A digest from this program through a real mail server to its readers, and a refusal back."""

import base64
import datetime as dt
import email
import email.policy
import json
import time

import dkim
import pytest
from aiosmtpd.controller import Controller
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from broadsheet.config import Settings
from broadsheet.digest.settings import MailSettings
from broadsheet.domain.access import OWNER
from broadsheet.domain.digest import SubscriptionRequest, Topic
from broadsheet.home import Home
from broadsheet.wiring import open_services
from postfix_server import free_port, reason_to_skip, run_postfix

pytestmark = pytest.mark.skipif(bool(reason_to_skip()), reason=reason_to_skip())

READERS = [f"reader{number}@example.org" for number in range(12)]
REFUSED = "gone@example.org"


class Inboxes:
    """The mail server of the readers; it does not know ``REFUSED``."""

    def __init__(self):
        self.messages = []

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if address == REFUSED:
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        for recipient in envelope.rcpt_tos:
            self.messages.append((envelope.mail_from, recipient, envelope.content))
        return "250 taken"

    def wait_for(self, number):
        deadline = time.monotonic() + 30
        while len(self.messages) < number and time.monotonic() < deadline:
            time.sleep(0.1)
        return self.messages


@pytest.fixture
def inboxes():
    handler = Inboxes()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    handler.port = controller.port
    yield handler
    controller.stop()


def test_a_run_is_relayed_whole_and_a_refusal_comes_back(inboxes, tmp_path):
    key = rsa.generate_private_key(65537, 2048)
    key_file = tmp_path / "key.pem"
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    papers = tmp_path / "papers.jsonl"
    today = dt.datetime.now(dt.UTC).date().isoformat()
    paper = {"id": "arxiv:2612.00001", "title": "Größere Netze", "abstract": "Wir zeigen α < β."}
    papers.write_text(json.dumps(paper | {"authors": ["Ada Roe"], "date": today}) + "\n")
    with run_postfix(inboxes.port) as port:
        mail = MailSettings(
            host="127.0.0.1",
            port=port,
            security="none",
            sender="digest@papers.example.org",
            bounces="bounces@papers.example.org",
            dkim_selector="b1",
            dkim_key_file=str(key_file),
        )
        settings = Settings(mail=mail, public_url="https://papers.example.org")
        with open_services(Home(tmp_path / "home").create(), settings) as services:
            services.library.import_paths(OWNER, [str(papers)])
            for address in (*READERS, REFUSED):
                request = SubscriptionRequest(address=address, topic=Topic("search", "Netze"))
                services.digest.subscribe(OWNER, request, confirmed=True)
            counts = services.digest.send_due(OWNER, immediately=True)
            assert counts.sent == len(READERS) + 1
            messages = inboxes.wait_for(len(READERS) + 1)

            digests = [each for each in messages if each[1] in READERS]
            assert sorted(recipient for _, recipient, _ in digests) == sorted(READERS)
            record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
            for sender, recipient, content in digests:
                assert sender.startswith("bounces+")
                assert dkim.verify(content, dnsfunc=lambda name, timeout=5: record)
                message = email.message_from_bytes(content, policy=email.policy.default)
                assert (message["To"], message["From"].addresses[0].addr_spec) == (
                    recipient,
                    "digest@papers.example.org",
                )
                assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
                assert "Größere Netze" in message.get_body(("plain",)).get_content()
            assert len({email.message_from_bytes(each[2])["Message-ID"] for each in digests}) == 12

            [report] = [each for each in messages if each[1] not in READERS]
            assert report[1].startswith("bounces+")
            answer = services.digest.record_report(OWNER, report[2])
            assert "is suspended: 5.1.1" in answer
            states = {each.address: each.state for each in services.digest.subscriptions(OWNER)}
            assert states == dict.fromkeys(READERS, "active") | {REFUSED: "suspended"}
