"""The one script that all members run: its functions answer for this process, and ask the other."""

import sys

from daffi import FG, Global, callback_and_fetcher

NAME = sys.argv[1] if len(sys.argv) > 1 else "first"


@callback_and_fetcher
def introduce(greeting: str) -> str:
    """Remotely it runs; here it is a call to the other member."""
    return f"{greeting}, I am {NAME}"


@callback_and_fetcher
def ask_back(greeting: str) -> str:
    """Runs at the other member, where `introduce` is a call back to this one."""
    return f"{NAME} heard: {introduce(greeting) & FG}"


def main() -> None:
    """The first waits to be asked, the second asks and goes."""
    with Global(process_name=NAME, init_controller=NAME == "first") as g:
        if NAME == "first":
            g.join()  # until Ctrl+C
        else:
            g.wait_process("first")
            print(introduce("hello") & FG)
            print(ask_back("and you") & FG)


if __name__ == "__main__":
    main()
