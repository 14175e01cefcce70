"""Reads two keys, ``socket`` and ``native``, of the sidecar's file; the rest is its business.

The file is flat YAML, so two keys need no YAML library. This reader is strict instead of clever:
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
from collections.abc import Mapping, Sequence
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


def find_file(root: Path, environment: Mapping[str, str]) -> Path | None:
    """Finds the file.

    Args:
        root: The app's directory.
        environment: For ``REALTIME_CONFIG``, another file, whether it is there or not.

    Returns:
        Its path, or None if there is none.
    """
    if named := environment.get("REALTIME_CONFIG"):
        return root / named
    return next((root / place for place in PLACES if (root / place).is_file()), None)


def environment_name(environment: Mapping[str, str]) -> str:
    """Tells which section counts, and what the sidecar takes for its environment.

    Args:
        environment: The variables.

    Returns:
        The name.
    """
    return next(filter(None, (environment.get(name) for name in _ENVIRONMENT)), _STANDARD)


def from_file(
    root: Path, environment: Mapping[str, str], keys: Sequence[str], *, required: bool = True
) -> dict[str, str]:
    """Reads keys of the file, if there is one.

    Args:
        root: The app's directory.
        environment: For ``REALTIME_CONFIG`` (another file), the section, and ``${VAR}``.
        keys: Which.
        required: Whether a file that this process may not read is an error: it may be the
            sidecar's alone, when all that matters is known from elsewhere.

    Returns:
        Those that it has, with their variables filled in.

    Raises:
        ConfigurationError: The file cannot be read, the one named by ``REALTIME_CONFIG`` is
            missing, or a value is written in a way this reader does not take.
    """
    path = find_file(root, environment) if keys else None
    if path is None:
        return {}
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(_LIMIT)
    except (OSError, UnicodeDecodeError) as error:
        if not required:
            return {}
        if isinstance(error, FileNotFoundError):
            raise ConfigurationError(f"REALTIME_CONFIG: there is no file {path}") from None
        raise ConfigurationError(f"{path}: {error}") from error
    section = environment_name(environment)
    found = {key: _find(text, path, section, key) for key in keys}
    return {
        key: _filled_in(value, path, environment, key)
        for key, value in found.items()
        if value is not None
    }


def _find(text: str, path: Path, section: str, wanted: str) -> str | None:
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
        if key != wanted or (indented and current != section):
            continue
        value = _scalar(rest, f"{path}:{number}", wanted)
        if indented:
            special = value
        else:
            general = value
    return special if special is not None else general


def _scalar(rest: str, where: str, key: str) -> str:
    quoted = _QUOTED.match(rest)
    if quoted:
        return quoted[1] if quoted[1] is not None else quoted[2]
    plain = _PLAIN.match(rest)
    if (plain and not plain[1].startswith("$")) or (plain and plain[1].startswith("${")):
        return plain[1]
    raise ConfigurationError(
        f"{where}: cannot read {rest!r} with certainty; "
        f"write it plainly or in quotes, or set REALTIME_{key.upper()}"
    )


def _without_comment(rest: str) -> str:
    return rest.split("#", 1)[0].strip()


def _filled_in(value: str, path: Path, environment: Mapping[str, str], key: str) -> str:
    def replace(match: re.Match[str]) -> str:
        name, default = match[1], match[2]
        value = environment.get(name) or default
        if value is None:
            raise ConfigurationError(f"{path}: {key} names ${{{name}}}, which is not set")
        return value

    if "<%" in value:
        raise ConfigurationError(f"{path}: ERB is not read; use ${{VARIABLE}}")
    return _VARIABLE.sub(replace, value)
