//! Every maximum of the protocol, each with the reason for its number.

use core::num::NonZeroUsize;
use core::time::Duration;

/// What one side accepts from the other. Checked before anything is allocated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest body of one frame, in bytes. 1 MiB: four bulk chunks, so that small frames pass between the
    /// chunks of a large value, and the most that a broken peer makes us hold for one frame.
    pub frame_bytes: u32,
    /// The longest message (inline payload and blobs together), in bytes. 1 GiB unless `max_message` says otherwise.
    pub message_bytes: u64,
    /// The most blobs of one message. 4,096: a data frame of that many columns still travels without copies.
    pub blobs: u32,
    /// The most messages that may be half received on one link. 1,024: more concurrent large values than any
    /// sender of ours makes, few enough that their tables stay small.
    pub partial_messages: usize,
    /// The most calls in flight on one link. 65,536: 64 futures times a thousand threads.
    pub calls_in_flight: usize,
    /// The most callbacks of one node. 65,536: the load tests register 500.
    pub callbacks: usize,
    /// The most async calls of one node that are under way at once. 10,000: with a task of ten kilobytes each, what a
    /// container of 1 GiB can spare.
    pub loop_calls: NonZeroUsize,
    /// The most calls that wait until one callback, or the event loop, takes them. 10,000: as many as run.
    pub waiting_calls: usize,
    /// How long a call waits while none of those before it ends; `None` for ever. 30 s: a caller without a time limit
    /// of its own learns of a callback that hangs, and callbacks that take longer are rare.
    pub patience: Option<Duration>,
    /// The most scheduled tasks that a node keeps, over and under way. 4,096: one for each node there may be.
    pub tasks: usize,
    /// The most nodes of one controller. 4,096: one thread and three descriptors each, below usual system limits.
    pub nodes: usize,
    /// How long a handshake may take from accept to welcome. 5 s: a loaded machine makes it in 0.1 s.
    pub handshake: Duration,
    /// How often a side that owes something shows that it lives, at least; after three times that in silence it is
    /// lost. 5 s, as on control connections. The same on both sides.
    pub heartbeat: Duration,
}

impl Limits {
    /// How many bytes of a blob one chunk carries. 256 KiB: at 5 GiB/s a chunk holds up a small frame for 50 us,
    /// and larger chunks were not faster.
    pub const CHUNK_BYTES: usize = 256 << 10;
    /// From how many bytes on a value travels as a blob beside the frame. 32 KiB: below, one copy costs less than
    /// the bookkeeping (measured cross-over between 16 and 32 KiB).
    pub const BLOB_THRESHOLD: usize = 32 << 10;
    /// The most points in time of one scheduled task. 65,536: one a minute for six weeks.
    pub const TIMES: usize = 65_536;
    /// How many bytes the half-received messages of a connection may announce together, whatever is the most of one. 2
    /// GiB: two of the largest, unless `max_message` makes more of one.
    pub const ANNOUNCED_BYTES: u64 = 2 << 30;

    /// For how long a side that owes something may give no sign of life.
    pub fn silence(&self) -> Duration {
        self.heartbeat * 3
    }

    /// [`Self::ANNOUNCED_BYTES`], or two messages of the largest size where that is more.
    pub fn announced_bytes(&self) -> u64 {
        self.message_bytes
            .saturating_mul(2)
            .max(Self::ANNOUNCED_BYTES)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            frame_bytes: 1 << 20,
            message_bytes: 1 << 30,
            blobs: 4096,
            partial_messages: 1024,
            calls_in_flight: 65_536,
            callbacks: 65_536,
            loop_calls: const { NonZeroUsize::new(10_000).unwrap() },
            waiting_calls: 10_000,
            patience: Some(Duration::from_secs(30)),
            tasks: 4096,
            nodes: 4096,
            handshake: Duration::from_secs(5),
            heartbeat: Duration::from_secs(5),
        }
    }
}
