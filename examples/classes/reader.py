"""Calls the methods of an object in another process through a class that looks like its own."""

from daffi import FG, Global, __body_unknown__, fetcher


@fetcher(FG)
class Library:
    """The remote library; no body here is ever used."""

    def add(self, title: str, copies: int = 1) -> int:
        """Put copies on the shelf; how many there are now."""
        __body_unknown__(title, copies)

    def titles(self) -> list[str]:
        """Every title."""
        __body_unknown__()

    def opening_hours(self) -> str:
        """When to come."""
        __body_unknown__()


def main() -> None:
    """Use the library."""
    with Global(process_name="reader") as g:
        g.wait_function("opening_hours")
        library = Library()
        print(f"open {library.opening_hours()}")
        print(f"{library.add('Emma', copies=2)} copies of Emma")
        library.add("Dune")
        print(", ".join(library.titles()))


if __name__ == "__main__":
    main()
