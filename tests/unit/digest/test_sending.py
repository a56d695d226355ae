"""Messages reach a real SMTP server once each, whatever the server does."""

import asyncio
import datetime as dt
import email
import email.policy
import ssl
from collections import Counter

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from broadsheet.backends.sql.store import SqlStore
from broadsheet.catalogue.decide import Decider
from broadsheet.digest.compose import compose_issue
from broadsheet.digest.deliver import FIRST_RETRY, GIVE_UP_AFTER, Sender, plan_deliveries
from broadsheet.digest.message import Envelope, compose_message, new_message_id
from broadsheet.digest.render import IssueLinks, render_issue
from broadsheet.digest.transport import (
    DomainPace,
    FolderTransport,
    SendmailTransport,
    SmtpServer,
    SmtpTransport,
)
from broadsheet.domain.digest import Schedule, SubscriptionRequest, Topic
from digest_samples import NOW, WORDING, make_candidate
from postfix_server import free_port

LINKS = IssueLinks(home="http://localhost/", paper=lambda name: f"http://localhost/papers/{name}")


class Mailbox:
    """A mail server's handler that keeps messages and answers as told."""

    def __init__(self):
        self.messages = []
        self.rcpt_answers = {}
        self.data_answers = {}
        self.cut_after_data = set()
        self.delay = 0.0

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        answers = self.rcpt_answers.get(address)
        answer = answers.pop(0) if answers else "250 OK"
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        await asyncio.sleep(self.delay)
        answers = self.data_answers.get(envelope.rcpt_tos[0])
        if answers:
            return answers.pop(0)
        self.messages.append((envelope.mail_from, envelope.rcpt_tos[0], envelope.content))
        if envelope.rcpt_tos[0] in self.cut_after_data:
            self.cut_after_data.discard(envelope.rcpt_tos[0])
            server.transport.abort()
        return "250 taken"

    def recipients(self):
        return Counter(recipient for _, recipient, _ in self.messages)


@pytest.fixture
def mailbox():
    return Mailbox()


@pytest.fixture
def server(mailbox):
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield SmtpServer("127.0.0.1", controller.port, "none")
    controller.stop()


class Clock:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def digest(tmp_path):
    with SqlStore(tmp_path / "library.sqlite", Decider(lambda name, raw: None)) as store:
        yield store.digest


def subscribe(digest, *addresses, when_empty="say"):
    numbers = []
    for address in addresses:
        request = SubscriptionRequest(
            address=address,
            topic=Topic("trending"),
            schedule=Schedule("daily", dt.time(7), "UTC"),
            when_empty=when_empty,
        )
        made = digest.subscribe(request, "nonce", NOW - dt.timedelta(2))
        digest.set_state(made.id, "active", NOW - dt.timedelta(2))
        numbers.append(made.id)
    return numbers


def message_id(subscription, period):
    return new_message_id(subscription.id, period, "papers.example.org", subscription.nonce)


@pytest.fixture
def sender(digest, server, clock):
    def make(pool=(1, 2, 3), transport=None, holder="me", pace=None, at_once=4):
        def compose(subscription, period, now):
            candidates = [make_candidate(key) for key in pool]
            sent = digest.sent_papers(subscription.id)
            return compose_issue(subscription, period, candidates, sent, WORDING, now)

        def compose_envelope(subscription, delivery, issue):
            rendered = render_issue(issue, subscription, LINKS, "Broadsheet")
            message = compose_message(
                subject=issue.subject,
                rendered=rendered,
                markup=subscription.markup,
                sender="digest@papers.example.org",
                service="Broadsheet",
                recipient=subscription.address,
                message_id=delivery.message_id,
                date=clock(),
            )
            return Envelope("bounce@papers.example.org", subscription.address, message.as_bytes())

        return Sender(
            digest,
            transport or (lambda: SmtpTransport(server)),
            compose,
            compose_envelope,
            holder,
            pace,
            clock,
            at_once,
        )

    return make


def plan(digest, clock):
    return plan_deliveries(digest, clock(), 0, message_id)


def test_each_reader_gets_one_issue_a_day_without_repetitions(digest, mailbox, sender, clock):
    subscribe(digest, "a@example.org", "b@example.org")
    assert plan(digest, clock) == 2
    assert plan(digest, clock) == 0
    counts = sender(pool=(1, 2)).send_due()
    assert (counts.sent, counts.failed) == (2, 0)
    assert sender().send_due().sent == 0
    clock.now += dt.timedelta(1)
    assert plan(digest, clock) == 2
    sender(pool=(1, 2, 3)).send_due()
    assert mailbox.recipients() == {"a@example.org": 2, "b@example.org": 2}
    later = [
        email.message_from_bytes(content, policy=email.policy.default)
        for _, recipient, content in mailbox.messages
        if recipient == "a@example.org"
    ][1]
    text = later.get_body(("plain",)).get_content()
    assert "Paper number 3" in text
    assert "Paper number 1" not in text


def test_issues_due_before_the_confirmation_are_not_sent(digest, clock):
    (number,) = subscribe(digest, "a@example.org")
    clock.now = NOW - dt.timedelta(2)
    assert plan(digest, clock) == 1  # due at the very moment of the confirmation
    digest.set_state(number, "unsubscribed", NOW)
    (other,) = subscribe(digest, "b@example.org")
    digest.set_state(other, "active", NOW)
    clock.now = NOW - dt.timedelta(days=2, minutes=1)
    assert plan(digest, clock) == 0


def test_a_machine_that_slept_sends_one_issue_not_three(digest, mailbox, sender, clock):
    subscribe(digest, "a@example.org")
    plan(digest, clock)
    sender(pool=(1,)).send_due()
    clock.now += dt.timedelta(days=3, hours=2)
    assert plan(digest, clock) == 1
    sender(pool=(2,)).send_due()
    assert len(mailbox.messages) == 2


def test_one_refused_reader_among_many_stops_no_other_and_is_suspended(
    digest, mailbox, sender, clock
):
    numbers = subscribe(digest, "a@example.org", "gone@example.org", "c@example.org")
    mailbox.rcpt_answers["gone@example.org"] = ["550 5.1.1 no such user"]
    plan(digest, clock)
    counts = sender().send_due()
    assert (counts.sent, counts.failed) == (2, 1)
    suspended = digest.find_subscription(numbers[1])
    assert suspended.state == "suspended"
    assert "550 5.1.1 no such user" in suspended.reason
    assert mailbox.recipients() == {"a@example.org": 1, "c@example.org": 1}


def test_greylisting_is_waited_for(digest, mailbox, sender, clock):
    subscribe(digest, "a@example.org")
    mailbox.rcpt_answers["a@example.org"] = ["451 4.7.1 greylisted, try again later"]
    plan(digest, clock)
    assert sender().send_due().postponed == 1
    assert sender().send_due().sent == 0
    clock.now += FIRST_RETRY
    assert sender().send_due().sent == 1
    assert mailbox.recipients() == {"a@example.org": 1}


def test_a_server_that_keeps_failing_is_given_up_after_two_days(digest, mailbox, sender, clock):
    (number,) = subscribe(digest, "a@example.org")
    mailbox.data_answers["a@example.org"] = ["452 4.3.1 disk full"] * 50
    plan(digest, clock)
    for _ in range(60):
        sender().send_due()
        clock.now += dt.timedelta(hours=1)
        if clock.now - NOW > GIVE_UP_AFTER + dt.timedelta(hours=5):
            break
    (delivery,) = digest.deliveries(number, 5)
    assert delivery.state == "failed"
    assert "452 4.3.1 disk full" in delivery.last_error
    assert digest.find_subscription(number).state == "active"


def test_a_connection_cut_after_the_message_was_taken_repeats_its_message_id(
    digest, mailbox, sender, clock
):
    """SMTP cannot tell this case from a loss (RFC 1047); the Message-ID shows the repetition."""
    subscribe(digest, "a@example.org")
    mailbox.cut_after_data = {"a@example.org"}
    plan(digest, clock)
    assert sender().send_due().postponed == 1
    clock.now += FIRST_RETRY
    assert sender().send_due().sent == 1
    ids = {email.message_from_bytes(content)["Message-ID"] for _, _, content in mailbox.messages}
    assert len(mailbox.messages) == 2
    assert len(ids) == 1


def test_a_server_that_cannot_be_reached_postpones_all(digest, sender, clock):
    subscribe(digest, "a@example.org", "b@example.org")
    plan(digest, clock)
    unreachable = SmtpServer("127.0.0.1", 1, "none")
    counts = sender(transport=lambda: SmtpTransport(unreachable)).send_due()
    assert (counts.postponed, counts.sent) == (2, 0)
    assert "127.0.0.1:1" in digest.deliveries(None, 1)[0].last_error


def test_an_error_nobody_expected_postpones_one_delivery(digest, mailbox, sender, clock):
    numbers = subscribe(digest, "a@example.org", "b@example.org")
    plan(digest, clock)
    broken = sender()
    good = broken._compose

    def compose(subscription, period, now):
        if subscription.id == numbers[0]:
            raise OSError("no space left on device")
        return good(subscription, period, now)

    broken._compose = compose
    counts = broken.send_due()
    assert (counts.sent, counts.postponed) == (1, 1)
    clock.now += FIRST_RETRY
    assert sender().send_due().sent == 1


def test_silence_is_kept_if_the_reader_wants_it(digest, mailbox, sender, clock):
    subscribe(digest, "a@example.org", when_empty="silent")
    subscribe(digest, "b@example.org", when_empty="say")
    plan(digest, clock)
    counts = sender(pool=()).send_due()
    assert (counts.empty, counts.sent) == (1, 1)
    assert mailbox.recipients() == {"b@example.org": 1}


def test_a_reader_who_unsubscribes_before_sending_gets_nothing(digest, mailbox, sender, clock):
    (number,) = subscribe(digest, "a@example.org")
    plan(digest, clock)
    digest.set_state(number, "unsubscribed", NOW)
    assert sender().send_due().sent == 0
    assert not mailbox.messages


def test_one_domain_gets_so_many_messages_a_minute(digest, mailbox, sender, clock):
    subscribe(digest, *(f"r{n}@big.example" for n in range(5)), "one@small.example")
    plan(digest, clock)
    seconds = [0.0]
    pace = DomainPace(3, lambda: seconds[0])
    counts = sender(pace=pace).send_due()
    assert (counts.sent, counts.postponed) == (4, 2)
    clock.now += dt.timedelta(minutes=1, seconds=1)
    seconds[0] += 61
    assert sender(pace=pace).send_due().sent == 2


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(1))
        .not_valid_after(now + dt.timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


def authenticate(server, session, envelope, mechanism, data):
    right = (data.login, data.password) == (b"papers", b"secret")
    return AuthResult(success=right, handled=False)


@pytest.fixture
def secured(mailbox, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    class Secured(Controller):
        def factory(self):
            return SMTP(
                self.handler,
                tls_context=context,
                require_starttls=True,
                authenticator=authenticate,
                auth_required=True,
            )

    controller = Secured(mailbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield controller.port, str(certificate)
    controller.stop()


def test_starttls_and_a_password(digest, mailbox, sender, clock, secured):
    subscribe(digest, "a@example.org")
    plan(digest, clock)
    port, certificate = secured
    server = SmtpServer("localhost", port, "starttls", "papers", "secret", certificate)
    assert sender(transport=lambda: SmtpTransport(server)).send_due().sent == 1


@pytest.mark.parametrize(
    ("user", "password", "trusted", "says"),
    [
        ("papers", "wrong", True, "signing in was refused"),
        ("papers", "secret", False, "certificate"),
    ],
)
def test_a_wrong_password_or_an_unknown_certificate_sends_nothing(
    digest, mailbox, sender, clock, secured, user, password, trusted, says
):
    subscribe(digest, "a@example.org")
    plan(digest, clock)
    port, certificate = secured
    server = SmtpServer(
        "localhost", port, "starttls", user, password, certificate if trusted else ""
    )
    assert sender(transport=lambda: SmtpTransport(server)).send_due().postponed == 1
    assert says in digest.deliveries(None, 1)[0].last_error
    assert not mailbox.messages


def test_messages_as_files_and_through_a_mail_program(digest, sender, clock, tmp_path):
    subscribe(digest, "a@example.org")
    plan(digest, clock)
    folder = tmp_path / "mail"
    assert sender(transport=lambda: FolderTransport(folder)).send_due().sent == 1
    (file,) = folder.iterdir()
    assert email.message_from_bytes(file.read_bytes())["To"] == "a@example.org"

    program = tmp_path / "sendmail"
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\ncat > {tmp_path}/message\n')
    program.chmod(0o755)
    clock.now += dt.timedelta(1)
    plan(digest, clock)
    mail_program = SendmailTransport(str(program))
    assert sender(pool=(9,), transport=lambda: mail_program).send_due().sent == 1
    arguments = (tmp_path / "arguments").read_text()
    assert arguments == "-i -f bounce@papers.example.org -- a@example.org\n"
    assert b"Paper number 9" in (tmp_path / "message").read_bytes()
