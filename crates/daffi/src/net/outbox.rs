//! The bytes that wait to be written to one connection of a tokio thread: tried at once, kept if need be, bounded.

use std::cell::{Cell, RefCell};
use std::io;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::net::socket::Socket;

/// From how many bytes on whoever writes should hold back. 1 MiB: four chunks of a large value keep a socket busy.
const HIGH_WATER: usize = 1 << 20;

/// How long a closing connection may take for its last bytes. 1 s: a refusal or a goodbye takes microseconds.
const LAST_BYTES: Duration = Duration::from_secs(1);

/// A connection and what waits to be written to it. Lives on one thread.
#[derive(Debug)]
pub(crate) struct Outbox {
    socket: Socket,
    /// The most bytes to keep; more, and the peer counts as dead.
    most: usize,
    kept: RefCell<Kept>,
    state: Cell<State>,
    /// When the peer last took a byte, while something is kept.
    progress: Cell<Instant>,
    /// It took something that had to wait.
    unblocked: Cell<bool>,
    /// Wakes the writer task.
    work: Notify,
    /// Wakes those that hold back, and those that wait for the end.
    room: Notify,
}

#[derive(Debug, Default)]
struct Kept {
    bytes: Vec<u8>,
    /// So many of the first are written.
    from: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// The peer takes no byte any more. What it has sent before is still to be read.
    Deaf,
    /// Takes no more; ends when what is kept is written.
    Closing,
    Closed,
}

impl Outbox {
    pub(crate) fn new(socket: Socket, most: usize) -> Self {
        Self {
            socket,
            most,
            kept: RefCell::default(),
            state: Cell::new(State::Open),
            progress: Cell::new(Instant::now()),
            unblocked: Cell::new(false),
            work: Notify::new(),
            room: Notify::new(),
        }
    }

    pub(crate) const fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Writes bytes after all before them: the kernel takes them at once, or they are kept. A peer that lets too much
    /// pile up is closed.
    pub(crate) fn push(&self, bytes: &[u8]) {
        if self.state.get() != State::Open {
            return;
        }
        let mut kept = self.kept.borrow_mut();
        let mut rest = bytes;
        if kept.bytes.is_empty() {
            match self.socket.try_write(bytes) {
                Ok(written) => rest = &bytes[written..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => (),
                Err(_) => {
                    drop(kept);
                    return self.go_deaf();
                }
            }
            self.progress.set(Instant::now());
        }
        if rest.is_empty() {
            return;
        }
        if kept.bytes.len() - kept.from + rest.len() > self.most {
            drop(kept);
            let most = self.most;
            tracing::warn!(most, "a connection is closed: its peer takes no bytes");
            return self.close_now();
        }
        kept.bytes.extend_from_slice(rest);
        drop(kept);
        self.work.notify_one();
    }

    /// Writes bytes unless others wait to be written.
    pub(crate) fn push_if_idle(&self, bytes: &[u8]) {
        if self.kept.borrow().bytes.is_empty() {
            self.push(bytes);
        }
    }

    /// Whether the peer has taken something since this was last asked, after it had not for a while.
    pub(crate) fn take_unblocked(&self) -> bool {
        self.unblocked.take()
    }

    /// Whether so much is kept that whoever writes should hold back.
    pub(crate) fn is_high(&self) -> bool {
        let kept = self.kept.borrow();
        self.state.get() == State::Open && kept.bytes.len() - kept.from > HIGH_WATER
    }

    /// Waits until there is room again, or the connection is closed. A peer that takes no byte for `patience` is closed.
    pub(crate) async fn room(&self, patience: Duration) {
        while self.is_high() {
            let end = self.progress.get() + patience;
            let woken = tokio::time::timeout_at(end.into(), self.room.notified()).await;
            if woken.is_err() && self.progress.get() + patience <= Instant::now() {
                tracing::warn!("a lane is closed: its node took no byte for {patience:?}");
                self.close_now();
            }
        }
    }

    /// Writes nothing any more. Who reads comes to the end of what the peer has sent by itself.
    fn go_deaf(&self) {
        if self.state.get() == State::Open {
            self.state.set(State::Deaf);
            *self.kept.borrow_mut() = Kept::default();
            self.work.notify_one();
            self.room.notify_waiters();
        }
    }

    /// Takes no more bytes, and ends the connection when the last are written.
    pub(crate) fn close(&self) {
        match self.state.get() {
            State::Open => {
                self.state.set(State::Closing);
                self.work.notify_one();
            }
            State::Deaf => self.close_now(),
            State::Closing | State::Closed => (),
        }
    }

    /// Ends the connection at once.
    pub(crate) fn close_now(&self) {
        if self.state.replace(State::Closed) != State::Closed {
            *self.kept.borrow_mut() = Kept::default();
            self.socket.shut();
            self.work.notify_one();
            self.room.notify_waiters();
        }
    }

    /// Whether it is to be closed, by this side.
    pub(crate) fn is_closing(&self) -> bool {
        matches!(self.state.get(), State::Closing | State::Closed)
    }

    /// Writes what is kept whenever the kernel takes more, until the connection is closed or the peer takes nothing any
    /// more. One task runs this.
    pub(crate) async fn run(&self) {
        loop {
            match self.state.get() {
                State::Closed | State::Deaf => return,
                State::Closing => {
                    let _ = tokio::time::timeout(LAST_BYTES, self.write_kept()).await;
                    return self.close_now();
                }
                State::Open => (),
            }
            if self.kept.borrow().bytes.is_empty() {
                self.work.notified().await;
            } else if self.write_kept().await.is_err() {
                self.go_deaf();
            }
        }
    }

    /// Writes until nothing is kept or the state changes.
    async fn write_kept(&self) -> io::Result<()> {
        loop {
            {
                let mut kept = self.kept.borrow_mut();
                if kept.bytes.is_empty() {
                    return Ok(());
                }
                match self.socket.try_write(&kept.bytes[kept.from..]) {
                    Ok(written) => {
                        kept.from += written;
                        self.unblocked.set(true);
                        self.progress.set(Instant::now());
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => (),
                    Err(error) => return Err(error),
                }
                if kept.from == kept.bytes.len() {
                    *kept = Kept::default();
                } else if kept.from > HIGH_WATER {
                    let from = std::mem::take(&mut kept.from);
                    kept.bytes.drain(..from);
                }
            }
            if !self.is_high() {
                self.room.notify_waiters();
            }
            if self.kept.borrow().bytes.is_empty() {
                return Ok(());
            }
            tokio::select! {
                ready = self.socket.writable() => ready?,
                () = self.work.notified(), if self.state.get() == State::Open => {
                    if self.state.get() != State::Open {
                        return Ok(());
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::rc::Rc;
    use tokio::task::{LocalSet, spawn_local};

    /// Far more than a socket buffers.
    const FLOOD: usize = 8 << 20;

    /// Runs a test with an outbox and the other end of its connection.
    fn with_outbox<F: Future<Output = ()>>(
        most: usize,
        test: impl FnOnce(Rc<Outbox>, std::os::unix::net::UnixStream) -> F,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("there is room for a runtime");
        LocalSet::new().block_on(&runtime, async {
            let (here, there) = std::os::unix::net::UnixStream::pair().expect("a pair");
            here.set_nonblocking(true).expect("it is taken");
            let here = tokio::net::UnixStream::from_std(here).expect("it is a socket");
            let outbox = Rc::new(Outbox::new(Socket::unix(here).expect("it is ours"), most));
            test(outbox, there).await;
        });
    }

    fn writer(outbox: &Rc<Outbox>) -> tokio::task::JoinHandle<()> {
        let outbox = Rc::clone(outbox);
        spawn_local(async move { outbox.run().await })
    }

    #[test]
    fn what_does_not_fit_now_is_written_later_in_order() {
        with_outbox(usize::MAX, |outbox, mut there| async move {
            let writing = writer(&outbox);
            let sent: Vec<u8> = (0..FLOOD).map(|n| (n % 251) as u8).collect();
            for part in sent.chunks(100_000) {
                outbox.push(part);
            }
            assert!(outbox.is_high());
            outbox.close();
            let reading = std::thread::spawn(move || {
                let mut read = Vec::new();
                there.read_to_end(&mut read).map(|_| read)
            });
            writing.await.expect("it does not panic");
            let read = reading.join().expect("it does not panic");
            assert!(read.expect("all of it comes") == sent);
        });
    }

    #[test]
    fn a_peer_that_lets_too_much_pile_up_is_closed() {
        with_outbox(FLOOD, |outbox, there| async move {
            for _ in 0..20 {
                outbox.push(&vec![0; FLOOD / 10]);
            }
            assert!(outbox.is_closing());
            assert!(!outbox.is_high(), "nobody waits for room in it");
            drop(there);
        });
    }

    #[test]
    fn what_a_peer_has_sent_is_read_though_it_takes_nothing_any_more() {
        // The first write that failed closed the connection: the last answers of a process that had stopped went with it.
        for is_full in [false, true] {
            with_outbox(usize::MAX, |outbox, mut there| async move {
                let writing = writer(&outbox);
                if is_full {
                    outbox.push(&vec![0; FLOOD]);
                }
                there.write_all(b"the last answer").expect("it is taken");
                drop(there);
                outbox.push(b"another request");
                writing.await.expect("it does not panic");
                assert!(!outbox.is_closing());
                let mut read = [0; 64];
                let length = outbox.socket().read(&mut read).await.expect("it is there");
                assert_eq!(&read[..length], b"the last answer");
                outbox.close();
                assert!(outbox.is_closing());
            });
        }
    }

    #[test]
    fn a_peer_that_takes_no_byte_is_closed_once_others_wait_for_it() {
        with_outbox(usize::MAX, |outbox, there| async move {
            let writing = writer(&outbox);
            outbox.push(&vec![0; FLOOD]);
            assert!(!outbox.is_closing());
            outbox.room(Duration::from_millis(50)).await;
            assert!(outbox.is_closing());
            writing.await.expect("it does not panic");
            drop(there);
        });
    }
}
