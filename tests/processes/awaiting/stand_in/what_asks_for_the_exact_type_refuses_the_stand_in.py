"""What asks for the exact type refuses the stand in."""

import asyncio
import json

from fetchers import echo
from place import meet_provider, raises

g = meet_provider()


async def main():
    value = echo({"a": 1})
    for _ in range(2):
        assert type(value) is not dict
        with raises(TypeError):
            json.dumps(value)
        with raises(TypeError):
            "".join([echo("x")])
        assert value == {"a": 1}
    assert json.dumps(await value) == '{"a": 1}' and "".join([await echo("x")]) == "x"
    key = echo("key")
    assert {key: 1}.get("key") is None
    assert echo(None) is not None and await echo(None) is None


asyncio.run(main())
g.stop()
