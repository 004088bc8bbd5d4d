"""What is missing at the other side is named at the caller."""

import sys
import types

from place import meet_provider, raises

from daffi import FG, SerializationError

g = meet_provider()
only_here = types.ModuleType("only_here")
exec("class Thing: pass", only_here.__dict__)
sys.modules["only_here"] = only_here
with raises(SerializationError) as caught:
    g.call.echo(only_here.Thing()) & FG
assert "only_here" in str(caught.error)
with raises(SerializationError) as caught:
    g.call.foreign() & FG
assert "only_there" in str(caught.error)
assert (g.call.how_many() & FG) == 0
g.stop()
