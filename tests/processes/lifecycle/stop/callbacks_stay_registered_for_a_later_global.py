"""Callbacks stay registered for a later global."""

from place import meet, meet_provider

from daffi import callback

g = meet_provider()


@callback
def function():
    return "function"


@callback
class Service:
    def method(self, g):
        return g.process_name


service = Service()
assert g.call.ask_back("function").fg() == "function"
g.stop()


@callback
def made_while_there_was_none():
    return "made between"


g = meet(process_name="again")
g.wait_process("provider", timeout=10)
assert g.call.ask_back("function").fg() == "function"
assert g.call.ask_back("method").fg() == "again"
assert g.call.ask_back("made_while_there_was_none").fg() == "made between"
g.stop()
