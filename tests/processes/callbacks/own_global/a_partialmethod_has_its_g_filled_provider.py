"""The provider of a test: a partialmethod has its g filled."""

import functools

from place import meet, stay

from daffi import callback


@callback
class Tools:
    def named(self, what, g):
        return what, g.process_name

    preset = functools.partialmethod(named, 5)

    @staticmethod
    def static(what, g):
        return what, g.process_name

    @classmethod
    def of_class(cls, what, g):
        return what, g.process_name

    preset_static = functools.partialmethod(static, 6)
    preset_of_class = functools.partialmethod(of_class, 7)


Tools()
g = meet(process_name="provider")
stay(g)
