"""Classes as callbacks: which methods are offered, under what names, and the one instance that they run on."""

from script import programs

PROGRAMS = programs(__file__)


ACCOUNT = PROGRAMS / "account.py"


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
    call(PROGRAMS / "arguments_are_checked_against_the_method_without_self.py")


def test_an_instance_whose_constructor_fails_is_none(serve, call):
    serve(PROGRAMS / "an_instance_whose_constructor_fails_is_none_provider.py")
    call("""
        assert g.call.read().fg() == 7
        g.stop()
    """)


def test_a_subclass_that_is_no_callback_may_have_many_instances(serve, call):
    serve(PROGRAMS / "a_subclass_that_is_no_callback_may_have_many_instances_provider.py")
    call("""
        assert g.call.read().fg() == "Sensor"
        g.stop()
    """)


def test_a_class_registered_while_running_reaches_all_others(serve, join, call):
    serve(PROGRAMS / "a_class_registered_while_running_reaches_all_others_provider.py")
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
