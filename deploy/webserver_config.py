"""How people log in: by names and passwords of Airflow, or at the identity provider that `OIDC_DISCOVERY_URL` names.

FAB, the auth manager, reads the names in capitals. Whoever comes from an identity provider for the first time may see
nothing until a group of theirs has a role in `OIDC_ROLES`, or an administrator gives them one.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from airflow.providers.fab.auth_manager.security_manager.override import FabAirflowSecurityManagerOverride
from airflow.providers.fab.www.security import permissions
from flask_appbuilder.const import AUTH_DB, AUTH_OAUTH

PROVIDER = "sso"
"""What the button says, and the end of the address that the provider sends people back to."""

WTF_CSRF_ENABLED = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"


def roles_of_groups(written: str) -> dict[str, list[str]]:
    """What `OIDC_ROLES` says; ends with one line about it where it says something else."""
    try:
        roles = json.loads(written)
        if all(isinstance(names, list) and all(isinstance(name, str) for name in names) for names in roles.values()):
            return dict(roles)
    except (ValueError, AttributeError):
        pass
    sys.exit('OIDC_ROLES: is no JSON object of lists of roles; write one such as {"operators": ["Op"]}, in one line')


class PipelineSecurityManager(FabAirflowSecurityManagerOverride):  # type: ignore[misc]
    """Lets every role ask which pages plugins have in the UI: FAB's own `Viewer` and `User` see none of ours there."""

    ROLE_CONFIGS = tuple(
        {**config, "perms": [*config["perms"], (permissions.ACTION_CAN_READ, permissions.RESOURCE_PLUGIN)]}
        for config in FabAirflowSecurityManagerOverride.ROLE_CONFIGS
        if config["perms"]  # `Public` stays without any
    )


class OpenIdSecurityManager(PipelineSecurityManager):
    """Takes people as any OpenID provider tells of them, where FAB knows only some providers by their names."""

    def get_oauth_user_info(self, provider: str, resp: dict[str, Any]) -> dict[str, Any]:
        """What FAB wants to know of whoever has just logged in."""
        if provider != PROVIDER:
            return {}
        claims = resp.get("userinfo") or self.oauth_remotes[provider].userinfo(token=resp)
        return {
            "username": claims["sub"],  # the only claim that never changes and is never given to another person
            "email": claims.get("email", ""),
            "first_name": claims.get("given_name", ""),
            "last_name": claims.get("family_name", ""),
            "role_keys": claims.get("groups", []),
        }


SECURITY_MANAGER_CLASS: type[PipelineSecurityManager] = PipelineSecurityManager
if os.environ.get("OIDC_DISCOVERY_URL"):
    AUTH_TYPE = AUTH_OAUTH
    SECURITY_MANAGER_CLASS = OpenIdSecurityManager
    AUTH_ROLES_MAPPING = roles_of_groups(os.environ.get("OIDC_ROLES") or "{}")
    # Else each login would take away what an administrator has given.
    AUTH_ROLES_SYNC_AT_LOGIN = bool(AUTH_ROLES_MAPPING)
    AUTH_USER_REGISTRATION = True
    AUTH_USER_REGISTRATION_ROLE = "Public"
    OAUTH_PROVIDERS = [
        {
            "name": PROVIDER,
            "icon": "fa-key",
            "token_key": "access_token",
            "remote_app": {
                "client_id": os.environ["OIDC_CLIENT_ID"],
                "client_secret": Path(os.environ["OIDC_CLIENT_SECRET_FILE"]).read_text(encoding="utf-8").strip(),
                "client_kwargs": {"scope": os.environ.get("OIDC_SCOPE") or "openid email profile"},
                "server_metadata_url": os.environ["OIDC_DISCOVERY_URL"],
            },
        }
    ]
else:
    AUTH_TYPE = AUTH_DB
