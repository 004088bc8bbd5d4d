"""Every spelling streams."""

from place import meet_provider

from daffi import FG, STREAM, __body_unknown__, fetcher

g = meet_provider()


@fetcher(STREAM)
def take(item):
    __body_unknown__(item)


take([1])


@fetcher
def take_one(first, second=None):
    __body_unknown__(first)


take_one([2]) & STREAM(timeout=10)
take_one([3]).stream(timeout=10, node="provider")
(g.call.take & STREAM)([4])
take_one([5], __exec_modifier__=STREAM)


@fetcher(STREAM, args_from_body=True)
def take_async(upto):
    for number in range(6, upto):
        yield number


take_async(8)
assert (g.call.taken() & FG) == [1, (2, None), (3, None), 4, (5, None), 6, 7]
g.stop()
