"""The script of a test: where there is no global get g raises initialization error."""

from place import meet, raises

from daffi import InitializationError, get_g


def none():
    with raises(InitializationError) as caught:
        get_g()
    assert "no Global" in str(caught.error)


none()
with meet(init_controller=True) as g:
    assert get_g() is g
none()
g = meet(init_controller=True)
g.stop()
none()
with raises(InitializationError):
    meet(init_controller=False, init_node=False)
none()
