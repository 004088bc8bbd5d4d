"""Exception groups whose class is made otherwise than Python makes its own."""

from typing import Any

from daffi._wire.remote_errors import describe, rebuild


class ErrorsWithCode(ExceptionGroup[Exception]):
    """As the documentation of Python shows it."""

    def __new__(cls, errors: Any, code: int) -> Any:
        self: Any = super().__new__(cls, f"exit code: {code}", errors)
        self.code = code
        return self

    def derive(self, excs: Any) -> Any:
        made: Any = self
        return ErrorsWithCode(excs, made.code)


def test_a_group_with_a_constructor_of_its_own_keeps_its_message() -> None:
    # Its message was the text of its first argument.
    error = ErrorsWithCode([ValueError("v"), KeyError("k")], 3)
    got: Any = rebuild(describe(error), "worker")
    assert isinstance(got, ErrorsWithCode)
    assert (got.message, got.code, str(got)) == ("exit code: 3", 3, str(error))
    assert repr(got.args) == repr(error.args)
    found, rest = got.split(ValueError)
    assert isinstance(found, ErrorsWithCode)
    assert (found.message, found.code, str(rest.exceptions[0])) == ("exit code: 3", 3, "'k'")
