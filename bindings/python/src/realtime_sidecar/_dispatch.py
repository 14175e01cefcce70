"""Requests of the sidecar ⇄ handler calls and their answers."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from ._acks import Deferred, EventContext, ack_arguments
from ._answers import Handshake
from ._emitter import Emitter
from ._handler import Handler, Step
from ._namespaces import Found
from ._protocol import Request
from ._router import Router
from ._socket import Grant, Socket
from ._surroundings import Surroundings
from ._worker import Job, Worker
from .errors import Rejection

REFUSED_BY_FALSE: Final = "connection refused"

log = logging.getLogger("realtime.handlers")

Error = dict[str, Any]

Call = tuple[Found, Sequence[Any]]
"""What was found for a question, and its arguments behind the socket."""


class Answer(Protocol):
    """Sends an answer by the connection the request came by."""

    def __call__(self, number: int, id: int, error: Error | None, result: Any = None) -> None:
        """Answers request ``id`` of connection ``number``."""


class Dispatcher:
    """Makes a job of each request.

    Args:
        router: The handlers.
        worker: Runs the jobs.
        emitter: What sockets in handlers emit with.
        answer: Sends answers.
    """

    def __init__(self, router: Router, worker: Worker, emitter: Emitter, answer: Answer) -> None:
        self._router = router
        self._worker = worker
        self._emitter = emitter
        self._answer = answer
        self.surroundings = Surroundings()
        self._methods: dict[str, Callable[[int, Request], None]] = {
            "connect": self._connect,
            "event": self._event,
            "disconnect": self._disconnect,
            "server_event": self._server_event,
        }

    def asked(self, number: int, request: Request) -> None:
        """Takes a request; never blocks and never raises for what it holds.

        Args:
            number: The connection's.
            request: The request.
        """
        method = self._methods.get(request.method)
        if method is None:
            error = {"code": "unknown_method", "message": f"no method {request.method!r}"}
            self._answer(number, request.id, error)
            return
        try:
            method(number, request)
        except (KeyError, TypeError, AttributeError) as problem:
            log.error("a %s of the sidecar cannot be read: %r", request.method, problem)
            error = {"code": "invalid", "message": f"{request.method}: {problem!r}"[:200]}
            self._answer(number, request.id, error)

    def reset(self, boot: str, previous: str) -> None:
        """Runs the hooks for a replaced sidecar.

        Args:
            boot: The start now met.
            previous: The one known before.
        """
        steps = [(handler, (boot, previous)) for handler in self._router.resets()]
        if steps:
            self._worker.submit(Job("on_reset", steps, _log_failure("on_reset")))

    def _connect(self, number: int, request: Request) -> None:
        params = request.params
        hooks = self._router.connects(params["namespace"])
        handshake = Handshake.read(params.get("handshake") or {}, params.get("auth"))
        grant = Grant()
        socket = self.surroundings.socket(self._emitter, params, handshake=handshake, grant=grant)
        steps = _matched(socket, [(each, (handshake.auth,)) for each in hooks], _refusing)
        steps = self.surroundings.steps("connect", socket, params, steps)
        if not steps:
            self._answer(number, request.id, None, {})
            return
        name = f"connect {socket.namespace}"

        def conclude(value: Any, error: BaseException | None) -> None:
            if error is None:
                self._answer(number, request.id, None, grant.answer())
            else:
                refusal = _refusal(error, self.surroundings.denials)
                self._answer(number, request.id, refusal or self._failed(name, error))

        self._worker.submit(Job(name, steps, conclude))

    def _event(self, number: int, request: Request) -> None:
        params = request.params
        namespace, event, args = params["namespace"], params["event"], params["args"]
        handler = self._router.event(namespace, event)
        listeners = self._router.listeners(namespace)
        socket = self.surroundings.socket(self._emitter, params)
        calls: list[Call] = [(listener, (event, *args)) for listener in listeners]
        if handler is not None:
            calls.append((handler, tuple(args)))
        steps = _matched(socket, calls)
        steps = self.surroundings.steps("event", socket, params, steps)
        if not steps:
            log.debug("no handler event=%s namespace=%s", event, namespace)
            self._answer(number, request.id, None, None)
            return
        wanted = bool(params.get("ack"))
        context = EventContext(self._late_ack(socket.event_id, wanted))
        name = f"event {event} of {namespace}"

        def conclude(value: Any, error: BaseException | None) -> None:
            if error is not None:
                self._answer(number, request.id, self._failed(name, error))
            elif handler is None or not wanted:
                self._answer(number, request.id, None, None)
            elif context.deferred is not None:
                deferred = context.deferred
                deferred.settle(lambda result: self._answer(number, request.id, None, result))
            else:
                self._answer(number, request.id, None, ack_arguments(value))

        self._worker.submit(Job(name, steps, conclude, context))

    def _late_ack(self, event_id: str, wanted: bool) -> Callable[[Sequence[Any]], None]:
        def send(args: Sequence[Any]) -> None:
            if wanted:
                self._emitter.ack(event_id, args)

        return send

    def _disconnect(self, number: int, request: Request) -> None:
        params = request.params
        hooks = self._router.disconnects(params["namespace"])
        socket = self.surroundings.socket(self._emitter, params)
        steps = _matched(socket, [(hook, (params.get("reason", ""),)) for hook in hooks])
        steps = self.surroundings.steps("disconnect", socket, params, steps)
        self._tell(number, request, f"disconnect {socket.namespace}", steps)

    def _server_event(self, number: int, request: Request) -> None:
        params = request.params
        found = self._router.server_event(params["namespace"], params["event"])
        steps = [] if found is None else [(found.handler, tuple(params["args"]))]
        self._tell(number, request, f"server event {params['event']}", steps)

    def _tell(self, number: int, request: Request, name: str, steps: Sequence[Step]) -> None:
        """Runs handlers whose value means nothing."""
        if not steps:
            self._answer(number, request.id, None, {})
            return

        def conclude(value: Any, error: BaseException | None) -> None:
            failure = None if error is None else self._failed(name, error)
            self._answer(number, request.id, failure, {})

        self._worker.submit(Job(name, steps, conclude))

    def _failed(self, name: str, error: BaseException) -> Error:
        """Logs what a handler raised; gives what the sidecar is told: never the error's text."""
        if isinstance(error, self.surroundings.denials):
            log.info("%s denied: %s", name, error)
            return {"code": "refused", "message": f"{type(error).__name__} in {name}"[:200]}
        log.error("%s failed", name, exc_info=error)
        return {"code": "internal", "message": f"{type(error).__name__} in {name}"[:200]}


def _matched(
    socket: Socket, calls: Sequence[Call], wrap: Callable[[Handler], Handler] | None = None
) -> list[Step]:
    """Makes steps of what was found: each is shown what its own pattern has captured."""
    several = len({id(found.match) for found, _ in calls}) > 1
    if calls:
        socket.namespace_match = calls[0][0].match
    steps: list[Step] = []
    for found, args in calls:
        handler = found.handler if wrap is None else wrap(found.handler)
        steps.append((_shown(handler, found.match) if several else handler, (socket, *args)))
    return steps


def _shown(handler: Handler, match: re.Match[str] | None) -> Handler:
    function = handler.function
    if handler.is_async:

        async def acall(socket: Socket, *args: Any) -> Any:
            socket.namespace_match = match
            return await function(*(socket, *args)[: handler.accepts])

        return Handler(acall, True, handler.accepts + 1)

    def call(socket: Socket, *args: Any) -> Any:
        socket.namespace_match = match
        return function(*(socket, *args)[: handler.accepts])

    return Handler(call, False, handler.accepts + 1)


def _refusing(hook: Handler) -> Handler:
    """Wraps a connect hook, so that returning False refuses wherever it stands in the row."""
    function = hook.function
    if hook.is_async:

        async def acheck(*args: Any) -> None:
            if await function(*args[: hook.accepts]) is False:
                raise Rejection(REFUSED_BY_FALSE)

        return Handler(acheck, True, 2)

    def check(*args: Any) -> Any:
        value = function(*args[: hook.accepts])
        if value is False:
            raise Rejection(REFUSED_BY_FALSE)
        return value

    return Handler(check, False, 2)


def _refusal(error: BaseException, denials: tuple[type[Exception], ...]) -> Error | None:
    """Reads an app's own refusal; anything else is a failure the client must not see."""
    if isinstance(error, Rejection):
        return _refused(error.message, error.data)
    if isinstance(error, denials):
        return _refused(str(error) or REFUSED_BY_FALSE, None)
    # The same class is what a refused TCP connection raises; that one carries an error number.
    if isinstance(error, ConnectionRefusedError) and not isinstance(error.errno, int):
        message = str(error.args[0]) if error.args else REFUSED_BY_FALSE
        return _refused(message, error.args[1] if len(error.args) > 1 else None)
    return None


def _refused(message: str, data: Any) -> Error:
    error: Error = {"code": "refused", "message": message}
    if data is not None:
        error["data"] = data
    return error


def _log_failure(name: str) -> Callable[[Any, BaseException | None], None]:
    def conclude(value: Any, error: BaseException | None) -> None:
        if error is not None:
            log.error("%s failed", name, exc_info=error)

    return conclude


__all__ = ["Answer", "Deferred", "Dispatcher"]
