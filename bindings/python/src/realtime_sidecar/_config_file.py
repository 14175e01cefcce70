"""Reads one key, ``socket``, of the sidecar's file; the rest is the sidecar's business.

The file is flat YAML, so one key needs no YAML library. This reader is strict instead of clever:
what it does not understand for certain is an error that says to set ``REALTIME_SOCKET``.

    socket: /run/shop/realtime.sock      # at the top level
    production:                          # or in the section of the environment
      socket: "${RUN_DIR:-tmp}/realtime.sock"

The environment is `REALTIME_ENV`, else `RAILS_ENV`, `RACK_ENV` or `DJANGO_ENV`, else
``production``: what the sidecar itself goes by. (`realtime run` hands its child the socket's path,
so the file is not looked at there.)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from .errors import ConfigurationError

PLACES: Final = ("config/realtime.yml", "realtime.yml")
_ENVIRONMENT: Final = ("REALTIME_ENV", "RAILS_ENV", "RACK_ENV", "DJANGO_ENV")
_STANDARD: Final = "production"
_KEY: Final = re.compile(
    r"(?P<indent>[ \t]*)(?P<key>[A-Za-z_][\w-]*)[ \t]*:(?:[ \t]+(?P<rest>.*))?$"
)
_QUOTED: Final = re.compile(r"""(?:'([^'\\]*)'|"([^"\\]*)")[ \t]*(?:#.*)?$""")
_PLAIN: Final = re.compile(r"""([^\s'"&*!|>%@`{\[#,\\][^#'"\\]*?)[ \t]*(?:[ \t]#.*)?$""")
_VARIABLE: Final = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")
_LIMIT: Final = 1 << 20  # bytes; a larger file is not this one


def socket_from_file(root: Path, environment: Mapping[str, str]) -> str | None:
    """Finds the socket's path in the file, if there is a file and it has the key.

    Args:
        root: The app's directory.
        environment: For ``REALTIME_CONFIG`` (another file), the section, and ``${VAR}``.

    Returns:
        The value with its variables filled in, or None.

    Raises:
        ConfigurationError: The file named by ``REALTIME_CONFIG`` is missing, or the value is
            written in a way this reader does not take.
    """
    named = environment.get("REALTIME_CONFIG")
    paths = [root / named] if named else [root / place for place in PLACES]
    for path in paths:
        try:
            with path.open(encoding="utf-8") as file:
                text = file.read(_LIMIT)
        except FileNotFoundError:
            if named:
                raise ConfigurationError(f"REALTIME_CONFIG: there is no file {path}") from None
            continue
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{path}: {error}") from error
        names = (environment.get(name) for name in _ENVIRONMENT)
        value = _find(text, path, next(filter(None, names), _STANDARD))
        return None if value is None else _filled_in(value, path, environment)
    return None


def _find(text: str, path: Path, section: str) -> str | None:
    general = special = None
    current: str | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        match = _KEY.match(line)
        if match is None:
            continue
        indented, key = bool(match["indent"]), match["key"]
        rest = match["rest"] or ""
        if not indented:
            is_section = not _without_comment(rest)
            current = key if is_section else None
        if key != "socket" or (indented and current != section):
            continue
        value = _scalar(rest, f"{path}:{number}")
        if indented:
            special = value
        else:
            general = value
    return special if special is not None else general


def _scalar(rest: str, where: str) -> str:
    quoted = _QUOTED.match(rest)
    if quoted:
        return quoted[1] if quoted[1] is not None else quoted[2]
    plain = _PLAIN.match(rest)
    if (plain and not plain[1].startswith("$")) or (plain and plain[1].startswith("${")):
        return plain[1]
    raise ConfigurationError(
        f"{where}: cannot read {rest!r} as a path with certainty; "
        "write it plainly or in quotes, or set REALTIME_SOCKET"
    )


def _without_comment(rest: str) -> str:
    return rest.split("#", 1)[0].strip()


def _filled_in(value: str, path: Path, environment: Mapping[str, str]) -> str:
    def replace(match: re.Match[str]) -> str:
        name, default = match[1], match[2]
        value = environment.get(name) or default
        if value is None:
            raise ConfigurationError(f"{path}: socket names ${{{name}}}, which is not set")
        return value

    if "<%" in value:
        raise ConfigurationError(f"{path}: ERB is not read; use ${{VARIABLE}}")
    return _VARIABLE.sub(replace, value)
