"""The one logger of the package, and what the runtime tells through it."""

import logging
from typing import Final

logger: Final = logging.getLogger("daffi")


def waiting(what: str) -> None:
    """Say what the start of this process waits for. Called by the seam, at most once a second."""
    logger.info("%s", what)
