"""An unknown name is told with what each process offers and the nearest."""

import sys

from place import meet_provider, raises, spelled

from daffi import GlobalContextError, fetcher

modifier = spelled(sys.argv[1])
g = meet_provider()
g.wait_process("second")


@fetcher(modifier)
async def alhpa(): ...


for wrong in (lambda: g.call.alhpa() & modifier, lambda: alhpa()):
    with raises(GlobalContextError) as caught:
        wrong()
    lines = str(caught.error).splitlines()
    for name in ("provider", "second"):
        assert f"  {name}: [ zeta, alpha, evil, broken, ran ]" in lines, lines
    assert lines[-1] == "hint: did you mean 'alpha'?", lines
g.stop()
