"""Values arrive as what they were."""

import datetime as dt
import decimal
import fractions
import uuid

import numpy as np
from place import meet_provider

from daffi import FG

g = meet_provider()
values = [
    None,
    True,
    -1,
    2**200,
    1.5,
    "text",
    b"bytes",
    bytearray(b"array"),
    (1, (2,)),
    [1, [2]],
    {1: "one", (2, 3): None},
    {1, 2},
    frozenset("ab"),
    1 + 2j,
    decimal.Decimal("1.10"),
    uuid.uuid4(),
    dt.datetime(2026, 1, 2, tzinfo=dt.UTC),
    dt.timedelta(2),
    fractions.Fraction(1, 3),
    range(3),
]
for value in values:
    back = g.call.echo(value) & FG
    assert back == value and type(back) is type(value), (value, back)
array = np.arange(12.0).reshape(3, 4)
back = g.call.echo(array) & FG
assert back.dtype == array.dtype and (back == array).all()
big = bytes(range(256)) * 100_000
assert (g.call.echo(big) & FG) == big
assert (g.call.size(bytearray(20_000_000)) & FG) == 20_000_000
g.stop()
