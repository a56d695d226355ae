"""The settings of the mail (table ``[mail]``)."""

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from broadsheet.domain.errors import InvalidInputError

if TYPE_CHECKING:  # every command reads the settings, few of them send mail
    from broadsheet.digest.message import Signer
    from broadsheet.digest.transport import Transport


class MailSettings(BaseModel):
    """How the digest leaves. Without a host and a mail program, messages become files."""

    model_config = ConfigDict(extra="forbid")

    host: str = Field("", description="SMTP server that takes the mail.")
    port: int = Field(587, ge=1, le=65535, description="Its port: 587, 465 (tls) or 25.")
    security: str = Field(
        "starttls", pattern="^(none|starttls|tls)$", description="none, starttls or tls."
    )
    user: str = Field("", description="Name to sign in with; empty for none.")
    password_file: str = Field("", description="File with the password, readable by you alone.")
    ca_file: str = Field("", description="Certificates to trust beside the system's.")
    sendmail: str = Field("", description="A mail program instead of a server: /usr/sbin/sendmail.")
    folder: str = Field("", description="Folder for messages as files; else `mail` in the home.")
    sender: str = Field("", description="Address that the digest comes from.")
    bounces: str = Field(
        "", description="Address for reports of failure, with +tags; else the sender."
    )
    dkim_domain: str = Field("", description="Domain that signs; else the sender's.")
    dkim_selector: str = Field("", description="Name of the DKIM key in DNS; empty: no signature.")
    dkim_key_file: str = Field("", description="File with the private DKIM key (PEM).")
    per_domain_per_minute: int = Field(
        0, ge=0, description="Messages a minute to one domain at most; 0 is no limit."
    )
    absent_days: int = Field(
        180,
        ge=0,
        description="Days without a sign of a reader after which the digest asks whether to go on, "
        "and pauses without an answer; 0 is never.",
    )
    spread_minutes: int = Field(
        10, ge=0, le=120, description="Sending times are spread over so many minutes."
    )

    @property
    def sender_address(self) -> str:
        """The address that messages come from; a local one if none is set."""
        return self.sender or "broadsheet@localhost"

    @property
    def sender_domain(self) -> str:
        """Domain of Message-IDs and list names."""
        return self.sender_address.rpartition("@")[2]

    @property
    def leaves_machine(self) -> bool:
        """Whether messages are sent, not merely written as files."""
        return bool(self.host or self.sendmail)

    def open_transport(self, home: Path) -> "Transport":
        """Open the way that is set. Raises InvalidInputError if a file cannot be read or no
        sender is set."""
        from broadsheet.digest.transport import (
            FolderTransport,
            SendmailTransport,
            SmtpServer,
            SmtpTransport,
        )

        if self.leaves_machine and not self.sender:
            raise InvalidInputError(
                'the digest needs a sender; set sender = "digest@example.org" in the table '
                "[mail] of broadsheet.toml"
            )
        if self.host:
            return SmtpTransport(
                SmtpServer(
                    self.host,
                    self.port,
                    self.security,  # type: ignore[arg-type]  # checked by its pattern
                    self.user,
                    _read(self.password_file, "password_file").strip(),
                    self.ca_file,
                )
            )
        if self.sendmail:
            return SendmailTransport(self.sendmail)
        return FolderTransport(Path(self.folder).expanduser() if self.folder else home / "mail")

    def open_signer(self) -> "Signer | None":
        """The DKIM key, if one is set. Raises InvalidInputError if it cannot be read."""
        if not (self.dkim_selector and self.dkim_key_file):
            return None
        from broadsheet.digest.message import Signer

        key = _read(self.dkim_key_file, "dkim_key_file").encode()
        return Signer(self.dkim_domain or self.sender_domain, self.dkim_selector, key)


def _read(file: str, setting: str) -> str:
    if not file:
        return ""
    try:
        return Path(file).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(
            f"{file}: cannot be read ({error}); it is set as {setting} in the table [mail]"
        ) from error
