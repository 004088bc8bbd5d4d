//! Control frames to bytes, long lists in several frames.

use super::{CallbackInfo, ControlFrame, ExpectOutcome, IntroductionOutcome, MORE, Member};
use crate::{BodyWriter, CallbackNumber, Endpoint, FrameKind, NodeIdentity};

/// From how many bytes on a list goes on in another frame. 64 KiB: a frame with one more callback, of at most
/// 70 KiB, stays far below the limit of a frame, and a long list does not hold up a Ping for long.
const PART_BYTES: usize = 64 << 10;

impl ControlFrame {
    /// Appends the whole frame with its head; several frames where a list is too long for one.
    ///
    /// `Joined` and `Snapshot` go on in `Registered` frames, the others in frames of their own kind. Every part but the
    /// last says that there is more; a [`ControlReader`](crate::ControlReader) makes one frame of them again.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Register { callbacks } => {
                for (part, flags) in flagged(parts(callbacks, callback_size)) {
                    let kind = FrameKind::Register;
                    BodyWriter::frame_with(out, kind, flags, |w| write_callbacks(w, part));
                }
            }
            Self::Unregister { numbers } => {
                for (part, flags) in flagged(parts(numbers, |_| 4)) {
                    let kind = FrameKind::Unregister;
                    BodyWriter::frame_with(out, kind, flags, |w| write_numbers(w, part));
                }
            }
            Self::Snapshot { members, done } => encode_snapshot(out, members, *done),
            Self::Joined { member } => encode_joined(out, member),
            Self::Registered { node, callbacks } => {
                for (part, flags) in flagged(parts(callbacks, callback_size)) {
                    encode_registered(out, node.raw(), part, flags);
                }
            }
            Self::Unregistered { node, numbers } => {
                for (part, flags) in flagged(parts(numbers, |_| 4)) {
                    BodyWriter::frame_with(out, FrameKind::Unregistered, flags, |w| {
                        w.u64(node.raw());
                        write_numbers(w, part);
                    });
                }
            }
            _ => self.encode_short(out),
        }
    }

    /// The frames without lists that could grow.
    fn encode_short(&self, out: &mut Vec<u8>) {
        BodyWriter::frame(out, self.kind(), |w| match self {
            Self::Left { node, reason } => {
                w.u64(node.raw());
                w.u8(*reason as u8);
            }
            Self::Introduce { target } => w.u64(target.raw()),
            Self::Expect { caller, ticket } => {
                w.u64(caller.raw());
                w.bytes(&ticket.0);
            }
            Self::Expecting {
                caller,
                ticket,
                outcome,
            } => {
                w.u64(caller.raw());
                w.bytes(&ticket.0);
                write_expect_outcome(w, outcome);
            }
            Self::Introduced { target, outcome } => {
                w.u64(target.raw());
                write_introduction_outcome(w, outcome);
            }
            Self::Ping { token } | Self::Pong { token } => w.u64(*token),
            Self::Goodbye { reason } => w.text(reason),
            Self::OpenLane | Self::Stop => {}
            Self::Register { .. }
            | Self::Unregister { .. }
            | Self::Snapshot { .. }
            | Self::Joined { .. }
            | Self::Registered { .. }
            | Self::Unregistered { .. } => {}
        });
    }

    /// The kind of the first frame that [`Self::encode`] writes.
    pub const fn kind(&self) -> FrameKind {
        match self {
            Self::Register { .. } => FrameKind::Register,
            Self::Unregister { .. } => FrameKind::Unregister,
            Self::Snapshot { .. } => FrameKind::Snapshot,
            Self::Joined { .. } => FrameKind::Joined,
            Self::Left { .. } => FrameKind::Left,
            Self::Registered { .. } => FrameKind::Registered,
            Self::Unregistered { .. } => FrameKind::Unregistered,
            Self::Introduce { .. } => FrameKind::Introduce,
            Self::Expect { .. } => FrameKind::Expect,
            Self::Expecting { .. } => FrameKind::Expecting,
            Self::Introduced { .. } => FrameKind::Introduced,
            Self::OpenLane => FrameKind::OpenLane,
            Self::Ping { .. } => FrameKind::Ping,
            Self::Pong { .. } => FrameKind::Pong,
            Self::Goodbye { .. } => FrameKind::Goodbye,
            Self::Stop => FrameKind::Stop,
        }
    }
}

fn encode_registered(out: &mut Vec<u8>, node: u64, callbacks: &[CallbackInfo], flags: u8) {
    BodyWriter::frame_with(out, FrameKind::Registered, flags, |w| {
        w.u64(node);
        write_callbacks(w, callbacks);
    });
}

fn encode_joined(out: &mut Vec<u8>, member: &Member) {
    let mut is_first = true;
    for (part, flags) in flagged(parts(&member.callbacks, callback_size)) {
        if core::mem::take(&mut is_first) {
            BodyWriter::frame_with(out, FrameKind::Joined, flags, |w| {
                write_member(w, &(&member.identity, part));
            });
        } else {
            encode_registered(out, member.identity.id.raw(), part, flags);
        }
    }
}

fn encode_snapshot(out: &mut Vec<u8>, members: &[Member], done: bool) {
    let mut frame: Vec<(&NodeIdentity, &[CallbackInfo])> = Vec::new();
    let mut size = 0;
    for member in members {
        let mut parts = parts(&member.callbacks, callback_size).into_iter();
        let first = parts.next().unwrap_or_default();
        let first_size = MEMBER_BYTES + first.iter().map(callback_size).sum::<usize>();
        if size + first_size > PART_BYTES && !frame.is_empty() {
            encode_snapshot_part(out, &frame, false);
            frame.clear();
            size = 0;
        }
        frame.push((&member.identity, first));
        size += first_size;
        if parts.len() > 0 {
            encode_snapshot_part(out, &frame, false);
            frame.clear();
            size = 0;
        }
        for part in parts {
            encode_registered(out, member.identity.id.raw(), part, MORE);
        }
    }
    encode_snapshot_part(out, &frame, done);
}

fn encode_snapshot_part(
    out: &mut Vec<u8>,
    members: &[(&NodeIdentity, &[CallbackInfo])],
    done: bool,
) {
    BodyWriter::frame(out, FrameKind::Snapshot, |w| {
        w.u8(done.into());
        w.list(members, write_member);
    });
}

/// More bytes than the identity of a member takes.
const MEMBER_BYTES: usize = 1 << 10;

fn write_member(
    writer: &mut BodyWriter<'_>,
    (identity, callbacks): &(&NodeIdentity, &[CallbackInfo]),
) {
    writer.record(|w| {
        identity.write(w);
        write_callbacks(w, callbacks);
    });
}

fn write_callbacks(writer: &mut BodyWriter<'_>, callbacks: &[CallbackInfo]) {
    writer.list(callbacks, |w, callback| {
        w.record(|w| {
            w.u32(callback.number.0);
            w.short_text(callback.name.as_str());
            callback.signature.write(w);
        });
    });
}

/// At least the bytes that one callback takes.
fn callback_size(callback: &CallbackInfo) -> usize {
    let parameters = callback.signature.parameters().iter();
    16 + callback.name.as_str().len()
        + callback.signature.text().len().min(BodyWriter::TEXT_BYTES)
        + parameters
            .map(|parameter| 3 + parameter.name.as_str().len())
            .sum::<usize>()
}

fn write_numbers(writer: &mut BodyWriter<'_>, numbers: &[CallbackNumber]) {
    writer.list(numbers, |w, number| w.u32(number.0));
}

fn write_endpoints(writer: &mut BodyWriter<'_>, endpoints: &[Endpoint]) {
    let endpoints = endpoints.get(..Endpoint::MAX_LISTED).unwrap_or(endpoints);
    writer.list(endpoints, |w, endpoint| w.short_text(endpoint.as_str()));
}

fn write_expect_outcome(writer: &mut BodyWriter<'_>, outcome: &ExpectOutcome) {
    match outcome {
        ExpectOutcome::At(endpoints) => {
            writer.u8(0);
            write_endpoints(writer, endpoints);
        }
        ExpectOutcome::Refused(reason) => {
            writer.u8(1);
            writer.u8(*reason as u8);
        }
    }
}

fn write_introduction_outcome(writer: &mut BodyWriter<'_>, outcome: &IntroductionOutcome) {
    match outcome {
        IntroductionOutcome::Meet { endpoints, ticket } => {
            writer.u8(0);
            writer.bytes(&ticket.0);
            write_endpoints(writer, endpoints);
        }
        IntroductionOutcome::Relay(reason) => {
            writer.u8(1);
            writer.u8(*reason as u8);
        }
        IntroductionOutcome::Gone => writer.u8(2),
    }
}

/// Each part with the flags of its frame.
fn flagged<T>(parts: Vec<&[T]>) -> impl Iterator<Item = (&[T], u8)> {
    let last = parts.len().saturating_sub(1);
    let flags = move |at| if at < last { MORE } else { 0 };
    parts
        .into_iter()
        .enumerate()
        .map(move |(at, part)| (part, flags(at)))
}

/// Cuts a list into parts of about [`PART_BYTES`]; one part at least, which may be empty.
fn parts<T>(items: &[T], size: impl Fn(&T) -> usize) -> Vec<&[T]> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut bytes = 0;
    for (at, item) in items.iter().enumerate() {
        let more = size(item);
        if bytes + more > PART_BYTES && at > start {
            parts.extend(items.get(start..at));
            start = at;
            bytes = 0;
        }
        bytes += more;
    }
    parts.extend(items.get(start..));
    parts
}
