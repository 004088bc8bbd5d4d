"""The process called odd parameters in test_arguments.py."""

from place import meet, stay

from daffi import callback


@callback
def keep(key, *values, ttl=None): ...


@callback
def greet(name):
    return name


@callback
def count(upto):
    yield from range(upto)


stay(meet(init_controller=True, process_name="provider"))
