"""Every keyword is the function s."""

from place import meet_provider, raises

from daffi import InitializationError

g = meet_provider()


def shout(text, node=None, func=str.upper, remote_process=None):
    return func(text), node, remote_process


def follow(start, g={1: 2}):
    return g[start]


transfer = g.transfer_and_call
assert transfer("provider", shout, "a", node=3) == ("A", 3, None)
assert transfer("provider", shout, "A", func=str.lower, remote_process=4) == ("a", None, 4)
assert transfer(remote_process="provider", func=shout, text="a", node=3) == ("A", 3, None)
assert transfer("provider", func=shout, text="a") == ("A", None, None)
assert [transfer("provider", follow, 1), transfer("provider", follow, 1, {1: 5})] == [2, 5]
assert transfer("provider", follow, 1, g={1: 7}) == 7
for args, kwargs in (
    ((), {}),
    (("provider",), {}),
    ((shout, "provider"), {}),
    ((), {"func": shout}),
):
    with raises(InitializationError) as caught:
        transfer(*args, **kwargs)
    assert "g.transfer_and_call(remote_process, func, " in str(caught.error), caught.error
g.stop()
