"""The process called mirror in test_fetcher_arguments.py."""

from place import meet, stay

from daffi import callback


@callback
def mirror(*args, **kwargs):
    return list(args), kwargs


@callback
def greet(name, greeting="remote"):
    return greeting + " " + name


seen = []


@callback
def take(item):
    seen.append(item)


@callback
def taken():
    return seen


g = meet(process_name="provider")
stay(g)
