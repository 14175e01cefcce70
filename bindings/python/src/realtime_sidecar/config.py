"""The settings of this binding: keywords, `REALTIME_*` in the environment, defaults.

Each value is taken from the first place that has it:

1. `realtime_sidecar.configure(...)` (in Django: the dict ``settings.REALTIME``);
2. the environment: ``REALTIME_`` and the name in capitals, for those in `FROM_ENVIRONMENT`;
3. for ``socket`` and ``native``, the sidecar's own file ``config/realtime.yml`` (see
   `_config_file`);
4. the default below.

For these two the variable stands above `configure`, as it does in the sidecar: whoever starts both
with one environment must reach both.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from ._config_file import from_file
from ._tokens import token_key
from .errors import ConfigurationError

DEFAULT_SOCKET: Final = "tmp/realtime.sock"
_PATH_LIMIT: Final = 103  # bytes; sun_path is 104 on macOS and 108 on Linux, with a final NUL


@dataclasses.dataclass(frozen=True)
class Config:
    """All settings. Times are seconds, or text such as ``"25s"`` and ``"300ms"``.

    Attributes:
        socket: Path of the sidecar's Unix socket; relative to `root`.
        native: Whether `serve` starts the server inside this process, instead of looking for a
            sidecar; see `realtime_sidecar.start`.
        root: The app's directory.
        app: The app's name in the sidecar's logs.
        generation: Text that changes with each deploy; the newest is preferred for new work.
            Unless given: what the file REVISION holds, else where `root` really is.
        token: What the sidecar asks for where the socket's permissions are no guard.
        secret: The app's secret, from which the keys of tokens are made (see `tokens`); it stays
            in the app, the keys are handed to the sidecar.
        previous_secrets: Secrets used before; tokens made with them still count.
        namespaces: Served although no handler names them, besides ``/`` and those with handlers;
            patterns such as ``/room-*`` are allowed.
        redeliver: How often an event may be given again when the process that had it dies.
        handler_threads: Threads that run sync handlers.
        window: Unanswered requests the sidecar may give this process; 0 means
            2 x handler_threads, or 32 when every handler is ``async``.
        buffer_bytes: Bytes kept while the sidecar is away or slow; then volatile emits are
            dropped, and after them the oldest.
        emit_timeout: Longest wait of anything that waits, unless the call says otherwise.
        greeting_timeout: For one connection attempt, greeting included.
        retry_delay: First pause after a failed attempt; doubles, with jitter.
        retry_limit: Longest pause between attempts.
        stop_timeout: At a stop, for handlers to finish.
        flush_timeout: At a stop, for what is buffered to be written.
        encoder: Turns a value of an unknown type into a known one, or raises TypeError.
    """

    socket: str = DEFAULT_SOCKET
    native: bool = False
    root: str = "."
    app: str = ""
    generation: str = ""
    token: str = dataclasses.field(default="", repr=False)
    secret: str | bytes = dataclasses.field(default="", repr=False)
    previous_secrets: tuple[str | bytes, ...] = dataclasses.field(default=(), repr=False)
    namespaces: tuple[str, ...] = ()
    redeliver: int = 0
    handler_threads: int = 2
    window: int = 0
    buffer_bytes: int = 8 << 20
    emit_timeout: float = 5.0
    greeting_timeout: float = 5.0
    retry_delay: float = 0.05
    retry_limit: float = 2.0
    stop_timeout: float = 10.0
    flush_timeout: float = 1.0
    encoder: Callable[[Any], Any] | None = None

    @property
    def socket_path(self) -> str:
        """The socket's absolute path."""
        return str((Path(self.root) / self.socket).absolute())

    @property
    def keys(self) -> list[bytes]:
        """The keys of tokens, 32 bytes each, newest first; empty without a `secret`."""
        secrets = (self.secret, *self.previous_secrets) if self.secret else ()
        return [token_key(secret) for secret in secrets]


_TEXT: Final = ("socket", "root", "app", "generation", "token")
_WHOLE: Final = ("handler_threads", "window", "buffer_bytes", "redeliver")
_SECONDS: Final = (
    "emit_timeout", "greeting_timeout", "retry_delay", "retry_limit", "stop_timeout",
    "flush_timeout",
)  # fmt: skip
_TRUTH: Final = {"1": True, "true": True, "0": False, "false": False}
_MINIMUM: Final = {"window": 0, "redeliver": 0, "flush_timeout": 0, "stop_timeout": 0}

_IN_FILE: Final = ("socket", "native")

FROM_ENVIRONMENT: Final = (
    "socket",
    "native",
    "app",
    "generation",
    "token",
    "namespaces",
    "redeliver",
    "handler_threads",
    "buffer_bytes",
    "emit_timeout",
    "flush_timeout",
    "stop_timeout",
)
"""Settings that ``REALTIME_*`` variables give: the words all bindings and the sidecar share."""

_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)?")
_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}


def load(settings: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> Config:
    """Makes the effective configuration.

    Args:
        settings: What was given to `configure`, by field name.
        environment: For tests; None means `os.environ`.

    Returns:
        The configuration, checked.

    Raises:
        ConfigurationError: An unknown name, a value of the wrong type or out of its range, or a
            file that cannot be read with certainty. The text names the setting.
    """
    env = os.environ if environment is None else environment
    names = {field.name for field in dataclasses.fields(Config)}
    for name in settings:
        if name not in names:
            raise ConfigurationError(f"unknown setting {name!r}; known: {', '.join(sorted(names))}")
    values: dict[str, Any] = {}
    for name in FROM_ENVIRONMENT:
        if text := env.get("REALTIME_" + name.upper()):
            values[name] = _from_text(name, text)
    values = {**values, **settings, **{key: values[key] for key in _IN_FILE if key in values}}
    missing = [key for key in _IN_FILE if values.get(key) in (None, "")]
    root = Path(values.get("root", Config.root))
    for key, text in from_file(root, env, missing, required="socket" in missing).items():
        values[key] = _from_text(key, text)
    if values.get("native") is None:
        values["native"] = Config.native
    values["socket"] = _unix_path(values.get("socket") or DEFAULT_SOCKET)
    return _checked(values)


def _checked(values: dict[str, Any]) -> Config:
    for name in _SECONDS:
        if name in values:
            values[name] = _seconds(name, values[name])
    for name, value in values.items():
        if name in _TEXT and not isinstance(value, (str, os.PathLike)):
            raise ConfigurationError(f"{name} must be text, not {value!r}")
        if name == "native" and not isinstance(value, bool):
            raise ConfigurationError(f"native must be True or False, not {value!r}")
        if name in _WHOLE and (isinstance(value, bool) or not isinstance(value, int)):
            raise ConfigurationError(f"{name} must be a whole number, not {value!r}")
        if name in _SECONDS and (isinstance(value, bool) or not isinstance(value, (int, float))):
            raise ConfigurationError(f"{name} must be seconds, not {value!r}")
        if name in (*_WHOLE, *_SECONDS):
            least = _MINIMUM.get(name, 1 if name in _WHOLE else 0.001)
            if value < least:
                raise ConfigurationError(f"{name} must be at least {least}, not {value!r}")
    values["root"] = os.fspath(values.get("root", Config.root))
    values["namespaces"] = tuple(values.get("namespaces", ()))
    values["previous_secrets"] = tuple(values.get("previous_secrets", ()))
    for secret in (values.get("secret", ""), *values["previous_secrets"]):
        if not isinstance(secret, (str, bytes)):
            raise ConfigurationError("secret and previous_secrets must be text or bytes")
    config = Config(**values)
    if len(os.fsencode(config.socket_path)) > _PATH_LIMIT:
        raise ConfigurationError(
            f"socket: {config.socket_path!r} is longer than the {_PATH_LIMIT} bytes "
            "a Unix socket's path may have; set REALTIME_SOCKET to a shorter one"
        )
    return config


def _from_text(name: str, text: str) -> Any:
    if name == "namespaces":
        return tuple(part.strip() for part in text.split(","))
    if name == "native":
        return _truth(name, text)
    if name not in _WHOLE:
        return text
    try:
        return int(text)
    except ValueError:
        raise ConfigurationError(f"REALTIME_{name.upper()}: {text!r} is no number") from None


def _truth(name: str, text: str) -> bool:
    if text.lower() not in _TRUTH:
        known = ", ".join(_TRUTH)
        raise ConfigurationError(f"{name}: {text!r} is none of {known} (REALTIME_{name.upper()})")
    return _TRUTH[text.lower()]


def _seconds(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    match = _DURATION.fullmatch(value)
    if match is None:
        raise ConfigurationError(f'{name}: {value!r} is no duration (such as "25s" or "300ms")')
    return float(match[1]) * _UNITS[match[2]]


def _unix_path(socket: Any) -> str:
    if not isinstance(socket, (str, os.PathLike)):
        raise ConfigurationError(f"socket must be text, not {socket!r}")
    path = os.fsdecode(socket)
    path = path.removeprefix("unix://").removeprefix("unix:")
    if "://" in path or not path:
        raise ConfigurationError(f"socket must be the path of a Unix socket, not {socket!r}")
    return path
