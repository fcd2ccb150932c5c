import asyncio
from contextlib import aclosing

import pytest

from profiles_sandbox.page import news as module
from profiles_sandbox.page.news import MAX_LISTENERS, News


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0)


def test_first_event_comes_at_once_then_one_for_all_that_changed():
    async def play():
        news = News()
        async with aclosing(news.events()) as events:
            heard = [await anext(events)]
            for _ in range(1000):
                news.tell()
            heard.append(await anext(events))
            waiting = asyncio.ensure_future(anext(events))
            await asyncio.sleep(0)
            news.tell()
            return [*heard, await waiting]

    assert asyncio.run(play()) == ["data: 0\n\n", "data: 1000\n\n", "data: 1001\n\n"]


def test_silence_is_a_comment(monkeypatch):
    monkeypatch.setattr(module, "SILENT_SECONDS", 0)

    async def play():
        async with aclosing(News().events()) as events:
            return [await anext(events), await anext(events)]

    assert asyncio.run(play())[1].startswith(":")


def test_end_lets_everyone_go():
    async def play():
        news = News()
        streams = [news.events() for _ in range(MAX_LISTENERS)]
        for stream in streams:
            await anext(stream)
        full = news.full
        rest = [asyncio.ensure_future(anext(stream, "ended")) for stream in streams]
        await asyncio.sleep(0)
        news.end()
        return full, {await each for each in rest}, news.full

    assert asyncio.run(play()) == (True, {"ended"}, False)
