"""Checks of a sending domain, against a DNS server on this machine."""

import base64
import socket
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from broadsheet.digest.doctor import check_domain

KEY = base64.b64encode(b"k" * 294).decode()
GOOD = {
    ("papers.example.org.", "TXT"): ['"v=spf1 mx -all"', '"other text"'],
    ("b1._domainkey.papers.example.org.", "TXT"): [
        f'"v=DKIM1; k=rsa; p={KEY[:200]}" "{KEY[200:]}"'
    ],
    ("_dmarc.papers.example.org.", "TXT"): ['"v=DMARC1; p=reject"'],
    ("1.2.0.192.in-addr.arpa.", "PTR"): ["mail.example.org."],
    ("mail.example.org.", "A"): ["192.0.2.1"],
}


@pytest.fixture
def nameserver():
    """``serve(records)`` → its address; it answers over UDP until the test ends."""
    sockets = []

    def serve(records):
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind(("127.0.0.1", 0))
        sockets.append(server)

        def answer():
            while True:
                try:
                    packet, client = server.recvfrom(4096)
                except OSError:
                    return
                query = dns.message.from_wire(packet)
                question = query.question[0]
                kind = question.rdtype.name
                response = dns.message.make_response(query)
                response.flags |= dns.flags.RA
                values = records.get((str(question.name), kind))
                if values:
                    response.answer.append(
                        dns.rrset.from_text(question.name, 60, "IN", kind, *values)
                    )
                elif not any(name == str(question.name) for name, _ in records):
                    response.set_rcode(dns.rcode.NXDOMAIN)
                server.sendto(response.to_wire(), client)

        threading.Thread(target=answer, daemon=True).start()
        return f"127.0.0.1:{server.getsockname()[1]}"

    yield serve
    for server in sockets:
        server.close()


def verdicts(nameserver, records, selector="b1", ip="192.0.2.1"):
    findings = check_domain("papers.example.org", selector, ip, nameserver=nameserver(records))
    return {finding.subject: (finding.verdict, finding.words) for finding in findings}


def test_a_domain_with_everything_is_good(nameserver):
    found = verdicts(nameserver, GOOD)
    assert {subject: verdict for subject, (verdict, _) in found.items()} == {
        "SPF": "good",
        "DKIM": "good",
        "DMARC": "good",
        "PTR": "good",
    }


@pytest.mark.parametrize(
    ("name", "kind", "values", "subject", "says"),
    [
        ("papers.example.org.", "TXT", ['"no record"'], "SPF", "add TXT"),
        ("papers.example.org.", "TXT", ['"v=spf1 +all"'], "SPF", "everybody"),
        ("papers.example.org.", "TXT", ['"v=spf1 mx"', '"v=spf1 a"'], "SPF", "keep one"),
        ("b1._domainkey.papers.example.org.", "TXT", ['"v=DKIM1; p="'], "DKIM", "withdrawn"),
        ("b1._domainkey.papers.example.org.", "TXT", ['"p=%%%"'], "DKIM", "damaged"),
        ("b1._domainkey.papers.example.org.", "TXT", ['"p=aGk="'], "DKIM", "1024 bits"),
        ("_dmarc.papers.example.org.", "TXT", ['"hello"'], "DMARC", "v=DMARC1"),
        ("mail.example.org.", "A", ["192.0.2.9"], "PTR", "leads to 192.0.2.9"),
    ],
)
def test_what_is_missing_is_said_with_the_next_step(nameserver, name, kind, values, subject, says):
    verdict, words = verdicts(nameserver, GOOD | {(name, kind): values})[subject]
    assert verdict == "missing"
    assert says in words


def test_an_unknown_domain_misses_everything(nameserver):
    found = verdicts(nameserver, {("other.example.", "TXT"): ['"x"']}, selector="")
    assert [verdict for verdict, _ in found.values()] == ["missing"] * 4
