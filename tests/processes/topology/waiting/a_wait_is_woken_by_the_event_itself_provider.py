"""The provider of a test: a wait is woken by the event itself."""

from place import meet, stay

from daffi import callback


@callback
def learn(name):
    def lesson(): ...

    lesson.__name__ = name
    callback(lesson)


g = meet(process_name="provider")
stay(g)
