"""The shared library through ctypes: found, loaded, its functions, its errors as exceptions.

capi/realtime.h is its contract. It is loaded when a server is first started and never before: what
is loaded before a fork does not work in the child.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from .errors import NativeError

ABI: Final = 1  # RT_ABI_VERSION of the header that this module was written for
NAME: Final = "librealtime.dylib" if sys.platform == "darwin" else "librealtime.so"
CODES: Final = {
    -1: "argument", -2: "config", -3: "handle", -4: "state", -5: "listen", -6: "forked",
    -7: "busy", -8: "system", -9: "timeout", -10: "internal",
}  # fmt: skip
TEXT_BYTES: Final = 4096  # of an error or an address; the library has no longer ones
_BUNDLED: Final = Path(__file__).parent / "bin" / NAME

_INT: Final = ctypes.c_int
_BUFFER: Final = (ctypes.c_char_p, ctypes.c_size_t)
_FUNCTIONS: Final[Mapping[str, tuple[Any, ...]]] = {
    "rt_new": (ctypes.c_char_p,),
    "rt_start": (_INT,),
    "rt_address": (_INT, _INT, *_BUFFER),
    "rt_connect": (_INT,),
    "rt_stop": (_INT, _INT),
    "rt_free": (_INT,),
    "rt_errmsg": _BUFFER,
}


class Library:
    """The library, loaded. Its methods may be called by any thread; the GIL is released meanwhile.

    Args:
        path: A file, or a name for the system's loader to find.

    Raises:
        NativeError: ``missing``: there is none, or what is there is not it; ``version``: its
            functions are not those of `ABI`.
    """

    def __init__(self, path: str) -> None:
        try:
            functions = _loaded(path)
            functions.rt_abi_version.restype = ctypes.c_uint32
            version = functions.rt_abi_version()
            for name, arguments in _FUNCTIONS.items() if version == ABI else ():
                getattr(functions, name).argtypes = arguments
                getattr(functions, name).restype = _INT
        except (OSError, AttributeError) as error:
            text = f"no library for a server in this process: {error}; REALTIME_LIBRARY names it"
            raise NativeError("missing", text) from error
        if version != ABI:
            text = f"{path} has version {version} of the interface; this package needs {ABI}"
            raise NativeError("version", text)
        self._functions = functions

    def new(self, document: str) -> int:
        """Makes a server from a JSON object of options; gives its handle."""
        return self._call("rt_new", document.encode())

    def start(self, server: int) -> None:
        """Returns when all its ports are open."""
        self._call("rt_start", server)

    def address(self, server: int, index: int) -> str:
        """Tells where it listens: the index-th of its option ``listen``."""
        text = ctypes.create_string_buffer(TEXT_BYTES)
        self._call("rt_address", server, index, text, TEXT_BYTES)
        return text.value.decode()

    def connect(self, server: int) -> int:
        """Gives the descriptor of a new connection, which is the caller's to close."""
        return self._call("rt_connect", server)

    def stop(self, server: int, milliseconds: int) -> None:
        """Returns when it has ended; within two seconds more than the time given."""
        self._call("rt_stop", server, milliseconds)

    def free(self, server: int) -> None:
        """Forgets one that does not run."""
        self._call("rt_free", server)

    def _call(self, name: str, *arguments: Any) -> int:
        result = int(getattr(self._functions, name)(*arguments))
        if result < 0:
            text = ctypes.create_string_buffer(TEXT_BYTES)
            self._functions.rt_errmsg(text, TEXT_BYTES)  # of this thread
            raise NativeError(CODES.get(result, "internal"), text.value.decode(errors="replace"))
        return result


def load_library(environment: Mapping[str, str], bundled: Path = _BUNDLED) -> Library:
    """Loads the library, once; another copy is another library beside it.

    Args:
        environment: For ``REALTIME_LIBRARY``, which names it.
        bundled: Where a package may carry it.

    Returns:
        It: what ``REALTIME_LIBRARY`` names, else the package's, else what the system finds.

    Raises:
        NativeError: ``missing`` or ``version``.
    """
    path = environment.get("REALTIME_LIBRARY") or (str(bundled) if bundled.exists() else NAME)
    if path not in _libraries:  # two threads may both load it: the loader knows that it is one
        _libraries[path] = Library(os.path.abspath(path) if os.path.dirname(path) else path)
    return _libraries[path]


_libraries: dict[str, Library] = {}


def _loaded(path: str) -> ctypes.CDLL:
    """Loads it with signals blocked: its threads must not run handlers of ours.

    The library sees to that itself, but by an order of its parts that no standard promises.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _BLOCKABLE)
    try:
        return ctypes.CDLL(path)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# All but those that tell of a fault of the program itself.
_BLOCKABLE: Final = signal.valid_signals() - {
    signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGTRAP, signal.SIGABRT,
}  # fmt: skip
