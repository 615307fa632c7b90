"""Makes `.venv` hold exactly what a lock names, or makes the locks: `python bootstrap.py uv | runtime | dev | lock`.

Runs on the bare Python 3.11 or 3.12 that the Makefile found, so it imports nothing but the standard library. pip
installs uv from its own hashed lock; uv inherits pip's index settings, so that a machine which gets its packages from
a mirror needs to be told so only once. A lock that is installed already costs a file comparison.
"""

import ast
import fcntl
import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
LOG = ROOT / ".cache" / "setup.log"
PYTHONS = ((3, 11), (3, 12))
LOCKS = {"uv": "requirements-uv.txt", "runtime": "requirements.txt", "dev": "requirements-dev.txt"}
CONTAINED_IN = {"runtime": ("runtime", "dev"), "dev": ("dev",)}
NO_NETWORK = re.compile(
    r"NewConnectionError|ConnectTimeout|ReadTimeout|name or service|name resolution|dns error|tcp connect|ProxyError|"
    r"client error \(Connect\)|error sending request|network is unreachable|operation timed out",
    re.IGNORECASE,
)


class SetupError(Exception):
    """One line for the person at the shell."""


def main(wanted: str, *options: str) -> None:
    """Install the lock of that name, unless it, or one that contains it, is there already; or compile all locks."""
    version = sys.version.split()[0]
    if sys.version_info[:2] not in PYTHONS:
        raise SetupError(f"Python 3.11 or 3.12 is needed, this is {version}: make PYTHON=/path/to/python3.12 …")
    LOG.parent.mkdir(exist_ok=True)
    with (LOG.parent / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _ensure_venv()
        _ensure_uv()
        if wanted == "lock":
            _compile(*options)
        elif wanted != "uv" and not any(_is_installed(name) for name in CONTAINED_IN[wanted]):
            _install(wanted)


def _ensure_venv() -> None:
    usable = f"import sys, pip; sys.exit(sys.version_info[:2] not in {PYTHONS})"
    if PYTHON.exists() and _outcome(str(PYTHON), "-c", usable).returncode == 0:
        return
    _say(f"Making .venv with Python {sys.version.split()[0]} …")
    made = _outcome(sys.executable, "-m", "venv", "--clear", str(VENV))
    if made.returncode:
        LOG.write_text(made.stdout)
        raise SetupError(f"{sys.executable} -m venv failed (log: {_shown(LOG)}); Debian has python3-venv as a package")


def _ensure_uv() -> None:
    if not _is_installed("uv") or not UV.exists():
        options = ("--quiet", "--require-hashes", "--only-binary", ":all:")
        _fetch("pip", str(PYTHON), "-m", "pip", "install", *options, "-r", LOCKS["uv"])
        _stamp("uv").write_text(_fingerprint("uv"))


def _install(name: str) -> None:
    _say(f"Installing {LOCKS[name]} into .venv (2 GB) …")
    for stale in CONTAINED_IN:
        _stamp(stale).unlink(missing_ok=True)
    _fetch("uv", str(UV), "pip", "sync", "--quiet", "--require-hashes", "--python", str(PYTHON), LOCKS[name])
    _stamp(name).write_text(_fingerprint(name))


def _compile(*options: str) -> None:
    """One lock for all supported Pythons; the developers' agrees with the runtime's."""
    for name, constraints in (("uv", ()), ("runtime", ()), ("dev", ("-c", LOCKS["runtime"]))):
        lock = LOCKS[name]
        command = (str(UV), "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes")
        _fetch("uv", *command, *options, *constraints, lock.replace(".txt", ".in"), "-o", lock)


def _fetch(tool: str, *command: str) -> None:
    done = _outcome(*command, env=os.environ | uv_settings(pip_settings()))
    if done.returncode:
        LOG.write_text(done.stdout)
        if NO_NETWORK.search(done.stdout):
            raise SetupError(f"no network: {tool} cannot reach its package index (log: {_shown(LOG)}); try again later")
        raise SetupError(f"{tool} failed on the requirements: see {_shown(LOG)}")


def _outcome(*command: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own interpreter, pip and uv
        command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )


def pip_settings() -> dict[str, str]:
    """This machine's pip settings by bare name, `index-url`: `:env:` before `[install]` before `[global]`."""
    found: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for line in _outcome(str(PYTHON), "-m", "pip", "config", "list").stdout.splitlines():
        key, _, value = line.partition("=")
        section, _, name = key.rpartition(".")
        if section in found:
            found[section][name] = str(ast.literal_eval(value))
    return found["global"] | found["install"] | found[":env:"]


def uv_settings(pip: dict[str, str]) -> dict[str, str]:
    """The same settings by uv's names. What the environment already tells uv stays."""
    names = {
        "index-url": "UV_DEFAULT_INDEX",
        "extra-index-url": "UV_INDEX",
        "trusted-host": "UV_INSECURE_HOST",
        "cert": "SSL_CERT_FILE",
    }
    settings = {uv: " ".join(pip[name].split()) for name, uv in names.items() if name in pip}
    if "find-links" in pip:
        settings["UV_FIND_LINKS"] = ",".join(pip["find-links"].split())
    if pip.get("no-index", "").lower() in {"1", "true", "yes"}:
        settings["UV_NO_INDEX"] = "1"
    if "UV_INDEX" in settings:
        settings["UV_INDEX_STRATEGY"] = (
            "unsafe-best-match"  # as pip reads several indexes; hashes hold what is installed
        )
    settings = {name: value for name, value in settings.items() if name not in os.environ}
    return settings | {"UV_PYTHON_DOWNLOADS": "never", "UV_CUSTOM_COMPILE_COMMAND": "make lock"}


def _stamp(name: str) -> Path:
    return VENV / f".installed-{name}"


def _fingerprint(name: str) -> str:
    return hashlib.sha256((ROOT / LOCKS[name]).read_bytes()).hexdigest()


def _is_installed(name: str) -> bool:
    stamp = _stamp(name)
    return stamp.exists() and stamp.read_text() == _fingerprint(name)


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except SetupError as error:
        sys.exit(f"setup: {error}")
