"""The provider of a test: five hundred callbacks take five hundred concurrent tasks each call within a second."""

from place import meet, stay

from daffi import callback


def define(number):
    def multiplied(value):
        return number * value

    multiplied.__name__ = f"multiplied_{number}"
    callback(multiplied)


for number in range(500):
    define(number)
g = meet(process_name="provider")
stay(g)
