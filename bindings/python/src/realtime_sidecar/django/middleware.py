"""Knows the page behind a request, so that it need not hear what it has caused itself."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from .current import HEADER, current, read_header

try:
    from asgiref.sync import markcoroutinefunction
except ImportError:  # asgiref before 3.6, with Django 3.2 and 4.1

    def markcoroutinefunction(func: Any) -> Any:
        """Marks as Django did before: by an attribute that asyncio looks for."""
        func._is_coroutine = asyncio.coroutines._is_coroutine  # type: ignore[attr-defined]
        return func


GetResponse = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]


class RealtimeMiddleware:
    """Makes the page's sockets the current ones: ``emit(..., except_="current")`` leaves them out.

    In ``MIDDLEWARE`` anywhere. Sync and async.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self._async = inspect.iscoroutinefunction(get_response) or asyncio.iscoroutinefunction(
            get_response
        )
        if self._async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        """Answers a request.

        Args:
            request: It.

        Returns:
            The response, or what awaits it.
        """
        if self._async:
            return self._acall(request)
        with current(read_header(request.headers.get(HEADER))):
            return self.get_response(request)

    async def _acall(self, request: HttpRequest) -> HttpResponseBase:
        with current(read_header(request.headers.get(HEADER))):
            response = self.get_response(request)
            assert inspect.isawaitable(response)
            return await response
