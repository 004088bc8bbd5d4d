"""What programs of test_seen_whole.py have in common."""


def many():
    methods = {f"method_number_{n}": staticmethod(lambda n=n: n) for n in range(5000)}
    for name, method in methods.items():
        method.__func__.__qualname__ = f"Many.{name}"
        method.__func__.__name__ = name
    return type("Many", (), methods)
