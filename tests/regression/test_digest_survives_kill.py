"""A sender that is killed at any moment loses no issue and doubles none that it had recorded."""

import datetime as dt
import email
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from aiosmtpd.controller import Controller

import broadsheet
from broadsheet.domain.access import OWNER
from broadsheet.domain.digest import SubscriptionRequest, Topic
from broadsheet.home import Home
from broadsheet.wiring import open_services

READERS = 40
KILLS = int(os.environ.get("BROADSHEET_TEST_KILLS", "6"))


class Mailbox:
    def __init__(self):
        self.ids = Counter()

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        message = email.message_from_bytes(envelope.content)
        self.ids[(envelope.rcpt_tos[0], message["Message-ID"])] += 1
        return "250 OK"


def test_each_reader_gets_one_issue_however_often_the_sender_is_killed(tmp_path):
    box = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    home = Home(tmp_path / "home").create()
    home.settings.write_text(
        f'[mail]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\n'
        'sender = "digest@papers.example.org"\n'
    )
    papers = tmp_path / "papers.jsonl"
    today = dt.datetime.now(dt.UTC).date()
    papers.write_text(
        "".join(
            json.dumps(
                {"id": f"arxiv:2612.{n:05}", "title": f"Paper {n}", "abstract": "We win.",
                 "authors": ["Ada"], "date": str(today)}
            ) + "\n"
            for n in range(1, 6)
        )
    )  # fmt: skip
    with open_services(home) as services:
        services.library.import_paths(OWNER, [str(papers)])
        for n in range(READERS):
            request = SubscriptionRequest(address=f"r{n}@example.org", topic=Topic("trending"))
            services.digest.subscribe(OWNER, request, confirmed=True)

    command = [
        sys.executable,
        "-m",
        "broadsheet",
        "--home",
        str(home.path),
        "digest",
        "send",
        "--now",
    ]
    environment = os.environ | {"PYTHONPATH": str(Path(broadsheet.__file__).parents[1])}
    chance = random.Random(7)
    kills = 0
    while kills < KILLS:
        before = sum(box.ids.values())
        sender = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        while sender.poll() is None and sum(box.ids.values()) == before:
            time.sleep(0.005)
        time.sleep(chance.random() * 0.1)
        if sender.poll() is not None:
            break
        sender.send_signal(signal.SIGKILL)
        sender.wait()
        kills += 1
    subprocess.run(command, env=environment, check=False, stdout=subprocess.DEVNULL)
    controller.stop()

    assert kills > 1
    assert {address for address, _ in box.ids} == {f"r{n}@example.org" for n in range(READERS)}
    ids_of = Counter(address for address, _ in box.ids)
    assert set(ids_of.values()) == {1}, "a repetition has the Message-ID of the first"
    # A kill between the server's 250 and the record is unavoidable for the messages under way.
    doubled = sum(count - 1 for count in box.ids.values())
    assert doubled <= kills * 16
    with open_services(home) as services:
        status = services.digest.status(OWNER)
    assert status.deliveries == {"sent": READERS}
