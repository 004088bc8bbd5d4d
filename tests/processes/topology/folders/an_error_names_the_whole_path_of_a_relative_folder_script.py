"""The script of a test: an error names the whole path of a relative folder."""

import os

from place import raises

from daffi import Global, InitializationError

with raises(TimeoutError) as caught:
    Global(unix_sock_path="place", connect_timeout=0.2)
assert os.path.join(os.getcwd(), "place", ".sock") in str(caught.error), caught.error
with raises(InitializationError) as caught:
    Global(unix_sock_path="")
assert "unix_sock_path is empty" in str(caught.error), caught.error
os.mkdir("gone")
os.chdir("gone")
os.rmdir("../gone")
with raises(InitializationError) as caught:
    Global(unix_sock_path="place")
assert "the current folder is gone" in str(caught.error), caught.error
