r"""Regular expressions in the words of the sidecar (RE2's), so that both find the same names. Pure.

Taken is what both read alike, and it stands for the whole name:

==================================================  =======================================
characters, ``.``, ``\d \D \w \W`` (all ASCII),     one character
punctuation behind ``\``
``[a-z_]``, ``[^/]``                                one of these, none of these
``(…)``, ``(?:…)``, ``(?P<name>…)``, ``a|b``        groups, alternatives
``* + ? *? +? ??``, ``{2}``, ``{2,}``, ``{2,5}``    how often, up to 1000
``\A ^`` at the start, ``\Z $`` at the end          nothing: the name is always taken whole
==================================================  =======================================

Whatever else there is (flags, looking ahead or back, references, ``\b``, possessive quantifiers)
is an error where the handler is registered, which is better than a namespace that one of the two
does not know. The examples are conformance/vectors/namespaces.json.
"""

from __future__ import annotations

import re
from typing import Final, NoReturn

from .errors import ConfigurationError

MAX_BYTES: Final = 256  # the sidecar takes no longer ones
MAX_TIMES: Final = 1000  # the most that RE2 repeats

_START: Final = re.compile(r"\\A|\^")
_END: Final = re.compile(r"(?:\\Z|\$)?\Z")
_OPEN: Final = re.compile(r"\((?:\?:|\?P<([a-zA-Z_][a-zA-Z_0-9]*)>|(?!\?))")
_QUANTIFIER: Final = re.compile(r"[*+?]\??|\{(\d+)(?:,(\d*))?\}")
_TOO_MUCH: Final = re.compile(r"[*+?{]")
_PUNCTUATION: Final = r"\\[ -/:-@\[-`{-~]"
_CHARACTER: Final = re.compile(rf"\\[dDwW]|{_PUNCTUATION}|[^\\^$|?*+()\[\]{{}}]", re.DOTALL)
_CLASS_IN_SET: Final = re.compile(r"\\[dDwW](?!-[^\]])")
_IN_SET: Final = re.compile(rf"{_PUNCTUATION}|(?!&&|--|\|\||~~)[^\\\[\]]", re.DOTALL)
_RANGE: Final = re.compile(r"-(?!\])")


def translate(pattern: re.Pattern[str]) -> str:
    """Translates an expression.

    Args:
        pattern: Compiled, without flags (``re.ASCII`` says nothing new).

    Returns:
        It, as a hello has it.

    Raises:
        ConfigurationError: The sidecar would read it otherwise; the text says because of what.
    """
    return _Translator(pattern).translate()


class _Translator:
    def __init__(self, pattern: re.Pattern[str]) -> None:
        self._pattern = pattern
        self._source = pattern.pattern
        self._at = 0
        self._out: list[str] = []
        # How often the piece before is repeated within itself, None when a quantifier has nothing
        # to be about; and for each group that is open the most of that in it.
        self._times: int | None = None
        self._groups = [1]

    def translate(self) -> str:
        if not isinstance(self._source, str) or self._pattern.flags & ~(re.ASCII | re.UNICODE):
            self._refuse("flags")
        self._take(_START)
        while not _END.match(self._source, self._at):
            self._piece()
        text = "".join(self._out)
        if not text:
            self._refuse("nothing in it")
        if len(text.encode()) > MAX_BYTES:
            self._refuse(f"more than {MAX_BYTES} bytes")
        return text

    def _take(self, expected: re.Pattern[str]) -> re.Match[str] | None:
        found = expected.match(self._source, self._at)
        if found is not None:
            self._at = found.end()
        return found

    def _piece(self) -> None:
        source, at = self._source, self._at
        if found := self._take(_OPEN):
            self._out.append(found[0])
            self._groups.append(1)
            self._times = None
        elif found := self._take(_QUANTIFIER):
            self._quantify(found)
        elif source[at] == "|":
            self._at += 1
            self._out.append("|")
            self._times = None
        elif source[at] == ")":
            self._at += 1
            self._put(")", self._groups.pop())
        elif source[at] == "[":
            self._at += 1
            self._put(self._set())
        elif found := self._take(_CHARACTER):
            self._put(found[0])
        else:
            self._refuse(source[at : at + 3])

    def _put(self, text: str, times: int = 1) -> None:
        self._out.append(text)
        self._repeated(times)

    def _repeated(self, times: int) -> None:
        if times > MAX_TIMES:
            self._refuse(f"more than {MAX_TIMES} times")
        self._times = times
        self._groups[-1] = max(self._groups[-1], times)

    def _quantify(self, found: re.Match[str]) -> None:
        if self._times is None or _TOO_MUCH.match(self._source, self._at):
            self._refuse(found[0])
        self._repeated(self._times * max(int(found[1] or 1), int(found[2] or 1)))
        self._out.append(found[0])
        self._times = None

    def _set(self) -> str:
        """Reads what stands behind a bracket."""
        text = "["
        if self._source.startswith("^", self._at):
            self._at += 1
            text += "^"
        while not self._source.startswith("]", self._at):
            text += self._member()
        self._at += 1
        return text + "]"

    def _member(self) -> str:
        if found := self._take(_CLASS_IN_SET):
            return found[0]
        first = self._member_character()
        return f"{first}-{self._member_character()}" if self._take(_RANGE) else first

    def _member_character(self) -> str:
        found = self._take(_IN_SET)
        if found is None:
            self._refuse(self._source[self._at : self._at + 3])
        return found[0]

    def _refuse(self, what: str) -> NoReturn:
        raise ConfigurationError(
            f"{self._pattern!r} cannot name namespaces, because of {what}: the sidecar has to read "
            "it too. See realtime_sidecar._portable_regexp for what can, or take a name with stars"
        )
