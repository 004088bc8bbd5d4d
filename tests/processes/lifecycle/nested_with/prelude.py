"""What programs of test_nested_with.py have in common."""

from daffi import Global


def meet():
    return Global(init_controller=True, process_name="one")
