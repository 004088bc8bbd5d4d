//! The parts of a long control frame, put together again: a change of many callbacks takes effect as one.

use super::{ControlFrame, MORE, Member};
use crate::{DecodeError, Head, Limits, NodeId};

/// Reads the control frames of one connection. What comes in parts is given when it is whole.
#[derive(Debug)]
pub struct ControlReader {
    limits: Limits,
    /// What has begun, and goes on in the next frame.
    begun: Option<ControlFrame>,
}

impl ControlReader {
    /// A reader at the start of a connection. What one node may have bounds what is kept of a frame that has begun.
    pub const fn new(limits: Limits) -> Self {
        Self {
            limits,
            begun: None,
        }
    }

    /// Takes the next frame in; none where more of it is to come.
    ///
    /// # Errors
    /// [`DecodeError`]: the connection cannot go on.
    pub fn read(&mut self, head: &Head, body: &[u8]) -> Result<Option<ControlFrame>, DecodeError> {
        let part = ControlFrame::decode(head, body)?;
        let is_last = match &part {
            ControlFrame::Snapshot { done, .. } => *done,
            // Within a snapshot only the snapshot itself ends.
            _ if matches!(self.begun, Some(ControlFrame::Snapshot { .. })) => false,
            _ => !is_cut(&part) || head.flags & MORE == 0,
        };
        let frame = match self.begun.take() {
            None => part,
            Some(begun) => joined(begun, part).ok_or(DecodeError::WrongKind(head.kind))?,
        };
        if is_last {
            return Ok(Some(frame));
        }
        self.check(&frame)?;
        self.begun = Some(frame);
        Ok(None)
    }

    /// Nobody goes on for ever.
    fn check(&self, begun: &ControlFrame) -> Result<(), DecodeError> {
        let most = self.limits.callbacks;
        let is_too_long =
            match begun {
                ControlFrame::Register { callbacks }
                | ControlFrame::Registered { callbacks, .. } => callbacks.len() > most,
                ControlFrame::Unregister { numbers }
                | ControlFrame::Unregistered { numbers, .. } => numbers.len() > most,
                ControlFrame::Joined { member } => member.callbacks.len() > most,
                ControlFrame::Snapshot { members, .. } => {
                    let last = members.last().map_or(0, |member| member.callbacks.len());
                    members.len() > self.limits.nodes || last > most
                }
                _ => false,
            };
        if is_too_long {
            return Err(DecodeError::TooMany("callbacks or members"));
        }
        Ok(())
    }
}

/// Whether frames of this kind are cut where they are long.
const fn is_cut(frame: &ControlFrame) -> bool {
    matches!(
        frame,
        ControlFrame::Register { .. }
            | ControlFrame::Unregister { .. }
            | ControlFrame::Snapshot { .. }
            | ControlFrame::Joined { .. }
            | ControlFrame::Registered { .. }
            | ControlFrame::Unregistered { .. }
    )
}

/// What has begun together with its next part; none where the two do not belong together.
fn joined(mut begun: ControlFrame, part: ControlFrame) -> Option<ControlFrame> {
    use ControlFrame::{Joined, Register, Registered, Snapshot, Unregister, Unregistered};
    match (&mut begun, part) {
        (Register { callbacks }, Register { callbacks: more }) => callbacks.extend(more),
        (Unregister { numbers }, Unregister { numbers: more }) => numbers.extend(more),
        (
            Registered { node, callbacks },
            Registered {
                node: same,
                callbacks: more,
            },
        ) if *node == same => callbacks.extend(more),
        (
            Unregistered { node, numbers },
            Unregistered {
                node: same,
                numbers: more,
            },
        ) if *node == same => numbers.extend(more),
        (Joined { member }, Registered { node, callbacks }) if is(member, node) => {
            member.callbacks.extend(callbacks);
        }
        (
            Snapshot { members, done },
            Snapshot {
                members: more,
                done: now,
            },
        ) => {
            members.extend(more);
            *done = now;
        }
        (Snapshot { members, .. }, Registered { node, callbacks }) => {
            let member = members.last_mut().filter(|member| is(member, node))?;
            member.callbacks.extend(callbacks);
        }
        _ => return None,
    }
    Some(begun)
}

fn is(member: &Member, node: NodeId) -> bool {
    member.identity.id == node
}
