//! Reads the lane of a node: whole frames of relayed calls, each handed to the rules and forwarded to another lane.

use std::time::Duration;

use daffi_proto::{
    ControllerEvent, FrameKind, Head, Limits, RelayFrame, ReplyStatus, Request, read_blob_table,
};

use super::connection::Connection;
use super::core::Core;
use super::relay::Relayed;

/// Bytes read from a lane at a time. 64 KiB: some hundred small calls with one system call.
const READ: usize = 64 << 10;

/// A buffer that has grown beyond this is given back when it is empty. 512 KiB: one chunk of a large value and a read.
const KEEP: usize = 512 << 10;

/// How long a lane that others wait for may take no byte. 20 s: longer than a silent node is waited for, so that one that
/// was stopped for ten seconds loses nothing; a busy one takes some.
const PATIENCE: Duration = Duration::from_secs(20);

/// Reads a lane until it ends or breaks a rule.
pub(super) async fn read_lane(core: &Core, lane: &Connection) -> Result<(), String> {
    let mut buffer = Buffer::default();
    loop {
        buffer.read(lane).await?;
        while let Some((head, length)) = buffer.next(&core.limits)? {
            let frame = Relayed {
                head,
                body: buffer.body(length),
            };
            forward(core, lane, &frame).await?;
            buffer.taken(length);
        }
        if buffer.ended {
            return Ok(());
        }
    }
}

async fn forward(core: &Core, lane: &Connection, frame: &Relayed<'_>) -> Result<(), String> {
    let (target, blobs) = match frame.head.known_kind() {
        Some(FrameKind::Request) => {
            let (request, rest) =
                Request::parse(frame.head.flags, frame.body).ok_or("a request is cut")?;
            let has_blobs = frame.head.flags & Request::BLOBS != 0;
            (request.target, has_blobs.then_some(rest))
        }
        Some(FrameKind::Reply) => {
            let has_blobs = frame.head.flags & ReplyStatus::BLOBS != 0;
            (None, has_blobs.then_some(frame.body))
        }
        // It has said all by coming.
        Some(FrameKind::Alive) => return Ok(()),
        // An optional frame of a newer version; it cannot be forwarded without knowing to whom.
        None => return Ok(()),
        Some(_) => (None, None),
    };
    let blobs = match blobs {
        None => Vec::new(),
        Some(rest) => {
            // How much a message may have is between its caller and its callee; the relay only counts what is under way.
            let limits = Limits {
                message_bytes: u64::MAX,
                ..core.limits.clone()
            };
            let table = read_blob_table(rest, &limits).map_err(|error| error.to_string())?;
            table.0.iter().map(|blob| blob.length).collect()
        }
    };
    let event = ControllerEvent::Relay {
        lane: lane.id,
        frame: RelayFrame {
            head: frame.head,
            target,
            blobs,
        },
    };
    if let Some(to) = core.relay(event, frame) {
        // Reading goes on when the other lane has room: so a slow reader holds up those who write to it, no one else,
        // and memory stays flat.
        to.outbox.room(PATIENCE).await;
    }
    lane.unpaused().await;
    Ok(())
}

/// What has been read of a lane and is not yet forwarded.
#[derive(Default)]
struct Buffer {
    bytes: Vec<u8>,
    /// The first are done with.
    from: usize,
    /// So many are read; what follows is room, kept as it is because clearing it costs more than a small call.
    to: usize,
    /// The other side has ended the connection.
    ended: bool,
}

impl Buffer {
    async fn read(&mut self, lane: &Connection) -> Result<(), String> {
        if self.from > 0 {
            self.bytes.copy_within(self.from..self.to, 0);
            (self.from, self.to) = (0, self.to - self.from);
        }
        if self.bytes.len() < self.to + READ {
            // Grows only by what has arrived before: at most to a frame and one read.
            self.bytes.resize(self.to + READ, 0);
        } else if self.to == 0 && self.bytes.len() > KEEP {
            self.bytes = vec![0; READ];
        }
        let read = lane.outbox.socket().read(&mut self.bytes[self.to..]).await;
        let read = read.map_err(|error| error.to_string())?;
        lane.life.heard();
        self.to += read;
        self.ended = read == 0;
        Ok(())
    }

    /// The next whole frame: its head, and the length of its body.
    fn next(&self, limits: &Limits) -> Result<Option<(Head, usize)>, String> {
        let Some((head, rest)) = self.bytes[self.from..self.to].split_first_chunk() else {
            return Ok(None);
        };
        let head = Head::parse(*head, limits).map_err(|error| error.to_string())?;
        let length = head.length as usize;
        Ok((rest.len() >= length).then_some((head, length)))
    }

    fn body(&self, length: usize) -> &[u8] {
        let start = self.from + Head::SIZE;
        &self.bytes[start..start + length]
    }

    const fn taken(&mut self, length: usize) {
        self.from += Head::SIZE + length;
    }
}
