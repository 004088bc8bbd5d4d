"""Has a page printed, and says how patient it is."""

from daffi import FG, Global, RemoteCallError, RetryPolicy, __body_unknown__, fetcher

# The class of the error is the printer's own; here it is known as what every remote error is.
PATIENT = RetryPolicy(RemoteCallError, stop_after_attempt=5, wait="50ms")


@fetcher(FG(timeout=10, retry_policy=PATIENT))
def print_page(text: str) -> str:
    """Run in the printer."""
    __body_unknown__(text)


if __name__ == "__main__":
    with Global(process_name="clerk") as g:
        g.wait_function("print_page")
        print(print_page("hello"))
