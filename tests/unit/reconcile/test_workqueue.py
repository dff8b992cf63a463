"""Each key once, never twice at a time, and none forgotten."""

import asyncio

from votingapp_operator.reconcile.workqueue import OTHERS_TURN, WorkQueue


def test_keys_come_in_order_and_once() -> None:
    async def scenario() -> list[str]:
        queue: WorkQueue[str] = WorkQueue()
        for key in ("a", "b", "a"):
            queue.add(key)
        assert len(queue) == 2
        return [(await queue.take())[0], (await queue.take())[0]]

    assert asyncio.run(scenario()) == ["a", "b"]


def test_what_is_urgent_comes_first_and_not_twice() -> None:
    async def scenario() -> list[str]:
        queue: WorkQueue[str] = WorkQueue()
        for key in ("slow", "both", "last"):
            queue.add(key, urgent=False)
        queue.add("quick")
        queue.add("both")
        taken = [(await queue.take())[0] for _ in range(4)]
        assert len(queue) == 0
        return taken

    assert asyncio.run(scenario()) == ["quick", "both", "slow", "last"]


def test_what_is_not_urgent_has_its_turn() -> None:
    async def scenario() -> list[str]:
        queue: WorkQueue[str] = WorkQueue()
        queue.add("slow", urgent=False)
        for number in range(20):
            queue.add(str(number))
        return [(await queue.take())[0] for _ in range(OTHERS_TURN)]

    assert "slow" in asyncio.run(scenario())


def test_a_key_that_is_taken_comes_again_only_when_it_is_given_back() -> None:
    async def scenario() -> None:
        queue: WorkQueue[str] = WorkQueue()
        queue.add("a")
        await queue.take()
        queue.add("a")
        queue.add("b")
        assert (await queue.take())[0] == "b"
        queue.done("a")
        assert (await queue.take())[0] == "a"

    asyncio.run(scenario())


def test_the_sooner_of_two_times_holds() -> None:
    async def scenario() -> None:
        queue: WorkQueue[str] = WorkQueue()
        queue.add_within("a", 0.01)
        queue.add_within("a", 3600)
        async with asyncio.timeout(10):
            assert (await queue.take())[0] == "a"

    asyncio.run(scenario())


def test_what_is_added_at_once_does_not_come_again_by_its_timer() -> None:
    async def scenario() -> int:
        queue: WorkQueue[str] = WorkQueue()
        queue.add_within("a", 0.01)
        queue.add("a")
        await queue.take()
        queue.add_within("b", 0.02)
        await queue.take()
        return len(queue)

    assert asyncio.run(scenario()) == 0


def test_age_is_that_of_the_first() -> None:
    clock = iter((100.0, 105.0, 107.0, 110.0))

    async def scenario() -> None:
        queue: WorkQueue[str] = WorkQueue(lambda: next(clock))
        assert queue.age() == 0
        queue.add("a")
        queue.add("b")
        assert queue.age() == 7
        assert await queue.take() == ("a", 10)

    asyncio.run(scenario())


def test_idle_is_when_nothing_is_taken() -> None:
    async def scenario() -> None:
        queue: WorkQueue[str] = WorkQueue()
        queue.add("a")
        await queue.take()
        waiting = asyncio.create_task(queue.idle(3600))
        await asyncio.sleep(0)  # let it begin to wait
        assert not waiting.done()
        queue.done("a")
        async with asyncio.timeout(10):
            await waiting

    asyncio.run(scenario())
