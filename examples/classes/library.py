"""Offers the methods of one object to other processes."""

from daffi import Global, alias, callback, local


@callback
class Library:
    """Books and how many copies of them there are."""

    def __init__(self) -> None:
        self._copies: dict[str, int] = {}

    def add(self, title: str, copies: int = 1) -> int:
        """Put copies on the shelf; how many there are now."""
        self._copies[title] = self._copies.get(title, 0) + copies
        return self._copies[title]

    @alias("titles")
    def sorted_titles(self) -> list[str]:
        """Every title, under another name than the method has here."""
        return sorted(self._copies)

    @staticmethod
    def opening_hours() -> str:
        """Needs no instance."""
        return "9 to 5"

    @local
    def burn_down(self) -> None:
        """Is not for others to call."""
        self._copies.clear()


if __name__ == "__main__":
    library = Library()  # the one whose methods the others call
    library.add("Emma")
    with Global(init_controller=True, process_name="library") as g:
        g.join()  # until Ctrl+C
