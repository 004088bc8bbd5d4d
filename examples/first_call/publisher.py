"""Offers one function to other processes, and is where they meet."""

from daffi import Global, callback


@callback
def add_up(first: int, second: int) -> int:
    """Add two numbers."""
    return first + second


if __name__ == "__main__":
    with Global(init_controller=True, process_name="publisher") as g:
        g.join()  # until Ctrl+C
