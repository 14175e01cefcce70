"""Runs handlers: threads for sync ones, one event loop for async ones.

The sidecar gives at most ``window`` requests at a time and at most one per socket, so nothing
here orders anything. A job whose handlers are all ``async`` runs as a task on the loop of the
thread ``realtime.loop``; any other runs on a thread ``realtime.worker.N``, which waits for the
async ones among its handlers.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import queue
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final

from ._acks import EventContext, current_event
from ._handler import Step
from ._surroundings import Surroundings

ASYNC_WINDOW: Final = 32  # unanswered requests when every handler is async
STOP_TIMEOUT: Final = 1.0  # seconds for idle threads to end

log = logging.getLogger("realtime.handlers")

Conclude = Callable[[Any, BaseException | None], None]


class Job:
    """Handlers to call one after the other, and what to do with the value of the last.

    Args:
        name: For logs.
        steps: Handlers with their arguments; a handler gets as many as it takes.
        conclude: Called once with the last value, or with what was raised.
        context: Of the event being handled, if it is one.
    """

    __slots__ = ("conclude", "context", "name", "steps")

    def __init__(
        self,
        name: str,
        steps: Sequence[Step],
        conclude: Conclude,
        context: EventContext | None = None,
    ) -> None:
        self.name = name
        self.steps = steps
        self.conclude = conclude
        self.context = context


class Worker:
    """The threads of a serving process.

    Allocates only; `start` starts the threads. `submit` may be called by any thread and never
    blocks.

    Args:
        idle: Called when the last job is done.
    """

    def __init__(self, idle: Callable[[], None]) -> None:
        self._idle = idle
        self.surroundings = Surroundings()
        self.reset()

    def reset(self) -> None:
        """Forgets threads and jobs: they belong to the process before a fork."""
        self._done = threading.Condition()
        self._held = 0
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Future[None]] = set()  # the loop's own
        self._loop_thread: threading.Thread | None = None

    @property
    def held(self) -> int:
        """Jobs that are not done."""
        return self._held

    def start(self, threads: int) -> None:
        """Starts the threads; does nothing when they run.

        Args:
            threads: How many, for sync handlers.
        """
        if self._threads:
            return
        self._loop = asyncio.new_event_loop()
        self._loop_thread = _thread("realtime.loop", self._run_loop, self._loop)
        for number in range(1, threads + 1):
            self._threads.append(_thread(f"realtime.worker.{number}", self._run, self._jobs))

    def submit(self, job: Job) -> None:
        """Runs a job.

        Args:
            job: The job.
        """
        with self._done:
            self._held += 1
        if job.steps and all(handler.is_async for handler, _ in job.steps):
            assert self._loop is not None
            self._loop.call_soon_threadsafe(self._begin, job)
        else:
            self._jobs.put(job)

    def wait_idle(self, timeout: float) -> bool:
        """Waits until no job is held.

        Args:
            timeout: Seconds.

        Returns:
            Whether none is.
        """
        with self._done:
            return self._done.wait_for(lambda: not self._held, timeout)

    def stop(self) -> None:
        """Ends the threads that are idle; those in a handler are left, being daemons."""
        with self._done:
            threads, self._threads = self._threads, []
            loop, loop_thread = self._loop, self._loop_thread
            self._loop = self._loop_thread = None
        for _ in threads:
            self._jobs.put(None)
        deadline = time.monotonic() + STOP_TIMEOUT
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if loop is not None and loop_thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            loop_thread.join(STOP_TIMEOUT)

    def runs_here(self) -> bool:
        """Tells whether the caller is a handler, on one of these threads.

        Returns:
            Whether it is.
        """
        return threading.current_thread() in (*self._threads, self._loop_thread)

    def _run(self, jobs: queue.SimpleQueue[Job | None]) -> None:
        while (job := self._next(jobs)) is not None:
            self._run_job(job)

    def _next(self, jobs: queue.SimpleQueue[Job | None]) -> Job | None:
        try:
            return jobs.get(timeout=self.surroundings.idle_after)
        except queue.Empty:
            try:
                self.surroundings.idle()
            except Exception:
                log.exception("what a framework does on idle threads failed")
            return jobs.get()

    def _run_job(self, job: Job) -> None:
        value: Any = None
        error: BaseException | None = None
        token = current_event.set(job.context)
        try:
            with self.surroundings.around():
                for handler, args in job.steps:
                    value = handler.function(*args[: handler.accepts])
                    if inspect.isawaitable(value):
                        value = self._on_loop(_awaited(value))
        except BaseException as raised:  # noqa: BLE001 - the border: the slot must be given back
            error = raised
        finally:
            current_event.reset(token)
        self._conclude(job, value, error)

    def _begin(self, job: Job) -> None:
        task = asyncio.ensure_future(self._arun_job(job))
        self._tasks.add(task)  # a loop alone would not keep it alive
        task.add_done_callback(self._tasks.discard)

    async def _arun_job(self, job: Job) -> None:
        value: Any = None
        error: BaseException | None = None
        current_event.set(job.context)  # a task has a context of its own
        try:
            async with self.surroundings.aaround():
                for handler, args in job.steps:
                    value = await handler.function(*args[: handler.accepts])
        except BaseException as raised:  # noqa: BLE001 - the border: the slot must be given back
            error = raised
        self._conclude(job, value, error)

    def _conclude(self, job: Job, value: Any, error: BaseException | None) -> None:
        try:
            job.conclude(value, error)
        except Exception:
            log.exception("the answer to %s failed", job.name)
        with self._done:
            self._held -= 1
            idle = not self._held
            if idle:
                self._done.notify_all()
        if idle:
            self._idle()

    def _on_loop(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def _run_loop(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
        finally:
            tasks = asyncio.all_tasks(loop)
            for task in tasks:
                task.cancel()
            loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()


async def _awaited(value: Any) -> Any:
    return await value


def _thread(name: str, target: Callable[..., None], *args: Any) -> threading.Thread:
    thread = threading.Thread(target=target, args=args, name=name, daemon=True)
    thread.start()
    return thread
