"""Functions of every kind are callbacks."""

from place import meet_provider, raises

from daffi import GlobalContextError, RemoteCallError

g = meet_provider()
assert g.call.everything(1, 2, 3, key=4, other=6).fg() == (1, 2, (3,), 4, 5, {"other": 6})
assert g.call.wrapped(1).fg() == 4
assert g.call.wrapped_async(1).fg() == 4
assert g.call.run_to_the_end(1).fg() == 1
assert g.call.cached(1).fg() == 1
assert g.call.shown_name().fg() == "renamed"
assert g.call.add_ten(1).fg() == 11
assert g.call.add_ten_slowly(1).fg() == 11
assert g.call.count_up().fg() == 1 and g.call.count_up(by=2).fg() == 3
assert g.call.called(1).fg() == 1
assert g.call.length("four").fg() == 4
# Its decorator takes anything, so that only the function can tell.
with raises(RemoteCallError) as caught:
    g.call.wrapped().fg()
assert isinstance(caught.error, TypeError), caught.error
with raises(GlobalContextError):
    g.call.everything(1, 2).fg()
with raises(GlobalContextError):
    g.call.add_ten().fg()
g.stop()
