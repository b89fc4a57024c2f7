"""Sample clicks for `streamsql dev`: endless, and the same again for the same seed."""

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta

Event = tuple[str, bytes | None, bytes | None, datetime, list[tuple[str, bytes]]]

SECTIONS = ("", "shop/shoes", "shop/hats", "blog/streams", "about")


def events(seed: int, start: datetime) -> Iterator[Event]:
    """Yield source, key, value, event time and headers of each record, in order of arrival."""
    chance = random.Random(seed)
    now = start
    click_id = 0
    while True:
        click_id += 1
        now += timedelta(seconds=chance.expovariate(20))
        visitor = f"visitor-{chance.randint(1, 200)}"
        clicked_at = now - timedelta(seconds=chance.choice((0, 0, 0, 0, 0, 0, 0, 2, 15)))
        click = {
            "click_id": click_id,
            "visitor": visitor,
            "url": f"https://example.com/{chance.choice(SECTIONS)}",
            "clicked_at": clicked_at.isoformat(),
        }
        yield "web.clicks", visitor.encode(), json.dumps(click).encode(), clicked_at, []
