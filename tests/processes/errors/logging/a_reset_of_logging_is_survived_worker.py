"""The worker of a test: a reset of logging is survived."""

import logging
import logging.config

from place import meet

logging.basicConfig(level=logging.DEBUG)
g = meet(process_name="worker")
logging.config.dictConfig(
    {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"f": {"format": "log %(levelname)s %(name)s [%(threadName)s] %(message)s"}},
        "handlers": {"h": {"class": "logging.StreamHandler", "formatter": "f"}},
        "loggers": {"daffi.node": {"handlers": ["h"], "level": "WARNING"}},
    }
)
print("up", flush=True)
g.join()
