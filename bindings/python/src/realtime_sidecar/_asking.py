"""Requests of the sidecar and the wait for their answers: on a thread, or on an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from ._link import Link
from ._pending import Reply
from ._select import Select
from ._sending import Sending, check_args
from .errors import BlockingCallError

_ANYONE: Final = Select()


class Asking:
    """Asks over the link, or, where nobody waits for the answer, leaves it to `Sending`.

    Thread-safe. The methods with an ``a`` in front await, their namesakes block.

    Args:
        link: Gives the link; asked anew each time.
        emit_timeout: Gives the seconds to wait where the caller does not say.
        sending: Takes what nobody waits for.
    """

    def __init__(
        self, link: Callable[[], Link], emit_timeout: Callable[[], float], sending: Sending
    ) -> None:
        self._link = link
        self._emit_timeout = emit_timeout
        self._sending = sending

    def do(
        self, method: str, params: dict[str, Any], confirm: bool, select: Select = _ANYONE
    ) -> Any:
        """Asks and waits, or only sends.

        Args:
            method: The method's name.
            params: Its params.
            confirm: Wait for the answer.
            select: Whom it concerns.

        Returns:
            The answer's result; None when nobody waits.
        """
        if confirm:
            self._sending.refuse_waiting(f"{method}(confirm=True)", select)
            return self.ask(method, params, None)
        self._sending.send(method, params, select)
        return None

    async def ado(
        self, method: str, params: dict[str, Any], confirm: bool, select: Select = _ANYONE
    ) -> Any:
        """Does what `do` does, awaiting instead of blocking.

        Args:
            method: The method's name.
            params: Its params.
            confirm: Wait for the answer.
            select: Whom it concerns.

        Returns:
            The answer's result; None when nobody waits.
        """
        if confirm:
            self._sending.refuse_waiting(f"{method}(confirm=True)", select)
            return await self.aask(method, params, None)
        return self.do(method, params, False, select)

    def ask(
        self, method: str, params: dict[str, Any] | bytes, timeout: float | None, emits: int = 0
    ) -> Any:
        """Asks and waits.

        Args:
            method: The method's name.
            params: Its params, or what they are packed.
            timeout: Seconds, or None for the configured ones.
            emits: How many emits it carries.

        Returns:
            The answer's result.

        Raises:
            BlockingCallError: An event loop runs on this thread.
            LinkError: No answer in time.
            RequestError: Refused.
        """
        _refuse_to_block_a_loop(method)
        link = self._link()
        seconds = self._emit_timeout() if timeout is None else timeout
        return link.wait(self._request(link, method, params, emits), seconds)

    async def aask(
        self, method: str, params: dict[str, Any] | bytes, timeout: float | None, emits: int = 0
    ) -> Any:
        """Does what `ask` does, awaiting instead of blocking.

        Args:
            method: The method's name.
            params: Its params, or what they are packed.
            timeout: Seconds, or None for the configured ones.
            emits: How many emits it carries.

        Returns:
            The answer's result.
        """
        link = self._link()
        seconds = self._emit_timeout() if timeout is None else timeout
        reply = self._request(link, method, params, emits)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(reply.future), seconds)
        except asyncio.TimeoutError:
            raise link.timeout_error(method, seconds) from None
        finally:
            link.abandon(reply)

    def _request(
        self, link: Link, method: str, params: dict[str, Any] | bytes, emits: int
    ) -> Reply:
        if isinstance(params, bytes):
            packed = params
        else:
            packed = link.encoder.pack(params, depth=2)
            check_args(link, method, params, packed)
        return link.request(method, packed, emits=emits, resend=method == "emit")


def _refuse_to_block_a_loop(method: str) -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise BlockingCallError(
        f"{method} would wait on a thread that runs an event loop; "
        "await the function with the same name and an 'a' in front"
    )
