"""An error of a class that came with the call is caught by it."""

from place import meet_provider, raises
from raising import BaseError, QuotaError, check, check_async, check_several

from daffi import BG, FG, RemoteCallError

g = meet_provider()


def local():
    class LocalError(LookupError):
        pass

    def fail():
        raise LocalError("here")

    return LocalError, fail


def in_stream():
    for _ in g.call.items(check) & FG:
        pass


for asked in (
    lambda: g.transfer_and_call("provider", check),
    lambda: g.transfer_and_call("provider", check_async),
    lambda: g.call.call(check) & FG,
    lambda: (g.call.call(check) & BG).get(),
    lambda: g.call.throw(QuotaError(3)) & FG,
    lambda: g.call.throw_one(QuotaError, 3) & FG,
    in_stream,
):
    with raises(QuotaError) as caught:
        asked()
    assert caught.error.left == 3 and str(caught.error) == "left 3"
    assert isinstance(caught.error, BaseError) and isinstance(caught.error, RemoteCallError)

with raises(ExceptionGroup) as caught:
    g.transfer_and_call("provider", check_several)
assert isinstance(caught.error.exceptions[0], QuotaError) and caught.error.exceptions[0].left == 3

LocalError, fail = local()
with raises(LocalError):
    g.transfer_and_call("provider", fail)

# One of that name in another script is another one.
with raises(RemoteCallError) as caught:
    g.call.refuse() & FG
assert not isinstance(caught.error, QuotaError)
g.stop()
