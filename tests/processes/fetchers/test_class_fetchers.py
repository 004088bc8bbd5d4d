"""Classes as fetchers: each public method calls the remote callback of its name."""


def test_each_public_method_of_a_class_is_a_fetcher(serve, call):
    serve()
    call("""
        @fetcher(FG)
        class Provider:
            def __init__(self):
                self.factor = 10

            def add(self, a, b):
                __body_unknown__(a, b)

            @staticmethod
            def greet(name, *, mark="!"): ...

            @classmethod
            def size(cls, data): ...

            @alias("echo")
            def back(self, value): ...

            @local
            def scaled(self, value):
                return self.factor * value

            def _private(self):
                return "private"

        provider = Provider()
        assert provider.add(1, 2) == 3
        assert provider.add(1, b=2) == 3
        assert Provider.add(1, 2) == 3
        assert provider.greet("ada", mark="?") == "hello ada?"
        assert Provider.size(b"1234") == 4
        assert provider.back("x") == "x"
        assert provider.scaled(2) == 20
        assert provider._private() == "private"
        assert Provider().add(2, 2) == 4
        g.stop()
    """)


def test_inherited_methods_are_fetchers_of_the_decorated_class_alone(serve, call):
    serve()
    call("""
        class Base:
            def echo(self, value):
                return "local"

        @fetcher(exec_modifier=FG(timeout=10))
        class Remote(Base):
            pass

        assert Remote().echo("remote") == "remote"
        assert Base().echo("remote") == "local"
        g.stop()
    """)


def test_a_class_fetcher_without_a_modifier_makes_pending_calls(serve, call):
    serve()
    call("""
        @fetcher
        class Provider:
            def add(self, a, b): ...

        provider = Provider()
        assert (provider.add(1, 2) & FG) == 3
        assert (provider.add(1, 2) & BG(timeout=10)).get() == 3
        assert provider.add(1, 2, __exec_modifier__=FG) == 3

        @fetcher(BG)
        class Later:
            def add(self, a, b): ...

        assert Later().add(3, 4).get() == 7
        g.stop()
    """)


def test_with_args_from_body_the_method_makes_the_arguments_of_its_instance(serve, call):
    serve()
    call("""
        @fetcher(FG, args_from_body=True)
        class Provider:
            unit = 7

            def __init__(self, factor):
                self.factor = factor

            def add(self, number):
                return number, self.factor * number

            @classmethod
            def echo(cls):
                return cls.unit

            @staticmethod
            def size(count):
                return bytes(count)

        assert Provider(2).add(5) == 15
        assert Provider(factor=3).add(number=5) == 20
        assert Provider.echo() == 7
        assert Provider(1).size(9) == 9
        g.stop()
    """)
