"""`python -m sandbox.drive` serves a Drive with one shared drive until it is stopped."""

import argparse
import sys
from pathlib import Path

from pipeline_lib.stages.drive_clients import EMULATOR_SETTING
from sandbox.drive.server import DriveServer
from sandbox.drive.world import SERVICE_ACCOUNT, SHARED_DRIVE, write_key
from sandbox.serving import block_endings, serve_until_ended


def main(arguments: list[str]) -> None:
    """Serve what the arguments ask for; prints the setting that leads clients here."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.drive", description="Serve an empty Drive.")
    parser.add_argument("--port", type=int, default=0, help="a free one by default")
    parser.add_argument("--key-file", type=Path, metavar="FILE", help="where to write a service account's key for it")
    options = parser.parse_args(arguments)

    block_endings()
    if options.key_file:
        write_key(options.key_file)
    server = DriveServer(port=options.port)
    server.store.add_account(SERVICE_ACCOUNT, is_service_account=True)
    server.store.add_drive(SHARED_DRIVE, {SERVICE_ACCOUNT: "writer"})
    serve_until_ended(server, EMULATOR_SETTING)


if __name__ == "__main__":
    main(sys.argv[1:])
