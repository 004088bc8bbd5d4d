"""What is set where the global is made holds in every call."""

from place import meet_provider

from daffi import FG

g = meet_provider()
everyone, alice = ("everyone", 3, "raise"), ("alice", 3, "raise")
for _ in range(2):
    for callback in (g.call.sync, g.call.on_loop):
        assert tuple(map(tuple, callback("alice") & FG)) == (everyone, alice)


# Of what can be changed in place each has a copy: `change` sets the precision, and here it stays.
def more_digits():
    import decimal

    was, decimal.getcontext().prec = decimal.getcontext().prec, 50
    return was


assert [g.transfer_and_call("provider", more_digits) for _ in range(3)] == [3, 3, 3]
assert [state[1] for state in g.call.sync("alice") & FG] == [3, 3]
g.stop()
