"""Each public method of a class is a fetcher."""

from place import meet_provider

from daffi import FG, __body_unknown__, alias, fetcher, local

g = meet_provider()


@fetcher(FG)
class Provider:
    def __init__(self):
        self.factor = 10

    def add(self, a, b):
        __body_unknown__(a, b)

    @staticmethod
    def greet(name, *, mark="!"): ...

    @classmethod
    def size(cls, data): ...

    @alias("echo")
    def back(self, value): ...

    @local
    def scaled(self, value):
        return self.factor * value

    def _private(self):
        return "private"


provider = Provider()
assert provider.add(1, 2) == 3
assert provider.add(1, b=2) == 3
assert Provider.add(1, 2) == 3
assert provider.greet("ada", mark="?") == "hello ada?"
assert Provider.size(b"1234") == 4
assert provider.back("x") == "x"
assert provider.scaled(2) == 20
assert provider._private() == "private"
assert Provider().add(2, 2) == 4
g.stop()
