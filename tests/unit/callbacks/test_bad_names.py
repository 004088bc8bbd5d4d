"""Names that cannot be: said where the function stands, not where a Global starts."""

import pytest

from daffi import InitializationError, alias, callback

BAD = {
    "empty": "",
    "control": "two\nlines",
    "long": "x" * 256,
    "surrogate": "\ud800",
}


@pytest.mark.parametrize("name", BAD.values(), ids=BAD)
def test_a_callback_with_a_name_that_cannot_be_is_refused_where_it_stands(name):
    def function():
        """Have a name of its own."""

    function.__name__ = name
    with pytest.raises(InitializationError) as caught:
        callback(function)
    assert repr(name) in str(caught.value)
    assert __file__.rpartition("/")[2] in str(caught.value)


@pytest.mark.parametrize("name", BAD.values(), ids=BAD)
def test_an_alias_that_cannot_be_a_name_is_refused(name):
    with pytest.raises(InitializationError) as caught:
        alias(name)
    assert repr(name) in str(caught.value)


@pytest.mark.parametrize("cls", [dict, int, Exception])
def test_a_class_that_python_cannot_change_is_refused_as_a_callback(cls):
    with pytest.raises(InitializationError, match="not written in Python") as caught:
        callback(cls)
    assert repr(cls) in str(caught.value)
