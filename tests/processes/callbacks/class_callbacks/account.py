"""The process called account in test_class_callbacks.py."""

import asyncio

from place import meet, stay

from daffi import InitializationError, alias, callback, local


class Base:
    def inherited(self):
        return f"inherited by {type(self).__name__}"

    def hidden_below(self):
        return "from the base"

    @local
    def local_in_base(self):
        return "local"


@callback
class Account(Base):
    rate = 2

    def __init__(self, start):
        self.balance = start

    def deposit(self, amount, *, times=1):
        self.balance += amount * times
        return self.balance

    async def deposit_slowly(self, amount):
        await asyncio.sleep(0)
        return self.deposit(amount)

    @alias("total")
    def current_balance(self):
        return self.balance

    @staticmethod
    def currency(sign="€"):
        return sign

    @classmethod
    def scaled(cls, amount):
        return cls.rate * amount

    @classmethod
    async def scaled_slowly(cls, amount):
        return cls.rate * amount

    @alias("fee")
    @staticmethod
    def compute_fee(amount):
        return amount / 100

    @local
    def audit(self):
        return "local"

    @property
    def owner(self):
        return "me"

    def hidden_below(self):
        return "from the class"

    def _private(self):
        return "private"


@callback
def open_account(start):
    account = Account(start)
    assert account.deposit(0) == start
    assert account.audit() == "local"
    assert account.current_balance() == start
    assert account.owner == "me"
    assert type(account) is Account
    return start


@callback
def open_second():
    try:
        Account(1)
    except InitializationError as error:
        return str(error)


g = meet(process_name="provider")
stay(g)
