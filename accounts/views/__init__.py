"""The `/v1` surface of the accounts room: tokens, OAuth, the organisation, reports of leaked keys."""

from accounts.views.leaks import SecretScanning
from accounts.views.oauth import IntrospectToken, OAuthMetadata, OAuthToken, RevokeToken
from accounts.views.organisation import Organisation, PauseOrganisation, ResumeOrganisation
from accounts.views.tokens import Auth

__all__ = [
    "Auth",
    "IntrospectToken",
    "OAuthMetadata",
    "OAuthToken",
    "Organisation",
    "PauseOrganisation",
    "ResumeOrganisation",
    "RevokeToken",
    "SecretScanning",
]
