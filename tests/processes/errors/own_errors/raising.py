"""What programs of test_own_errors.py have in common."""


class BaseError(Exception):
    pass


class QuotaError(BaseError):
    def __init__(self, left):
        super().__init__(f"left {left}")
        self.left = left


def check():
    raise QuotaError(3)


def check_several():
    raise ExceptionGroup("several", [QuotaError(3), ValueError(1)])


async def check_async():
    check()
