//! The frames of relayed calls: they go from lane to lane with another call id, their payloads unread.

use daffi_proto::{CallId, Failure, FailureCode, FrameKind, Head, ReplyStatus};

use crate::net::outbox::Outbox;

/// One frame on its way.
pub(super) struct Relayed<'a> {
    pub(super) head: Head,
    pub(super) body: &'a [u8],
}

impl Relayed<'_> {
    /// Writes the frame to a lane, with this call id in place of its own.
    pub(super) fn push_to(&self, lane: &Outbox, call: CallId) {
        let mut bytes = Vec::with_capacity(Head::SIZE + self.body.len());
        self.append_to(&mut bytes, call);
        lane.push(&bytes);
    }

    pub(super) fn append_to(&self, bytes: &mut Vec<u8>, call: CallId) {
        bytes.extend_from_slice(&Head { call, ..self.head }.to_bytes());
        bytes.extend_from_slice(self.body);
    }
}

/// A reply of the controller itself: the callee has not answered and will not.
pub(super) fn failed_reply(call: CallId, code: FailureCode) -> Vec<u8> {
    let text = match code {
        FailureCode::NodeGone => "the node stopped while the call was under way",
        FailureCode::Stopping => "the node stopped before it ran the call",
        FailureCode::Unreachable => "the node cannot be reached through the controller",
        FailureCode::Overloaded => "too many calls are relayed",
        _ => "the controller could not relay the call",
    };
    let payload = Failure::new(code, text).to_payload();
    let length = u32::try_from(payload.len()).unwrap_or_default();
    let flags = ReplyStatus::Failed.flags();
    let head = Head::new(FrameKind::Reply, flags, call, length);
    let mut bytes = head.to_bytes().to_vec();
    bytes.extend_from_slice(&payload);
    bytes
}

/// Tells a callee that nobody waits for a call any more.
pub(super) fn cancel(call: CallId) -> Vec<u8> {
    Head::new(FrameKind::Cancel, 0, call, 0).to_bytes().to_vec()
}
