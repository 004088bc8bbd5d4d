"""Arguments come from the body when asked."""

from place import meet_provider

from daffi import FG, fetcher

g = meet_provider()


@fetcher(exec_modifier=FG, args_from_body=True)
def add(factor):
    return 3 * factor, 7 * factor


@fetcher(FG, args_from_body=True)
def echo(word):
    return word.upper()


assert add(factor=2) == 20
assert echo("one") == "ONE"
g.stop()
