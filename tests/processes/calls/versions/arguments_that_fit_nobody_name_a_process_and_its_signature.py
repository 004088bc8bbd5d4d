"""Arguments that fit nobody name a process and its signature."""

from place import meet_provider, raises

from daffi import BG, BROADCAST, FG, NO_RETURN, GlobalContextError

g = meet_provider()
g.wait_process("newer", timeout=20)
for style in (FG, BG, NO_RETURN, BROADCAST):
    with raises(GlobalContextError) as caught:
        g.call.price(1, 2, 3, 4) & style
    assert any(
        f"too many positional arguments: {text}" in str(caught.error)
        for text in (
            "price(item), offered by 'provider'",
            "price(item, currency, rounded), offered by 'newer'",
        )
    ), caught.error
# A broadcast is for all: one that cannot take it is named.
with raises(GlobalContextError) as caught:
    g.call.price(1) & BROADCAST
assert "offered by 'newer'" in str(caught.error), caught.error
g.stop()
