"""The provider of a test: an instance whose constructor fails is none."""

from place import meet, stay

from daffi import callback


@callback
class Sensor:
    def __init__(self, port):
        if port < 0:
            raise ValueError(port)
        self.port = port

    def read(self):
        return self.port


try:
    Sensor(-1)
except ValueError:
    Sensor(7)
g = meet(process_name="provider")
stay(g)
