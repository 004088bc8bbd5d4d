"""Classes as fetchers: each public method calls the remote callback of its name."""

from script import programs

PROGRAMS = programs(__file__)


def test_each_public_method_of_a_class_is_a_fetcher(serve, call):
    serve()
    call(PROGRAMS / "each_public_method_of_a_class_is_a_fetcher.py")


def test_inherited_methods_are_fetchers_of_the_decorated_class_alone(serve, call):
    serve()
    call(PROGRAMS / "inherited_methods_are_fetchers_of_the_decorated_class_alone.py")


def test_a_class_fetcher_without_a_modifier_makes_pending_calls(serve, call):
    serve()
    call(PROGRAMS / "a_class_fetcher_without_a_modifier_makes_pending_calls.py")


def test_with_args_from_body_the_method_makes_the_arguments_of_its_instance(serve, call):
    serve()
    call(PROGRAMS / "with_args_from_body_the_method_makes_the_arguments_of_its_instance.py")
