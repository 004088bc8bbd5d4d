"""The provider of a test: what is set while a value is read or written is no concern of the next call."""

import contextvars

from place import meet, stay

from daffi import callback

user = contextvars.ContextVar("user", default="nobody")


def named(name):
    seen = user.get()
    user.set(name)
    return seen


class Sets:
    def __reduce__(self):
        user.set("by a result")
        return str, ("text",)


@callback
def gives():
    return user.get(), Sets()


@callback
def takes(argument):
    return user.get()


stay(meet(process_name="provider"))
