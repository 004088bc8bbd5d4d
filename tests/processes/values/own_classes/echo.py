"""The process called echo in test_own_classes.py."""

from place import meet, stay

from daffi import callback


@callback
def echo(value):
    return value


@callback
def look(function, value):
    return function(value)


@callback
def patch(value):
    type(value).count = 99
    type(value).method = lambda self: "theirs"
    return value


stay(meet(process_name="provider"))
