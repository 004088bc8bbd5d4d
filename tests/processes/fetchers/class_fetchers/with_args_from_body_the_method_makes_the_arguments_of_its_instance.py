"""With args from body the method makes the arguments of its instance."""

from place import meet_provider

from daffi import FG, fetcher

g = meet_provider()


@fetcher(FG, args_from_body=True)
class Provider:
    unit = 7

    def __init__(self, factor):
        self.factor = factor

    def add(self, number):
        return number, self.factor * number

    @classmethod
    def echo(cls):
        return cls.unit

    @staticmethod
    def size(count):
        return bytes(count)


assert Provider(2).add(5) == 15
assert Provider(factor=3).add(number=5) == 20
assert Provider.echo() == 7
assert Provider(1).size(9) == 9
g.stop()
