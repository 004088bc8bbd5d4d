"""The provider of a test: a class with slots that travels by value keeps them."""

from place import meet, stay

from daffi import callback


@callback
def echo(value):
    return value


@callback
def has_dict(value):
    return hasattr(value, "__dict__")


stay(meet(process_name="provider"))
