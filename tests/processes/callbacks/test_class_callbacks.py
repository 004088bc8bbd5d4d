"""Classes as callbacks: which methods are offered, under what names, and the one instance that they run on."""

ACCOUNT = """
import asyncio
from place import meet, stay
from daffi import FG, InitializationError, alias, callback, local

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
"""


def test_each_public_method_is_a_callback_once_there_is_an_instance(serve, call):
    serve(ACCOUNT)
    call("""
        g.call.open_account(10).fg()
        assert g.call.deposit(5, times=2).fg() == 20
        assert g.call.deposit_slowly(1).fg() == 21
        assert g.call.inherited().fg() == "inherited by Account"
        assert g.call.hidden_below().fg() == "from the class"
        assert g.call.total().fg() == 21
        assert g.call.deposit(1).bg().get() == 22
        g.stop()
    """)


def test_a_class_offers_its_own_methods_and_then_inherited_ones_in_order(serve, call):
    serve(ACCOUNT)
    call("""
        assert g.registered_callbacks == {"provider": [
            "deposit", "deposit_slowly", "total", "currency", "scaled", "scaled_slowly", "fee",
            "hidden_below", "inherited", "open_account", "open_second",
        ]}
        for name in ("current_balance", "compute_fee", "audit", "local_in_base", "owner", "_private"):
            with raises(GlobalContextError):
                getattr(g.call, name)().fg()
        g.stop()
    """)


def test_static_and_class_methods_work_at_once(serve, call):
    serve(ACCOUNT)
    call("""
        assert g.call.currency().fg() == "€"
        assert g.call.currency(sign="$").fg() == "$"
        assert g.call.scaled(3).fg() == 6
        assert g.call.scaled_slowly(4).fg() == 8
        assert g.call.fee(200).fg() == 2
        g.stop()
    """)


def test_a_method_called_before_there_is_an_instance_raises_remote_call_error(serve, call):
    serve(ACCOUNT)
    call("""
        for name in ("deposit", "deposit_slowly"):
            with raises(RemoteCallError) as caught:
                getattr(g.call, name)(1).fg()
            assert isinstance(caught.error, InitializationError)
            assert f"Account.{name} needs an instance of Account" in str(caught.error)
            assert "hint: Account(...)" in str(caught.error)
        g.call.open_account(1).fg()
        assert g.call.deposit(1).fg() == 2
        g.stop()
    """)


def test_a_second_instance_raises_initialization_error(serve, call):
    serve(ACCOUNT)
    call("""
        g.call.open_account(10).fg()
        text = g.call.open_second().fg()
        assert "has one instance" in text and "Account" in text, text
        assert g.call.total().fg() == 10
        g.stop()
    """)


def test_arguments_are_checked_against_the_method_without_self(serve, call):
    serve(ACCOUNT)
    call("""
        for wrong, reason in [
            (g.call.deposit(), "missing a required argument: 'amount'"),
            (g.call.deposit(1, 2), "too many positional arguments"),
            (g.call.currency(self=1), "unexpected keyword argument 'self'"),
            (g.call.scaled(1, 2), "too many positional arguments"),
        ]:
            with raises(GlobalContextError) as caught:
                wrong.fg()
            assert reason in str(caught.error), caught.error
        with raises(GlobalContextError) as caught:
            g.call.deposit().fg()
        assert "deposit(amount, *, times=1)" in str(caught.error)
        g.stop()
    """)


def test_an_instance_whose_constructor_fails_is_none(serve, call):
    serve("""
        from place import meet, stay
        from daffi import callback

        @callback
        class Sensor:
            def __init__(self, port):
                if port < 0:
                    raise ValueError(port)
                self.port = port

            def read(self):
                return self.port

        try:
            Sensor(-1)
        except ValueError:
            Sensor(7)
        g = meet(process_name="provider")
        stay(g)
    """)
    call("""
        assert g.call.read().fg() == 7
        g.stop()
    """)


def test_a_subclass_that_is_no_callback_may_have_many_instances(serve, call):
    serve("""
        from place import meet, stay
        from daffi import callback

        @callback
        class Sensor:
            def read(self):
                return type(self).__name__

        class Special(Sensor):
            pass

        Special(), Special(), Sensor()
        g = meet(process_name="provider")
        stay(g)
    """)
    call("""
        assert g.call.read().fg() == "Sensor"
        g.stop()
    """)


def test_a_class_registered_while_running_reaches_all_others(serve, join, call):
    serve("""
        from place import meet, stay
        from daffi import callback

        @callback
        def begin():
            @callback
            class Late:
                def late_method(self):
                    return "late"
            Late()

            @callback
            def made():  # comes behind the class, when it has its instance
                pass

        g = meet(process_name="provider")
        stay(g)
    """)
    watcher = join(
        """
        from place import meet
        g = meet(process_name="watcher")
        print("there", flush=True)
        g.wait_function("late_method", timeout=20)
        g.wait_function("made", timeout=20)
        print(g.call.late_method().fg())
        g.stop()
        """,
        name="watcher",
    )
    watcher.wait_for("^there$")
    call("""
        g.call.begin().fg()
        g.wait_function("late_method", timeout=20)
        assert g.call.late_method().fg() == "late"
        g.stop()
    """)
    assert watcher.wait_end() == 0
    assert watcher.lines[-1] == "late"
