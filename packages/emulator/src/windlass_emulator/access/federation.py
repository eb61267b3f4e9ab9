"""Sign-in with a token of somebody else's, such as that of a job on GitHub, in place of a secret.

The tenant looks at issuer, subject and audience of the token, letter for letter, among the federated credentials of the
identity that it is to be. Entra fetches the keys of an issuer from its address; here a test or a rehearsal hands them
over (admin API, PUT /issuers), since nothing outside of this machine is ever asked. Wordings and numbers AADSTS.. are
those that Entra is seen to answer (Azure/login#482, #515; Azure/azure-workload-identity#1200).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jwt

from windlass_emulator.errors import invalid_content

if TYPE_CHECKING:
    from windlass_emulator.store import Resource, Store

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"
_CREDENTIAL = f"{_IDENTITY}/federatedIdentityCredentials"
_ISSUERS = "issuers"
_READ_MORE = "https://learn.microsoft.com/entra/workload-id/workload-identity-federation"


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a token lets nobody in: AADSTS number and sentence."""

    number: int
    sentence: str


def trust_issuer(store: Store, issuer: str, keys: Any) -> None:
    """Take the public keys of an issuer, in place of those that it had.

    Raises:
        AzureError: 400 for what is no set of keys.
    """
    if not issuer.startswith("https://") or not isinstance(keys, list) or not keys:
        raise invalid_content("An issuer has an https address, and 'keys' as its key set shows them.")
    store.set_fact(_ISSUERS, issuer, keys)


def find_identity(store: Store, client_id: str) -> Resource | None:
    """Return the user-assigned identity that signs in with a client id."""
    for stored in store.of_type(_IDENTITY):
        if str(stored.body["properties"].get("clientId", "")).lower() == client_id.lower():
            return stored
    return None


def why_not(store: Store, identity: Resource, assertion: str, now: float) -> Refused | None:
    """Say why a token does not sign in as an identity; None when it does."""
    try:
        claims = jwt.decode(assertion, options={"verify_signature": False})
        header = jwt.get_unverified_header(assertion)
    except jwt.InvalidTokenError as error:
        return Refused(50027, f"JWT token is invalid or malformed: {error}.")
    issuer, subject = str(claims.get("iss", "")), str(claims.get("sub", ""))
    audiences = claims.get("aud")
    audience = str(audiences[0] if isinstance(audiences, list) and audiences else audiences)
    told = [each.body["properties"] for each in store.children(identity.id, _CREDENTIAL)]
    if refused := _unmatched(told, issuer, subject, audience):
        return refused
    if not _is_signed(store, issuer, assertion, str(header.get("kid", ""))):
        return Refused(700027, "The certificate with identifier used to sign the client assertion is not registered.")
    if not float(claims.get("nbf", 0)) <= now < float(claims.get("exp", 0)):
        return Refused(700024, "Client assertion is not within its valid time range.")
    return None


def _unmatched(told: list[dict[str, Any]], issuer: str, subject: str, audience: str) -> Refused | None:
    """Name the first of issuer, subject and audience that no credential has."""
    check = (
        "Check your federated identity credential Subject, Audience and Issuer against the presented assertion. "
        f"{_READ_MORE}"
    )
    record = "No matching federated identity record found for presented assertion"
    of_issuer = [each for each in told if each["issuer"] == issuer]
    if not of_issuer:
        return Refused(700211, f"{record} issuer '{issuer}'. {check}")
    of_subject = [each for each in of_issuer if each["subject"] == subject]
    if not of_subject:
        if any(each["subject"].lower() == subject.lower() for each in of_issuer):
            but = "The subject matches with case-insensitive comparison, but not with case-sensitive comparison."
            return Refused(7002138, f"{record} subject '{subject}'. {but} {check}")
        return Refused(700213, f"{record} subject '{subject}'. {check}")
    if not any(audience in each["audiences"] for each in of_subject):
        return Refused(700212, f"{record} audience '{audience}'. {check}")
    return None


def _is_signed(store: Store, issuer: str, assertion: str, key_id: str) -> bool:
    for row in store.fact(_ISSUERS, issuer, []):
        if key_id and row.get("kid") not in {None, key_id}:
            continue
        try:
            # Times are held against the clock of the local Azure, and the audience against the credential.
            jwt.decode(
                assertion,
                jwt.PyJWK(row).key,
                algorithms=["RS256"],
                options={"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )
        except jwt.PyJWTError:
            continue
        return True
    return False
