"""What programs of test_logging.py have in common."""

import logging
import os


class Show(logging.Handler):
    def emit(self, record):
        text = record.getMessage().replace(chr(10), " / ")
        fields = getattr(record, "daffi", None)
        # In one piece, whoever writes beside.
        os.write(1, f"log {record.levelname} {record.name} {text} {fields}{chr(10)}".encode())


def show(level=logging.INFO):
    logger = logging.getLogger("daffi")
    logger.setLevel(level)
    logger.addHandler(Show())
