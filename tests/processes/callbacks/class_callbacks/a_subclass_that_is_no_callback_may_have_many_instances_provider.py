"""The provider of a test: a subclass that is no callback may have many instances."""

from place import meet, stay

from daffi import callback


@callback
class Sensor:
    def read(self):
        return type(self).__name__


class Special(Sensor):
    pass


Special(), Special(), Sensor()
g = meet(process_name="provider")
stay(g)
