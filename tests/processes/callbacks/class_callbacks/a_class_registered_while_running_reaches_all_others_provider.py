"""The provider of a test: a class registered while running reaches all others."""

from place import meet, stay

from daffi import callback


@callback
def begin():
    @callback
    class Late:
        def late_method(self):
            return "late"

    Late()

    @callback
    def made():  # comes behind the class, when it has its instance
        pass


g = meet(process_name="provider")
stay(g)
