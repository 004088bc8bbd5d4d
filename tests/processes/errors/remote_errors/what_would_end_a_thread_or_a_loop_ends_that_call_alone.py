"""What would end a thread or a loop ends that call alone."""

from place import meet_provider, raises, within

from daffi import FG, RemoteCallError

g = meet_provider()
kinds = {
    "raise_base": "Base",
    "stop_iteration": "StopIteration",
    "generator_exit": "GeneratorExit",
    "exit_async": "SystemExit",
    "interrupt_async": "KeyboardInterrupt",
    "cancel_itself": "CancelledError",
    "raise_base_async": "Base",
}
for _ in range(3):
    for name, kind in kinds.items():
        with within(5), raises(RemoteCallError) as caught:
            getattr(g.call, name)() & FG
        assert caught.error.remote_type.endswith(kind), caught.error.remote_type
assert (g.call.add(1, 2) & FG) == 3
g.stop()
