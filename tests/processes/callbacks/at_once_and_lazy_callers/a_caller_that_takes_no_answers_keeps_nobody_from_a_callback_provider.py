"""The provider of a test: a caller that takes no answers keeps nobody from a callback."""

from place import meet, stay

from daffi import callback


@callback
def large():
    return bytes(1_000_000)


@callback(at_once=1)
def alone(number):
    return number


stay(meet(process_name="provider"))
