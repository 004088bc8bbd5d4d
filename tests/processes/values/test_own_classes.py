"""Classes that only the caller's script defines: their instances go and come back."""

from script import programs

PROGRAMS = programs(__file__)


def test_a_class_with_slots_that_travels_by_value_keeps_them(serve, call):
    # It arrived without slots, and its instances could not come back.
    serve(PROGRAMS / "a_class_with_slots_that_travels_by_value_keeps_them_provider.py")
    call(PROGRAMS / "a_class_with_slots_that_travels_by_value_keeps_them.py")


def test_a_typed_dict_of_every_form_travels(serve, call):
    # One that was derived, or made by a call, could not be made again, and no function that was annotated with it came.
    serve(PROGRAMS / "a_typed_dict_of_every_form_travels_provider.py")
    call(PROGRAMS / "a_typed_dict_of_every_form_travels.py")


ECHO = PROGRAMS / "echo.py"


def test_a_class_that_comes_back_keeps_what_it_has_become_meanwhile(serve, call):
    # It was set back to what it was when it left, methods and all, or to what the other process had made of it.
    serve(ECHO)
    call(PROGRAMS / "a_class_that_comes_back_keeps_what_it_has_become_meanwhile.py")


def test_an_enum_that_travels_by_value_keeps_aliases_and_what_its_constructor_set(serve, call):
    # Aliases were no members there, and what `__init__` had set was gone without a word.
    serve(ECHO)
    call(PROGRAMS / "an_enum_that_travels_by_value_keeps_aliases_and_what_its_constructor_set.py")


def test_a_class_with_a_cached_property_travels_by_value(serve, call):
    # In Python 3.11 such a property has a lock.
    serve(ECHO)
    call(PROGRAMS / "a_class_with_a_cached_property_travels_by_value.py")
