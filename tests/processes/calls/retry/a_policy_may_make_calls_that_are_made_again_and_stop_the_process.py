"""A policy may make calls that are made again and stop the process."""

from place import meet_provider, raises, within

from daffi import BG, RetryPolicy

g = meet_provider()
policy = RetryPolicy(KeyError, stop_after_attempt=2, wait=0)


class Asks(RetryPolicy):
    def is_worth(self, error):
        with raises(KeyError):
            (g.call.flaky(10**9) & BG(retry_policy=policy)).get()
        return super().is_worth(error)


with raises(KeyError):
    (g.call.flaky(10**9) & BG(retry_policy=Asks(KeyError, stop_after_attempt=3, wait=0))).get()


class Stops(RetryPolicy):
    def is_worth(self, error):
        g.stop()
        return True


with raises(KeyError), within(10):
    (g.call.flaky(10**9) & BG(retry_policy=Stops(wait=0))).get()
