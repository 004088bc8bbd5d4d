"""Reading a value may import its module; what the process offers changes when it imports that module itself."""

import pytest
from script import programs

PROGRAMS = programs(__file__)

SHOP = """
from daffi import callback
class OutOfStock(Exception): pass
class Item:
    def __init__(self, name): self.name = name
@callback
def order(number):
    if number > 3: raise OutOfStock(number)
    return Item("book")
"""

# `shopping` is a file beside these.
CALLER = """
import importlib, sys, threading
sys.path.append({programs!r})
from shopping import fails, g, offered
from daffi import FG
"""


@pytest.fixture
def shop(folder, serve, join):
    """Run the caller of a shop that is made of this module, or of these files."""

    def start(caller, module="shop", files=None):
        path = folder / "modules"
        (path / "pkg").mkdir(parents=True)
        (path / "pkg" / "__init__.py").write_text("")
        for name, text in (files or {module.replace(".", "/") + ".py": SHOP}).items():
            (path / name).write_text(text)
        serve(PROGRAMS / "provider.py", path, module)
        if isinstance(caller, str):
            caller = CALLER.format(programs=str(PROGRAMS)) + caller
        script = join(caller, path)
        assert script.wait_end() == 0, script.output
        return script.output

    return start


READ = ["fails()", "g.call.order(1) & FG", "g.call.function() & FG"]


@pytest.mark.parametrize("read", READ, ids=["error", "value", "function"])
def test_reading_what_a_call_gives_does_not_change_what_a_process_offers(read, shop):
    # A frontend that got one error offered the backend's callbacks from then on, and was given half of the orders.
    shop(
        f"assert offered() == []\n{read}\nassert 'shop' in sys.modules\nassert offered() == []\ng.stop()\n"
    )


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("shop", "import shop"),
        ("shop", "from shop import order"),
        ("shop", "importlib.import_module('shop')"),
        ("pkg.shop", "import pkg.shop"),
        ("pkg.shop", "from pkg import shop"),
        ("pkg.shop", "from pkg.shop import *"),
    ],
)
def test_what_the_process_imports_itself_it_offers_however_it_does(module, imported, shop):
    shop(
        f"""
assert "OutOfStock" in fails().__name__
assert offered() == []
{imported}
assert offered() == ["order"]
assert issubclass(fails(), sys.modules[{module!r}].OutOfStock)
{imported}
importlib.reload(sys.modules[{module!r}])
assert offered() == ["order"]
g.stop()
""",
        module,
    )


def test_what_it_brought_along_is_offered_with_it(shop):
    shop(
        """
g.call.function() & FG
assert "shop" in sys.modules and offered() == []
import app
assert offered() == ["order"]
g.stop()
""",
        module="app",
        files={"shop.py": SHOP, "app.py": "import shop\nclass Basket: pass\norder = Basket\n"},
    )


def test_what_a_lazy_module_imports_for_a_value_is_held_back_too(shop):
    lazy = "def __getattr__(name):\n    from pkg import impl\n    return getattr(impl, name)\n"
    shop(
        """
import pkg.lazy
g.call.function() & FG
assert "pkg.impl" in sys.modules and offered() == []
assert pkg.lazy.OutOfStock is sys.modules["pkg.impl"].OutOfStock
assert offered() == ["order"]
g.stop()
""",
        module="pkg.lazy",
        files={
            "pkg/lazy.py": lazy,
            "pkg/impl.py": SHOP.replace('"book"', '"book")\nOutOfStock.__module__ = ("pkg.lazy"'),
        },
    )


def test_a_process_that_imports_it_while_it_is_being_read_offers_it(shop):
    waits = """
import builtins
if hasattr(builtins, "reached"):
    reached.set()
    assert go_on.wait(20)
"""
    shop(
        PROGRAMS / "a_process_that_imports_it_while_it_is_being_read_offers_it.py",
        files={"shop.py": waits + SHOP},
    )


def test_threads_that_read_one_value_at_the_same_time_change_nothing_either(shop):
    shop("""
threads = [threading.Thread(target=fails) for _ in range(20)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert offered() == []
g.stop()
""")
