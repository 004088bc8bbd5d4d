"""The other process of a test: callbacks have g while their process stops."""

from place import meet

from daffi import BG


class Argument:
    def __reduce__(self):
        return eval, ("__import__('sys').modules['__main__'].read()",)


g = meet(process_name="caller")
g.wait_process("worker", timeout=20)
names = "given", "given_async", "asks"
results = [g.call[name](Argument()) & BG(timeout=20) for name in names]
print([result.get() for result in results], flush=True)
g.stop()
