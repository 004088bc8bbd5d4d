"""Asks all shops at once, and learns from each what it charges or why it cannot say."""

from daffi import BROADCAST, Global, __body_unknown__, fetcher


@fetcher(BROADCAST(return_result=True, timeout=10))
def price(article: str) -> int:
    """Run in every shop."""
    __body_unknown__(article)


def main() -> None:
    """Both have tea, one has cake."""
    with Global(process_name="customer") as g:
        for shop in ("north", "south"):
            g.wait_process(shop)
        for article in ("tea", "cake"):
            for shop, answer in sorted((price(article) or {}).items()):
                found = "none" if isinstance(answer, Exception) else answer
                print(f"{article} in the {shop}: {found}")


if __name__ == "__main__":
    main()
