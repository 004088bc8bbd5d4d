"""A cable between two TCP peers that a test can pull out: afterwards neither side hears of the other."""

import contextlib
import socket
import threading


class Cable:
    """Forwards connections on a port of its own to `target` until `pull`; its connections stay open and silent then.

    That is what a peer sees of a host that lost its power, or of a firewall that forgot a connection.
    """

    def __init__(self, target: int):
        self.target = target
        self._pulled = threading.Event()
        self._closed = threading.Event()
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return  # closed
            self._sockets.append(near)
            if self._pulled.is_set():
                continue
            far = socket.create_connection(("127.0.0.1", self.target))
            self._sockets.append(far)
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self._forward, args=pair, daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(1 << 16):
                if self._pulled.is_set():
                    self._closed.wait()
                    return
                sink.sendall(data)
            if not self._pulled.is_set():
                sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # one end is gone, or the test is over

    def pull(self) -> None:
        """From now on nothing passes, in either direction, on old connections and on new ones."""
        self._pulled.set()

    def close(self) -> None:
        """The end of the test: let go of everything."""
        self._pulled.set()
        self._closed.set()
        for end in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):  # not connected
                end.shutdown(socket.SHUT_RDWR)
            end.close()
