"""A client of your handlers, without a sidecar: it asks what the sidecar would ask."""

from __future__ import annotations

import asyncio
import contextvars
import itertools
import secrets
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from .. import _protocol as protocol
from .. import default_client
from .._client import Client
from .._dispatch import Dispatcher
from .._select import namespace_name
from .._worker import Job, Worker
from ..errors import RealtimeError

_numbers = itertools.count(1)


class Refused(Exception):
    """A connect hook has refused the client.

    Attributes:
        message: What the client reads.
        data: Its ``data``, or None.
    """

    def __init__(self, message: str, data: Any) -> None:
        super().__init__(message)
        self.message = message
        self.data = data


class HandlerClient:
    """A client in a namespace; the real router and handlers answer it, in the caller's thread.

    What handlers emit goes where all emits go: to the outbox, in tests. With Django, sync handlers
    see the transaction of the test; async ones are run with asgiref, so that they do too.

    Args:
        namespace: Its namespace.
        user: A Django user to be signed in as, by a session made for it; or, without Django, the
            user's name as a connect hook would give it.
        auth: What the client gives as ``auth``.
        claims: What the sidecar would have read from its token.
        headers: Of its handshake; names in small letters.
        login: The login of an already accepted client, where no hook names it.
        dialect: Its generation; see `Socket.dialect`.
        transport: What carries it; see `Socket.transport`.
        recovered: Whether it comes back with what it had.
        client: Whose handlers.
    """

    def __init__(
        self,
        namespace: str = "/",
        *,
        user: Any = None,
        auth: Any = None,
        claims: dict[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        login: str | None = None,
        dialect: str = "EIO4",
        transport: str = "websocket",
        recovered: bool = False,
        client: Client = default_client,
    ) -> None:
        self.id = secrets.token_urlsafe(15)
        self.namespace = namespace_name(namespace)
        self.auth = auth
        self.claims = claims
        self.headers = {"host": "testserver", **(headers or {})}
        self.login = login
        self.dialect = dialect
        self.transport = transport
        self.recovered = recovered
        self.user: str | None = None
        self.data: Any = None
        self.rooms: list[str] = []
        self.connected = False
        self._client = client
        process = client.process
        self._worker = _Inline()
        self._answers: dict[int, tuple[Any, Any]] = {}
        self._dispatcher = Dispatcher(process.router, self._worker, process.emitter, self._answered)
        self._dispatcher.surroundings = process._surroundings
        self._to_sign_in: Any = None  # a user of Django's, until the first connect
        if hasattr(user, "get_session_auth_hash"):
            self._to_sign_in = user
        elif user is not None:
            self.user = str(user)

    def connect(self) -> HandlerClient:
        """Asks the connect hooks; then `user`, `data`, `rooms` and `login` are as they say.

        Returns:
            Itself.

        Raises:
            Refused: They refuse.
            RealtimeError: They fail; the cause is the handler's own exception.
        """
        self._sign_in()
        return self._entered(self._ask("connect", self._question()))

    async def aconnect(self) -> HandlerClient:
        """Does what `connect` does, in async tests.

        Returns:
            Itself.
        """
        if self._to_sign_in is not None:
            from asgiref.sync import sync_to_async

            await sync_to_async(self._sign_in)()  # it asks the database
        return self._entered(await self._aask("connect", self._question()))

    def _sign_in(self) -> None:
        user, self._to_sign_in = self._to_sign_in, None
        if user is not None:
            self.headers["cookie"] = _signed_in(user)

    def emit(self, event: str, *args: Any) -> Any:
        """Sends an event and takes the ack.

        Args:
            event: Its name.
            *args: Its arguments; they go through the wire's form.

        Returns:
            None without an ack, its value if it has one, else a list.

        Raises:
            RealtimeError: The handler has failed; the cause is its own exception.
        """
        return _value(self._ask("event", self._event(event, args)))

    async def aemit(self, event: str, *args: Any) -> Any:
        """Does what `emit` does, in async tests.

        Args:
            event: Its name.
            *args: Its arguments.

        Returns:
            As `emit`.
        """
        return _value(await self._aask("event", self._event(event, args)))

    def disconnect(self, reason: str = "client namespace disconnect") -> None:
        """Leaves: the disconnect hooks are told.

        Args:
            reason: Why.
        """
        self._ask("disconnect", {**self._known(), "reason": reason, "rooms": self.rooms})
        self.connected = False

    async def adisconnect(self, reason: str = "client namespace disconnect") -> None:
        """Does what `disconnect` does, in async tests.

        Args:
            reason: Why.
        """
        params = {**self._known(), "reason": reason, "rooms": self.rooms}
        await self._aask("disconnect", params)
        self.connected = False

    def __enter__(self) -> HandlerClient:
        return self.connect()

    def __exit__(self, *_: object) -> None:
        self.disconnect()

    # Questions and answers.

    def _question(self) -> dict[str, Any]:
        handshake = {
            "headers": self.headers, "query": {"EIO": "4", "transport": "websocket"},
            "address": "127.0.0.1", "url": "/socket.io/?EIO=4&transport=websocket",
            "secure": False, "time": int(time.time() * 1000), "dialect": self.dialect,
            "transport": self.transport,
        }  # fmt: skip
        params = {"socket": self.id, "namespace": self.namespace, "auth": self.auth}
        params.update(handshake=handshake, recovered=self.recovered)
        return params if self.claims is None else {**params, "claims": self.claims}

    def _known(self) -> dict[str, Any]:
        params = {"socket": self.id, "namespace": self.namespace, "user": self.user}
        params.update(data=self.data, id=f"test-{next(_numbers)}")
        params.update(dialect=self.dialect, transport=self.transport)
        return params if self.login is None else {**params, "login": self.login}

    def _event(self, event: str, args: tuple[Any, ...]) -> dict[str, Any]:
        return {**self._known(), "event": event, "args": list(args), "ack": True, "attempt": 1}

    def _entered(self, result: Any) -> HandlerClient:
        self.connected = True
        self.rooms = list(result.get("rooms", self.rooms))
        self.user = result.get("user", self.user)
        self.data = result.get("data", self.data)
        self.login = result.get("login", self.login)
        return self

    def _ask(self, method: str, params: dict[str, Any]) -> Any:
        number = next(_numbers)
        self._worker.begin(None)
        self._dispatcher.asked(0, self._request(number, method, params))
        return self._taken(number)

    async def _aask(self, method: str, params: dict[str, Any]) -> Any:
        number = next(_numbers)
        jobs: list[Job] = []
        self._worker.begin(jobs)
        self._dispatcher.asked(0, self._request(number, method, params))
        for job in jobs:
            if job.steps and all(handler.is_async for handler, _ in job.steps):
                await asyncio.ensure_future(self._worker._arun_job(job))  # in its own context
            else:
                await _in_thread(self._worker._run_job, job)
        return self._taken(number)

    def _request(self, number: int, method: str, params: dict[str, Any]) -> protocol.Request:
        encoder = protocol.Encoder(self._client.process.config.encoder)
        frame = protocol.decode(encoder.request(number, method, params)[4:])
        assert isinstance(frame, protocol.Request)
        return frame

    def _answered(
        self, number: int, id: int, error: dict[str, Any] | None, result: Any = None
    ) -> None:
        encoder = protocol.Encoder(self._client.process.config.encoder)
        frame = protocol.decode(encoder.response(id, error, result)[4:])
        assert isinstance(frame, protocol.Response)
        self._answers[id] = (frame.error, frame.result)

    def _taken(self, number: int) -> Any:
        error, result = self._answers.pop(number)
        cause, self._worker.raised = self._worker.raised, None
        if error is None:
            return result
        if error["code"] == "refused" and not self.connected:
            raise Refused(error.get("message", ""), error.get("data"))
        raise RealtimeError(f"the handler has failed: {error.get('message', '')}") from cause


class _Inline(Worker):
    """A worker whose jobs run at once, in the thread that gives them.

    Nothing closes database connections around them: they are the test's.
    """

    def __init__(self) -> None:
        super().__init__(lambda: None)
        self.raised: BaseException | None = None
        self._jobs_for_later: list[Job] | None = None

    def begin(self, jobs: list[Job] | None) -> None:
        """Says whether jobs run at once (None), or are collected."""
        self._jobs_for_later = jobs

    def submit(self, job: Job) -> None:
        with self._done:
            self._held += 1
        conclude = job.conclude

        def remember(value: Any, error: BaseException | None) -> None:
            self.raised = error
            conclude(value, error)

        job.conclude = remember
        if self._jobs_for_later is not None:
            self._jobs_for_later.append(job)
        elif job.steps and all(handler.is_async for handler, _ in job.steps):
            _run(self._arun_job(job))
        else:
            self._run_job(job)

    def _on_loop(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return _run(coroutine)


def _run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Runs a coroutine to its end; with Django so that its database is the caller's."""
    to_sync = _asgiref("async_to_sync")
    if to_sync is not None:

        async def awaited() -> Any:
            return await coroutine

        # asgiref would carry the event's context back into the test.
        return contextvars.copy_context().run(to_sync(awaited))
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(asyncio.run(coroutine)))
    thread.start()
    thread.join()
    return results[0]


async def _in_thread(function: Callable[..., Any], *args: Any) -> Any:
    to_async = _asgiref("sync_to_async")
    if to_async is not None:
        return await to_async(function)(*args)
    return await asyncio.to_thread(function, *args)


def _asgiref(name: str) -> Callable[..., Callable[..., Any]] | None:
    try:
        from asgiref import sync
    except ImportError:
        return None
    found: Callable[..., Callable[..., Any]] = getattr(sync, name)
    return found


def _value(result: Any) -> Any:
    if not isinstance(result, list):
        return result
    return None if not result else result[0] if len(result) == 1 else result


def _signed_in(user: Any) -> str:
    """Signs a user in as Django's test client does, and gives its cookie."""
    from django.conf import settings
    from django.test import Client as DjangoClient

    browser = DjangoClient()
    browser.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={browser.cookies[name].value}"
