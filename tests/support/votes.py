"""Votes over HTTP, as browsers cast them, and the count that must come of them."""

import asyncio
import itertools
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx
import tenacity

from tests.support.kube import wait_until

CHOICES = "abbccc"
"""What voters choose, one after another: shares that tell mixed-up options apart."""

STREAM_VOTERS_AT_ONCE = 10
STREAM_PAUSE_SECONDS = 0.1
"""Between two voters of a lane: a steady stream that leaves the machine time for what the test is about."""

ONE_CONNECTION_A_VOTE = httpx.Limits(max_connections=None, max_keepalive_connections=0)
"""Each voter is another browser, with a connection of its own."""


class Booth:
    """Casts votes at an address.

    Attributes:
        ledger: for each voter the newest choice that was answered with success: what has to be counted.
        refusals: what was answered, or went wrong, each time that a vote had to be cast again.
    """

    def __init__(self, vote_url: str, result_url: str) -> None:
        self.vote_url = vote_url
        self.result_url = result_url
        self.ledger: dict[str, str] = {}
        self.refusals: list[str] = []

    def cast(self, votes: Iterable[tuple[str, str]], at_once: int = 20) -> None:
        """Cast votes (voter, choice), and come back when each was answered with success."""

        async def lane(client: httpx.AsyncClient, waiting: Iterator[tuple[str, str]]) -> None:
            for voter, choice in waiting:
                await self._insist(client, voter, choice)

        async def lanes() -> None:
            waiting = iter(votes)
            async with self._client() as client, asyncio.TaskGroup() as group:
                for _ in range(at_once):
                    group.create_task(lane(client, waiting))

        # In a thread of its own: the browser's library has an event loop running in this one.
        with ThreadPoolExecutor(max_workers=1) as thread:
            thread.submit(asyncio.run, lanes()).result()

    @contextmanager
    def stream(self, prefix: str) -> Iterator[None]:
        """New voters keep coming while the block runs; each fifth changes their mind. At its end all were answered."""
        stop = threading.Event()
        failures: list[BaseException] = []

        def run() -> None:
            try:
                asyncio.run(self._stream(prefix, stop))
            except BaseException as failure:  # noqa: BLE001 - handed to the test's own thread, which raises it
                failures.append(failure)

        thread = threading.Thread(target=run, name=prefix)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
        if failures:
            raise failures[0]

    def wait_for_more(self, votes: int) -> None:
        """Wait until so many more voters were answered with success."""
        wanted = len(self.ledger) + votes
        wait_until(f"{votes} more votes to be taken", lambda: len(self.ledger) >= wanted, detail=self._last_refusal)

    def tally(self) -> Counter[str] | None:
        """What the result page counts; None while it cannot tell."""
        results = self.results()
        return None if results is None else Counter({option["id"]: option["votes"] for option in results["options"]})

    def results(self) -> dict[str, Any] | None:
        """What the result page's API answers; None while it does not."""
        try:
            response = httpx.get(f"{self.result_url}/api/results", timeout=10)
        except httpx.TransportError:
            return None
        return dict(response.json()) if response.status_code == httpx.codes.OK else None

    def wait_for_count(self) -> None:
        """Wait until the result page counts every voter once, with the newest choice, and nobody else."""
        expected = Counter(self.ledger.values())
        wait_until(
            f"the count {dict(expected)}", lambda: self.tally() == expected, detail=lambda: f"it is {self.tally()}"
        )

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[httpx.AsyncClient]:
        async with httpx.AsyncClient(timeout=10, limits=ONE_CONNECTION_A_VOTE, trust_env=False) as client:
            yield client

    async def _stream(self, prefix: str, stop: threading.Event) -> None:
        voters = itertools.count()

        async def lane(client: httpx.AsyncClient) -> None:
            while not stop.is_set():
                number = next(voters)
                voter, choice = f"{prefix}-{number}", choice_of(number)
                if number % 5 == 0:
                    await self._insist(client, voter, choice_of(number + 1))
                await self._insist(client, voter, choice)
                await asyncio.sleep(STREAM_PAUSE_SECONDS)

        async with self._client() as client, asyncio.TaskGroup() as group:
            for _ in range(STREAM_VOTERS_AT_ONCE):
                group.create_task(lane(client))

    async def _insist(self, client: httpx.AsyncClient, voter: str, choice: str) -> None:
        """Press the button again until the vote is taken, as a person would."""
        async for attempt in tenacity.AsyncRetrying(
            wait=tenacity.wait_fixed(0.3),
            stop=tenacity.stop_after_delay(120),
            retry=tenacity.retry_if_exception_type((httpx.TransportError, httpx.HTTPStatusError)),
            before_sleep=self._note_refusal,
            reraise=True,
        ):
            with attempt:
                response = await client.post(
                    self.vote_url, data={"vote": choice}, headers={"Cookie": f"voter_id={voter}"}
                )
                response.raise_for_status()
        self.ledger[voter] = choice

    def _note_refusal(self, state: tenacity.RetryCallState) -> None:
        if state.outcome is not None:
            self.refusals.append(repr(state.outcome.exception()))

    def _last_refusal(self) -> str:
        return f"the last refusal: {self.refusals[-1]}" if self.refusals else "none was refused"


def choice_of(number: int) -> str:
    """The choice of a voter by number."""
    return CHOICES[number % len(CHOICES)]
