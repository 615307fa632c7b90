"""Where RapidPro's API is."""

from pipeline_lib.sources.http import token_service

STAND_IN_SETTING = "RAPIDPRO_EMULATOR_HOST"
"""The setting that names a stand-in for RapidPro on this machine, whatever the config names: `127.0.0.1:8087`."""


def service_origin(domain: str, place: str) -> str:
    """The server's origin, or that of this machine's stand-in; see `token_service`.

    Raises:
        ConfigError: The domain is not just a host and a port, or the stand-in is on another machine.
    """
    return token_service.service_origin(domain, place, stand_in_setting=STAND_IN_SETTING, example="textit.com")
