"""Messages obey the RFCs, and nothing hostile gets into their headers."""

import email
import email.policy

import dkim
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.digest.bounces import parse_report
from broadsheet.digest.message import (
    Signer,
    check_address,
    compose_message,
    new_message_id,
    read_return_address,
    return_address,
    sign,
)
from broadsheet.digest.render import Rendered
from broadsheet.domain.errors import InvalidInputError
from digest_samples import NOW

SECRET = b"a secret of this library"


@pytest.fixture(scope="module")
def key():
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return pem, public


def message(subject="3 on conformal prediction", service="Broadsheet", **changes):
    values = {
        "subject": subject,
        "rendered": Rendered("<p>Schön: ℓₚ</p>", "Schön: ℓₚ\n"),
        "markup": "html",
        "sender": "digest@papers.example.org",
        "service": service,
        "recipient": "reader@example.org",
        "message_id": new_message_id(1, "2026-12-01", "papers.example.org", "nonce"),
        "date": NOW,
        "list_id": "1.digest.papers.example.org",
        "unsubscribe": "https://papers.example.org/digest/unsubscribe/TOKEN",
    }
    return compose_message(**(values | changes))


def test_a_message_has_the_headers_of_one_click_unsubscribing():
    parsed = email.message_from_bytes(message().as_bytes(), policy=email.policy.default)
    assert not parsed.defects
    assert parsed["List-Unsubscribe"] == "<https://papers.example.org/digest/unsubscribe/TOKEN>"
    assert parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert parsed["List-Id"] == "Broadsheet <1.digest.papers.example.org>"
    assert parsed["Auto-Submitted"] == "auto-generated"
    assert parsed.get_content_type() == "multipart/alternative"
    plain, html = parsed.iter_parts()
    assert plain.get_content().splitlines() == ["Schön: ℓₚ"]
    assert "Schön: ℓₚ" in html.get_content()
    assert max(map(len, message().as_bytes().split(b"\r\n"))) <= 998


def test_plain_readers_get_no_html():
    parsed = email.message_from_bytes(
        message(markup="plain").as_bytes(), policy=email.policy.default
    )
    assert parsed.get_content_type() == "text/plain"


def test_the_signature_verifies_and_covers_both_headers_of_unsubscribing(key):
    pem, public = key
    import base64

    content = sign(message().as_bytes(), Signer("papers.example.org", "b1", pem))
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
    names = []

    def dns(name, timeout=5):
        names.append(name)
        return record

    assert dkim.verify(content, dnsfunc=dns)
    assert names == [b"b1._domainkey.papers.example.org."]
    for header in (b"List-Unsubscribe: ", b"List-Unsubscribe-Post: ", b"Subject: "):
        assert not dkim.verify(content.replace(header, header + b"x", 1), dnsfunc=dns)
    assert not dkim.verify(content.replace(b"Sch", b"Tsch", 1), dnsfunc=dns)


@given(st.text(max_size=300), st.text(max_size=80))
def test_no_subject_or_name_gets_into_other_headers(subject, service):
    hostile = f"{subject}\r\nBcc: everybody@example.org\r\n\r\nbody"
    content = message(hostile, service).as_bytes()
    parsed = email.message_from_bytes(content, policy=email.policy.default)
    assert parsed["Bcc"] is None
    assert parsed["To"] == "reader@example.org"
    assert "body" not in parsed.get_body(("plain",)).get_content()


@pytest.mark.parametrize(
    "address",
    [
        "reader",
        "a@b",
        "a b@example.org",
        "a@example.org\nBcc: x@example.org",
        "<a@example.org>",
        "a@example..org",
        "a,b@example.org",
        "@example.org",
        "a@example.org, b@example.org",
    ],
)
def test_what_is_no_mail_address_is_refused(address):
    with pytest.raises(InvalidInputError, match=r"mail address|domain"):
        check_address(address)


def test_an_address_is_kept_as_typed_but_for_its_domain():
    assert check_address(" Reader+tag@Example.ORG ") == "Reader+tag@example.org"


def test_a_return_address_names_its_delivery_and_cannot_be_forged():
    address = return_address("bounce@papers.example.org", 42, SECRET)
    assert read_return_address(address, SECRET) == 42
    assert read_return_address(address.replace("42", "43"), SECRET) is None
    assert read_return_address(address, b"another secret") is None


def report(status, action="failed", diagnosis="smtp; 550 5.1.1 no such user"):
    address = return_address("bounce@papers.example.org", 42, SECRET)
    return (
        f"From: MAILER-DAEMON@example.org\r\nTo: {address}\r\nSubject: Undelivered\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n'
        "\r\n--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example.org\r\n\r\n"
        f"Final-Recipient: rfc822; reader@example.org\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: {diagnosis}\r\n\r\n--b--\r\n"
    ).encode()


def test_reports_of_servers_are_read():
    bounce = parse_report(report("5.1.1"), SECRET)
    assert (bounce.kind, bounce.delivery) == ("permanent", 42)
    assert bounce.words == "5.1.1 550 5.1.1 no such user"
    assert parse_report(report("4.4.1"), SECRET).kind == "temporary"
    assert parse_report(report("5.2.2"), SECRET).kind == "temporary"
    assert parse_report(report("2.0.0", "delivered"), SECRET) is None
    assert parse_report(report("4.4.1", "delayed"), SECRET) is None


def test_a_complaint_is_read_and_an_out_of_office_reply_is_not_a_report():
    address = return_address("bounce@papers.example.org", 7, SECRET)
    complaint = (
        f"To: {address}\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n\r\n--b--\r\n"
    ).encode()
    read = parse_report(complaint, SECRET)
    assert (read.kind, read.delivery) == ("complaint", 7)
    away = f"To: {address}\r\nSubject: Out of office\r\n\r\nBack on Monday.\r\n".encode()
    assert parse_report(away, SECRET) is None
