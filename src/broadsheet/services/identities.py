"""Signing in with OpenID Connect; implements IdentityService.

Flow    Authorization code with PKCE (RFC 7636, S256), state and nonce. The browser keeps them
        meanwhile in a signed cookie, so an answer for another browser is refused.
Source  OpenID Connect Core 1.0 and Discovery 1.0; the issuer in the answer by RFC 9207.
"""

import datetime as dt
import hmac
import logging
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from broadsheet.domain.access import Principal, require
from broadsheet.domain.accounts import LONGEST_NAME, AccountStore, SignedIn, check_name
from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.identities import (
    Begun,
    Finished,
    Identity,
    IdentityError,
    IdentityStore,
    IdentityUnknownError,
    Provider,
    ProviderNotFoundError,
)
from broadsheet.services.accounts import LocalAccountService

log = logging.getLogger(__name__)

FLOW_MINUTES = 10
"""How long somebody may take at the provider."""
_LEEWAY = 60
"""Seconds by which the clocks of provider and service may differ."""
_TIMEOUT = 10.0
"""Seconds for each request to a provider."""
_METADATA_SECONDS = 3600
_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
_SALT = "sign-in flow"


@dataclass(frozen=True)
class ProviderSettings:
    """A provider with all that a request to it needs."""

    provider: Provider
    client_id: str
    client_secret_file: str
    scopes: str


class LocalIdentityService:
    """See IdentityService."""

    def __init__(
        self,
        settings: Sequence[ProviderSettings],
        store: IdentityStore,
        accounts: AccountStore,
        account_service: LocalAccountService,
        read_secret: Callable[[], bytes],
        public_url: str,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self._settings = {each.provider.name: each for each in settings}
        self._store = store
        self._accounts = accounts
        self._account_service = account_service
        self._read_secret = read_secret
        self._public_url = public_url.rstrip("/")
        self._clock = clock
        self._metadata: dict[str, tuple[float, dict[str, Any]]] = {}

    def providers(self) -> Sequence[Provider]:
        """See IdentityService."""
        return [each.provider for each in self._settings.values()]

    def begin(
        self,
        provider: str,
        there: str = "/",
        invitation: str = "",
        principal: Principal | None = None,
    ) -> Begun:
        """See IdentityService."""
        if principal is not None:
            require(principal, "keep_personal")
        settings = self._get(provider)
        flow = {
            "provider": provider,
            "state": secrets.token_urlsafe(32),
            "nonce": secrets.token_urlsafe(32),
            "verifier": secrets.token_urlsafe(48),
            "there": there,
            "invitation": invitation,
            "account": principal.id if principal else "",
        }
        with self._client(settings) as client:
            metadata = self._discover(settings, client)
            address, _ = client.create_authorization_url(
                metadata["authorization_endpoint"],
                state=flow["state"],
                nonce=flow["nonce"],
                code_verifier=flow["verifier"],
            )
        return Begun(address, self._serializer().dumps(flow))

    def finish(
        self, provider: str, answer: Mapping[str, str], flow: str, principal: Principal, agent: str
    ) -> Finished:
        """See IdentityService."""
        settings = self._get(provider)
        label = settings.provider.label
        kept = self._read_flow(flow, provider, answer.get("state", ""))
        if "error" in answer:
            raise IdentityError(f"{label} did not sign you in; try again, or sign in another way")
        if answer.get("iss", settings.provider.issuer) != settings.provider.issuer:
            raise IdentityError(f"the answer is not from {label}; begin again")
        claims = self._fetch_claims(settings, answer.get("code", ""), kept)
        subject = str(claims["sub"])
        if kept["account"]:
            self._link(settings.provider, subject, kept["account"], principal)
            return Finished(None, "/account")
        account_id = self._store.find(settings.provider.issuer, subject)
        if account_id is None:
            signed_in = self._create(settings, subject, claims, kept["invitation"], agent)
        else:
            signed_in = self._account_service.sign_in_known(account_id, agent)
        return Finished(signed_in, kept["there"])

    def own(self, principal: Principal) -> Sequence[Identity]:
        """See IdentityService."""
        require(principal, "keep_personal")
        return self._store.of_account(principal.id)

    def unlink(self, principal: Principal, issuer: str, subject: str) -> None:
        """See IdentityService."""
        require(principal, "keep_personal")
        account = self._accounts.find_by_id(principal.id)
        others = [
            each
            for each in self._store.of_account(principal.id)
            if (each.issuer, each.subject) != (issuer, subject)
        ]
        by_mail = self._account_service.sends_mail and account is not None and account.confirmed
        if not (others or by_mail or self._accounts.password_hash(principal.id)):
            raise InvalidInputError(
                "this is your only way to sign in; confirm a mail address or link another first"
            )
        if not self._store.remove(principal.id, issuer, subject):
            raise InvalidInputError("you have no such link; it may be removed already")

    def _get(self, provider: str) -> ProviderSettings:
        settings = self._settings.get(provider)
        if settings is None:
            raise ProviderNotFoundError(provider)
        return settings

    def _link(self, provider: Provider, subject: str, account: str, principal: Principal) -> None:
        if principal.id != account:
            raise IdentityError("sign in with the account to link first, then begin again")
        if not self._store.add(Identity(provider.issuer, subject, account, self._clock())):
            raise IdentityError(f"this account at {provider.label} is linked to an account already")

    def _create(
        self,
        settings: ProviderSettings,
        subject: str,
        claims: Mapping[str, Any],
        invitation: str,
        agent: str,
    ) -> SignedIn:
        """Make the account that an invitation or the setting ``create`` permits."""
        invited = bool(invitation) and settings.provider.create != "none"
        if not invited and settings.provider.create != "anyone":
            raise IdentityUnknownError(settings.provider.label)
        verified = claims.get("email_verified") is True
        signed_in = self._account_service.create_known(
            self._free_name(claims),
            str(claims.get("email", "")) if verified else "",
            invitation if invited else "",
            agent,
        )
        identity = Identity(settings.provider.issuer, subject, signed_in.account.id, self._clock())
        if not self._store.add(identity):
            # The same person finished a sign-in in another window meanwhile.
            self._accounts.delete(signed_in.account.id)
            raise IdentityError("you have an account by now; sign in once more")
        return signed_in

    def _free_name(self, claims: Mapping[str, Any]) -> str:
        given = claims.get("name") or claims.get("preferred_username") or ""
        try:
            name = check_name(str(given)[: LONGEST_NAME - 6])
        except InvalidInputError:
            name = "Reader"
        free = name
        while self._accounts.find(free) is not None:
            free = f"{name} {secrets.randbelow(90_000) + 10_000}"
        return free

    # The protocol

    def _read_flow(self, flow: str, provider: str, state: str) -> dict[str, str]:
        from itsdangerous import BadData

        try:
            kept: dict[str, str] = self._serializer().loads(flow, max_age=FLOW_MINUTES * 60)
        except BadData:
            raise IdentityError(
                f"this sign-in took longer than {FLOW_MINUTES} minutes or began in another "
                "browser; begin again"
            ) from None
        right = hmac.compare_digest(kept["state"].encode(), state.encode("utf-8", "replace"))
        if kept["provider"] != provider or not right:
            raise IdentityError("this answer belongs to another sign-in; begin again")
        return kept

    def _serializer(self) -> Any:
        from itsdangerous import URLSafeTimedSerializer

        return URLSafeTimedSerializer(self._read_secret(), salt=_SALT)

    def _client(self, settings: ProviderSettings) -> Any:
        try:
            from authlib.integrations.httpx_client import OAuth2Client
        except ImportError:
            raise IdentityError(
                "signing in with accounts elsewhere needs an extra; the owner installs "
                "broadsheet[oidc]"
            ) from None
        return OAuth2Client(
            settings.client_id,
            _read_secret_file(settings.client_secret_file) or None,
            scope=settings.scopes,
            redirect_uri=f"{self._public_url}/sign-in/with/{settings.provider.name}/callback",
            code_challenge_method="S256",
            timeout=_TIMEOUT,
        )

    def _discover(self, settings: ProviderSettings, client: Any) -> dict[str, Any]:
        """Return the provider's description, kept for an hour."""
        issuer = settings.provider.issuer
        fetched_at, metadata = self._metadata.get(issuer, (0.0, {}))
        if metadata and time.monotonic() - fetched_at < _METADATA_SECONDS:
            return metadata
        metadata = self._fetch_json(
            settings, client, f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        )
        needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if metadata.get("issuer") != issuer or not all(metadata.get(name) for name in needed):
            raise IdentityError(
                f"{settings.provider.label} describes itself as another issuer than {issuer}; "
                "the owner corrects the setting issuer"
            )
        for name in needed:
            check_secure(str(metadata[name]))
        self._metadata[issuer] = (time.monotonic(), metadata)
        return metadata

    def _fetch_json(self, settings: ProviderSettings, client: Any, address: str) -> dict[str, Any]:
        try:
            answer = client.request("GET", address, withhold_token=True)
            answer.raise_for_status()
            content: dict[str, Any] = answer.json()
        except Exception as error:
            # The library raises errors of httpx or httpx2, whichever is installed.
            log.warning("%s: %s", address, error)
            raise IdentityError(
                f"{settings.provider.label} cannot be reached now; try again later, or sign in "
                "another way"
            ) from error
        return content

    def _fetch_claims(
        self, settings: ProviderSettings, code: str, kept: Mapping[str, str]
    ) -> Mapping[str, Any]:
        """Exchange the code for an ID token; return its claims once they are checked."""
        label = settings.provider.label
        with self._client(settings) as client:
            metadata = self._discover(settings, client)
            client.token_endpoint_auth_method = _authentication(settings, metadata)
            try:
                token = client.fetch_token(
                    metadata["token_endpoint"], code=code, code_verifier=kept["verifier"]
                )
            except Exception as error:
                log.warning("%s: %s", metadata["token_endpoint"], type(error).__name__)
                raise IdentityError(f"{label} refused the sign-in; begin again") from error
            keys = self._fetch_json(settings, client, metadata["jwks_uri"])
        return self._check_token(settings, token, keys, kept["nonce"])

    def _check_token(
        self, settings: ProviderSettings, token: Mapping[str, Any], keys: Any, nonce: str
    ) -> Mapping[str, Any]:
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import ExpiredTokenError, JoseError
        from joserfc.jwk import KeySet

        label = settings.provider.label
        try:
            decoded = jwt.decode(
                str(token.get("id_token", "")), KeySet.import_key_set(keys), algorithms=_ALGORITHMS
            )
            token_claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                {
                    "iss": {"essential": True, "value": settings.provider.issuer},
                    "aud": {"essential": True, "value": settings.client_id},
                },
                {
                    "nonce": nonce,
                    "client_id": settings.client_id,
                    "access_token": token.get("access_token"),
                },
            )
            token_claims.validate(now=int(self._clock().timestamp()), leeway=_LEEWAY)
        except ExpiredTokenError:
            raise IdentityError(f"the token of {label} has expired; begin again") from None
        except (JoseError, ValueError, KeyError, TypeError) as error:
            claim = getattr(error, "claim", "") or "signature"
            raise IdentityError(
                f"the token of {label} does not fit this sign-in ({claim}); begin again"
            ) from error
        return dict(token_claims)


def _authentication(settings: ProviderSettings, metadata: Mapping[str, Any]) -> str:
    """How the service proves to the provider who it is (OpenID Connect Core, section 9)."""
    if not settings.client_secret_file:
        return "none"
    offered = metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return "client_secret_basic" if "client_secret_basic" in offered else "client_secret_post"


def check_secure(address: str) -> None:
    """Raise InvalidInputError unless ``address`` is https, or of this machine."""
    parts = urlsplit(address)
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise InvalidInputError(f"{address}: a provider is asked over https only")


def _read_secret_file(file: str) -> str:
    if not file:
        return ""
    try:
        return Path(file).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        log.error("%s: cannot be read (%s); it is set as client_secret_file", file, error)
        raise IdentityError(
            "signing in this way is not set up completely; the owner reads in the log what is missing"
        ) from error
