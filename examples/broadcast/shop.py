"""One shop of several: says what it charges; the first one has the controller."""

import sys

from daffi import Global, callback

PRICES = {"north": {"tea": 3, "cake": 5}, "south": {"tea": 4}}
NAME = sys.argv[1]


@callback
def price(article: str) -> int:
    """What the article costs here."""
    return PRICES[NAME][article]


if __name__ == "__main__":
    with Global(init_controller=NAME == "north", process_name=NAME) as g:
        g.join()
