"""A printer that jams now and then."""

from itertools import count

from daffi import Global, callback

attempts = count(1)


class PaperJamError(Exception):
    """Someone has to pull."""


@callback
def print_page(text: str) -> str:
    """Jams at the first two attempts."""
    attempt = next(attempts)
    if attempt < 3:
        raise PaperJamError(f"attempt {attempt}")
    return f"printed at attempt {attempt}: {text}"


if __name__ == "__main__":
    with Global(init_controller=True, process_name="printer") as g:
        g.join()
