//! What a process takes part in, and with which settings: the way to a running [`Global`](crate::Global).

use std::fmt;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use daffi_proto::Limits;

use crate::host::{Host, RustHost};
use crate::net::address::Address;
use crate::serve::callback::Definition;

/// How many bytes of arguments may wait to be sent, unless set. 128 MiB: what a process in a small container can spare.
const MAX_WAITING_BYTES: u64 = 128 << 20;

/// Which direct links a node makes and takes. Where two nodes do not meet, their controller relays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direct {
    /// Unix sockets between processes of one host and user, TCP between others.
    #[default]
    Any,
    /// TCP alone.
    TcpOnly,
    /// None: every call goes through the controller.
    Never,
}

/// What a node gives those who call it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Serving {
    pub(crate) threads: usize,
    pub(crate) pending_bytes: u64,
    pub(crate) stack_size: Option<usize>,
}

impl Serving {
    /// Blocked callbacks do not count against each other until then, and their stacks are mostly untouched memory.
    const THREADS: usize = 1024;
    /// 256 MiB: with what Python makes of it, a process in a container of 1 GiB lives on.
    const PENDING_BYTES: u64 = 256 << 20;
}

impl Default for Serving {
    fn default() -> Self {
        Self {
            threads: Self::THREADS,
            pending_bytes: Self::PENDING_BYTES,
            stack_size: None,
        }
    }
}

/// Collects the settings of a [`Global`](crate::Global).
#[derive(Clone)]
pub struct Builder {
    pub(crate) process_name: Option<String>,
    pub(crate) controller: bool,
    pub(crate) node: bool,
    pub(crate) address: Address,
    pub(crate) direct: Direct,
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) limits: Limits,
    pub(crate) max_waiting_bytes: u64,
    pub(crate) serving: Serving,
    pub(crate) host: Arc<dyn Host>,
    pub(crate) callbacks: Vec<Definition>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            process_name: None,
            controller: false,
            node: true,
            address: Address::default(),
            direct: Direct::default(),
            connect_timeout: None,
            limits: Limits::default(),
            max_waiting_bytes: MAX_WAITING_BYTES,
            serving: Serving::default(),
            host: Arc::new(RustHost),
            callbacks: Vec::new(),
        }
    }
}

impl Builder {
    /// What others call this process. Unless set: host, process number and a short random part.
    #[must_use]
    pub fn process_name(mut self, name: impl Into<String>) -> Self {
        self.process_name = Some(name.into());
        self
    }

    /// Whether this process has the controller. Off unless set.
    #[must_use]
    pub const fn controller(mut self, controller: bool) -> Self {
        self.controller = controller;
        self
    }

    /// Whether this process takes part in calls. On unless set.
    #[must_use]
    pub const fn node(mut self, node: bool) -> Self {
        self.node = node;
        self
    }

    /// The controller is on TCP at this host. A controller without a port takes a free one, see [`Global::port`](crate::Global::port).
    #[must_use]
    pub fn tcp(mut self, host: impl Into<String>, port: Option<u16>) -> Self {
        let host = host.into();
        self.address = Address::Tcp { host, port };
        self
    }

    /// The controller is at a unix socket in this folder; a relative one is meant from the current folder as it is now.
    /// Unless an address is set, that is `daffi` in the folder for temporary files, which is the one that Python's
    /// `tempfile.gettempdir()` gives.
    #[must_use]
    pub fn unix(mut self, folder: impl AsRef<Path>) -> Self {
        self.address = Address::unix(folder.as_ref());
        self
    }

    /// Which direct links this node makes and takes.
    #[must_use]
    pub const fn direct(mut self, direct: Direct) -> Self {
        self.direct = direct;
        self
    }

    /// How long to wait for a controller; unless set, for ever.
    #[must_use]
    pub const fn connect_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// The most bytes of one message, 1 GiB unless set.
    #[must_use]
    pub const fn max_message(mut self, bytes: u64) -> Self {
        self.limits.message_bytes = bytes;
        self
    }

    /// The most bytes of arguments that wait to be sent, of calls that do not wait themselves; 128 MiB unless set.
    #[must_use]
    pub const fn max_waiting_bytes(mut self, bytes: u64) -> Self {
        self.max_waiting_bytes = bytes;
        self
    }

    /// The most threads that serve this node, two at least, 1,024 unless set: one reads, the others run callbacks that
    /// block. While all are taken, calls that need one wait; see [`Self::patience`].
    #[must_use]
    pub const fn threads(mut self, threads: usize) -> Self {
        self.serving.threads = threads;
        self
    }

    /// The most bytes that calls to this node hold together which are read and not answered, 256 MiB unless set. What does
    /// not fit stays with its caller; see [`Self::patience`]. A single larger one goes where hardly anything else is there.
    #[must_use]
    pub const fn max_pending_bytes(mut self, bytes: u64) -> Self {
        self.serving.pending_bytes = bytes;
        self
    }

    /// The bytes of the stack of each thread that runs callbacks; Rust's default unless set.
    #[must_use]
    pub const fn stack_size(mut self, bytes: usize) -> Self {
        self.serving.stack_size = Some(bytes);
        self
    }

    /// How many calls of callbacks that run elsewhere, as on an event loop, are under way at once, 10,000 unless set. As
    /// many more wait for their turn.
    #[must_use]
    pub const fn max_tasks(mut self, calls: NonZeroUsize) -> Self {
        self.limits.loop_calls = calls;
        self
    }

    /// How long calls wait at one of these bounds, or at a callback with [`Definition::at_once`], while nothing moves there:
    /// then they fail as overloaded. 30 s unless set; none waits for ever.
    #[must_use]
    pub const fn patience(mut self, patience: Option<Duration>) -> Self {
        self.limits.patience = patience;
        self
    }

    /// How long a connection may take for its handshake, 5 s unless set.
    #[must_use]
    pub const fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.limits.handshake = timeout;
        self
    }

    /// How often whoever owes something shows that it lives, 5 s unless set; after three times that in silence it is lost.
    /// All processes of a system need the same.
    #[must_use]
    pub const fn heartbeat(mut self, every: Duration) -> Self {
        self.limits.heartbeat = every;
        self
    }

    /// The language around the runtime.
    #[must_use]
    pub fn host_hooks(mut self, host: Arc<dyn Host>) -> Self {
        self.host = host;
        self
    }

    /// A callback that is there from the start: others see it together with this process.
    #[must_use]
    pub fn callback(mut self, definition: Definition) -> Self {
        self.callbacks.push(definition);
        self
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("process_name", &self.process_name)
            .field("controller", &self.controller)
            .field("node", &self.node)
            .field("address", &self.address)
            .field("direct", &self.direct)
            .finish_non_exhaustive()
    }
}
