"""Settings that no Global can have are refused before anything starts, each with what to do."""

import pytest

from daffi import Global, InitializationError


@pytest.mark.parametrize(
    "settings",
    [
        {"max_message": 0},
        {"max_message": -1},
        {"max_message": 1 << 64},
        {"max_message": "1 GiB"},
        {"max_message": True},
        {"process_name": 3},
        {"host": 5, "port": 1},
    ],
    ids=str,
)
def test_a_setting_of_the_wrong_kind_is_named(settings):
    # It was a TypeError about a field of the extension, or a Global whose every call failed.
    with pytest.raises(InitializationError) as caught:
        Global(init_controller=True, **settings)
    assert next(iter(settings)) in str(caught.value)
    assert "\nhint: " in str(caught.value)
