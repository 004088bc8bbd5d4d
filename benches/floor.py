"""The floor: two Python processes and sockets, nothing else: what a blocking call costs at least."""

import json
import socket
import sys
import threading
from collections.abc import Callable

from benches.clock import BULK_BYTES, THREADS, batch_rate, bulk_rate, call_times, threads_rate

# A length and a body, as any protocol has them.
SMALL = (8).to_bytes(8, "little") + b"12345678"
IN_FLIGHT = 64


def serve(transport: str, path: str) -> None:
    """Answer on every connection, each in a thread of its own."""
    if transport == "unix":
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen(64)
        print("READY", path, flush=True)
    else:
        listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        print("READY", listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        _without_delay(connection)
        threading.Thread(target=_answer, args=(connection,), daemon=True).start()


def _answer(connection: socket.socket) -> None:
    """Give small messages back as they are, and eight bytes for a big one."""
    pending = b""
    while True:
        chunk = connection.recv(65536)
        if not chunk:
            return
        pending += chunk
        while len(pending) >= len(SMALL):
            length = int.from_bytes(pending[:8], "little")
            if length > len(SMALL):
                _swallow(connection, length - (len(pending) - 8))
                pending = b""
                connection.sendall(SMALL[:8])
                break
            # All that came at once is answered at once.
            whole = len(pending) // len(SMALL) * len(SMALL)
            connection.sendall(pending[:whole])
            pending = pending[whole:]


def _swallow(connection: socket.socket, length: int) -> None:
    buffer = memoryview(bytearray(length))
    while buffer:
        buffer = buffer[connection.recv_into(buffer) :]


def _without_delay(connection: socket.socket) -> None:
    if connection.family != socket.AF_UNIX:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _connect(transport: str, where: str) -> socket.socket:
    if transport == "unix":
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(where)
    else:
        connection = socket.create_connection(("127.0.0.1", int(where)))
    _without_delay(connection)
    return connection


def _call_on(connection: socket.socket) -> Callable[[], bytes]:
    def call() -> bytes:
        connection.sendall(SMALL)
        return connection.recv(64)

    return call


def measure(transport: str, where: str, *, count: int, everything: bool) -> dict[str, float]:
    """The figures that ours are held beside."""
    connection = _connect(transport, where)
    figures = call_times(_call_on(connection), count)
    if not everything:
        return figures

    def send(payload: bytes) -> bytes:
        connection.sendall(len(payload).to_bytes(8, "little"))
        connection.sendall(payload)
        return connection.recv(64)

    def batch() -> None:
        connection.sendall(SMALL * IN_FLIGHT)
        left = len(SMALL) * IN_FLIGHT
        while left:
            left -= len(connection.recv(left))

    assert len(SMALL) < BULK_BYTES
    figures["bulk_mib_s"] = bulk_rate(send, 8)
    figures["in_flight_s"] = batch_rate(batch, IN_FLIGHT, count // 10)
    calls = [_call_on(_connect(transport, where)) for _ in range(THREADS)]
    figures["threads_s"] = threads_rate(calls, count * 4)
    return figures


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", transport, path]:
            serve(transport, path)
        case ["measure", transport, where, count, everything]:
            figures = measure(
                transport, where, count=int(count), everything=everything == "everything"
            )
            print(json.dumps(figures))
