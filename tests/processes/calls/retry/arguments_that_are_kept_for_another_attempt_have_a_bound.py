"""Arguments that are kept for another attempt have a bound."""

from place import meet, raises

from daffi import BG, Overloaded, RetryPolicy

g = meet(process_name="caller", max_waiting_bytes=1_050_000)
g.wait_process("provider")
policy = RetryPolicy(KeyError, wait="1h")
results = []
with raises(Overloaded) as caught:
    for _ in range(100):
        results.append(g.call.fail(bytes(100_000)) & BG(retry_policy=policy))
assert "max_waiting_bytes" in str(caught.error)
assert len(results) == 10
for result in results:
    result.cancel()
while len(results) == 10:
    try:
        results.append(g.call.fail(bytes(100_000)) & BG(retry_policy=policy))
    except Overloaded:
        pass  # those that were cancelled are on their way out
g.stop()
