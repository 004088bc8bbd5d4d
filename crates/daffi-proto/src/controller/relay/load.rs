//! What is under way on each lane, so that no node can make the controller or another node keep more than is allowed.

use rustc_hash::FxHashMap;

use super::Violation;
use crate::Limits;
use crate::controller::{ConnectionId, ControllerAction, Step};

/// From how many held bytes on a caller's lane is not read, until what is held has gone on. 4 MiB: sixteen chunks,
/// so that small calls to nodes that are still opening their lane do not stop the caller's other calls.
const HELD_BYTES: u64 = 4 << 20;

/// The blobs that a message announced and that are yet to come, chunk by chunk.
#[derive(Debug, Default)]
pub(super) struct Blobs {
    /// The lengths of those of which nothing has come.
    later: std::vec::IntoIter<u64>,
    /// What is missing of the one that is coming.
    missing: u64,
    /// All of it together.
    announced: u64,
}

impl Blobs {
    pub(super) fn new(lengths: Vec<u64>) -> Self {
        let announced = lengths
            .iter()
            .fold(0, |sum: u64, length| sum.saturating_add(*length));
        Self {
            later: lengths.into_iter(),
            missing: 0,
            announced,
        }
    }

    /// A chunk has come. One that crosses from one blob into the next, is empty or was not announced would end the lane
    /// it is forwarded to, so it ends the lane it came on.
    pub(super) fn take(&mut self, length: u32) -> Result<(), Violation> {
        if self.missing == 0 {
            self.missing = self.later.next().ok_or(Violation)?;
        }
        if length == 0 || u64::from(length) > self.missing {
            return Err(Violation);
        }
        self.missing -= u64::from(length);
        Ok(())
    }

    /// Whether everything has come.
    pub(super) fn is_empty(&self) -> bool {
        self.missing == 0 && self.later.len() == 0
    }
}

/// The load of every lane that is not idle.
#[derive(Debug)]
pub(super) struct Loads {
    lanes: FxHashMap<ConnectionId, Load>,
    partial_messages: usize,
    announced_bytes: u64,
}

#[derive(Debug, Default)]
struct Load {
    /// Calls, where it is a caller's.
    calls: usize,
    /// Bytes held for later, where it is a caller's.
    held: u64,
    is_paused: bool,
    /// Messages to the other end of it that are half sent, and the bytes of their blobs.
    partial: usize,
    announced: u64,
}

impl Loads {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            lanes: FxHashMap::default(),
            partial_messages: limits.partial_messages,
            // As much as a link takes.
            announced_bytes: limits.announced_bytes(),
        }
    }

    /// A lane is closed; nothing is done about it any more.
    pub(super) fn forget(&mut self, lane: ConnectionId) {
        self.lanes.remove(&lane);
    }

    /// How many calls of a caller pass through.
    pub(super) fn calls(&self, lane: ConnectionId) -> usize {
        self.lanes.get(&lane).map_or(0, |load| load.calls)
    }

    pub(super) fn begin(&mut self, lane: ConnectionId) {
        self.lanes.entry(lane).or_default().calls += 1;
    }

    pub(super) fn end(&mut self, lane: ConnectionId) {
        if let Some(load) = self.lanes.get_mut(&lane) {
            load.calls = load.calls.saturating_sub(1);
        }
    }

    /// Whether the other end of a lane takes the blobs of one more message.
    pub(super) fn has_room(&self, lane: ConnectionId, blobs: &Blobs) -> bool {
        let Some(load) = self.lanes.get(&lane).filter(|_| blobs.announced > 0) else {
            return true;
        };
        load.partial < self.partial_messages
            && load.announced.saturating_add(blobs.announced) <= self.announced_bytes
    }

    pub(super) fn announce(&mut self, lane: ConnectionId, blobs: &Blobs) {
        if blobs.announced > 0 {
            let load = self.lanes.entry(lane).or_default();
            load.partial += 1;
            load.announced = load.announced.saturating_add(blobs.announced);
        }
    }

    pub(super) fn retract(&mut self, lane: ConnectionId, blobs: &Blobs) {
        if let Some(load) = self.lanes.get_mut(&lane).filter(|_| blobs.announced > 0) {
            load.partial = load.partial.saturating_sub(1);
            load.announced = load.announced.saturating_sub(blobs.announced);
        }
    }

    pub(super) fn hold(&mut self, step: &mut Step<'_>, lane: ConnectionId, bytes: u64) {
        let load = self.lanes.entry(lane).or_default();
        load.held += bytes;
        if load.held >= HELD_BYTES && !load.is_paused {
            load.is_paused = true;
            step.push(ControllerAction::Pause { lane });
        }
    }

    pub(super) fn let_go(&mut self, step: &mut Step<'_>, lane: ConnectionId, bytes: u64) {
        let Some(load) = self.lanes.get_mut(&lane) else {
            return;
        };
        load.held = load.held.saturating_sub(bytes);
        if load.held < HELD_BYTES && load.is_paused {
            load.is_paused = false;
            step.push(ControllerAction::Resume { lane });
        }
    }
}
