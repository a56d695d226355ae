"""The digest from the command line to a real SMTP server."""

import datetime as dt
import email
import email.policy
import json
import socket

import pytest
from aiosmtpd.controller import Controller
from click.testing import CliRunner

from broadsheet.cli.main import main


class Mailbox:
    def __init__(self):
        self.messages = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.messages.append((envelope.mail_from, envelope.rcpt_tos, message))
        return "250 OK"


@pytest.fixture
def mailbox():
    box = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    box.port = controller.port
    yield box
    controller.stop()


@pytest.fixture
def run(tmp_path):
    home = tmp_path / "home"
    home.mkdir()

    def run(*arguments):
        return CliRunner().invoke(main, ["--home", str(home), *arguments], catch_exceptions=False)

    run.home = home
    today = dt.datetime.now(dt.UTC).date()
    papers = tmp_path / "papers.jsonl"
    titles = ["Diffusion policy for robots", "Conformal prediction under shift", "A survey of cats"]
    papers.write_text(
        "".join(
            json.dumps(
                {
                    "id": f"arxiv:2612.0000{number}",
                    "title": title,
                    "abstract": f"{title}. We show that it works by 12 %.",
                    "authors": ["Ada Lovelace"],
                    "date": str(today - dt.timedelta(1)),
                    "categories": ["cs.RO"],
                }
            )
            + "\n"
            for number, title in enumerate(titles, 1)
        )
    )
    assert run("import", str(papers)).exit_code == 0
    return run


def use_server(run, mailbox):
    (run.home / "broadsheet.toml").write_text(
        'public_url = "https://papers.example.org"\n'
        f'[mail]\nhost = "127.0.0.1"\nport = {mailbox.port}\nsecurity = "none"\n'
        'sender = "digest@papers.example.org"\nbounces = "bounce@papers.example.org"\n'
    )


def test_a_subscription_becomes_one_message(run, mailbox):
    use_server(run, mailbox)
    made = run(
        "subscribe", "reader@example.org", "--what", "search:diffusion policy", "--every", "daily",
        "--at", "07:00", "--zone", "Europe/Berlin", "--confirmed",
    )  # fmt: skip
    assert made.exit_code == 0
    assert "every day at 07:00 (Europe/Berlin)" in made.output
    sent = run("digest", "send", "--now", "--json")
    assert json.loads(sent.output)["sent"] == 1
    ((sender, recipients, message),) = mailbox.messages
    assert recipients == ["reader@example.org"]
    assert sender.startswith("bounce+1-")
    assert message["Subject"] == "Diffusion policy for robots"
    assert message["List-Unsubscribe"].startswith("<https://papers.example.org/digest/unsubscribe/")
    assert (
        "https://papers.example.org/papers/2612.00001" in message.get_body(("plain",)).get_content()
    )
    assert run("digest", "send", "--now").exit_code == 1
    assert len(mailbox.messages) == 1


def test_an_unconfirmed_reader_is_only_asked(run, mailbox):
    use_server(run, mailbox)
    made = run("subscribe", "reader@example.org", "--json")
    assert json.loads(made.output)["state"] == "pending"
    assert run("digest", "send", "--now").exit_code == 1
    subjects = [message["Subject"] for _, _, message in mailbox.messages]
    assert subjects in ([], ["Confirm your digest of the trending papers"])


def test_without_a_server_messages_become_files(run):
    made = run("subscribe", "reader@example.org", "--confirmed")
    assert "messages become files" in made.output
    assert run("digest", "send", "--now").exit_code == 0
    (file,) = (run.home / "mail").iterdir()
    assert b"To: reader@example.org" in file.read_bytes()


def test_a_preview_sends_nothing(run, mailbox):
    use_server(run, mailbox)
    preview = run("digest", "preview", "--what", "search:conformal prediction")
    assert "Conformal prediction under shift" in preview.output
    assert run("digest", "preview", "--what", "search:zzzz").exit_code in (0, 1)
    assert not mailbox.messages


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["reader"], "mail address"),
        (["a@example.org", "--what", "weather"], "search:QUERY"),
        (["a@example.org", "--what", "search:"], "search:QUERY"),
        (["a@example.org", "--what", "edition:nothing"], "edition"),
        (["a@example.org", "--what", "follows:x"], "search:QUERY"),
        (["a@example.org", "--every", "hourly"], "daily, weekdays and weekly:DAY"),
        (["a@example.org", "--at", "7"], "HH:MM"),
        (["a@example.org", "--zone", "Mars/Olympus"], "IANA"),
        (["a@example.org", "--papers", "0"], "1 to 50"),
    ],
)
def test_what_cannot_be_subscribed_to_is_refused_in_words(run, arguments, says):
    refused = run("subscribe", "--confirmed", *arguments)
    assert refused.exit_code == 2
    assert says in refused.output


def test_a_bounce_suspends_the_subscription(run, mailbox):
    use_server(run, mailbox)
    run("subscribe", "reader@example.org", "--confirmed")
    run("digest", "send", "--now")
    ((sender, _, _),) = mailbox.messages
    bounce = (
        f"To: {sender}\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n"
        "Final-Recipient: rfc822; reader@example.org\nAction: failed\nStatus: 5.1.1\n\n--b--\n"
    )
    file = run.home / "bounce.eml"
    file.write_text(bounce)
    assert "is suspended" in run("digest", "bounce", str(file)).output
    assert "suspended" in run("digest", "status").output
