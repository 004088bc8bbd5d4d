"""A module that the caller has and the provider may have."""

import dataclasses
import enum
import sys

from daffi import callback


class Mode(enum.Enum):
    FAST = 1
    SAFE = 2


@dataclasses.dataclass
class Job:
    n: int


class Refused(Exception):
    pass


def run(mode):
    return "fast" if mode is Mode.FAST else "safe" if mode is Mode.SAFE else repr(mode)


def is_job(job):
    return isinstance(job, Job), job == Job(1)


def make():
    return Job(1)


def refuse():
    raise Refused("no")


async def make_async():
    return [make()]


def modules():
    return "library" in sys.modules


@callback
def of_library(): ...
