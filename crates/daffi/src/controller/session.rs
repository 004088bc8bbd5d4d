//! The life of one connection of a controller, from its first byte to its last: handshake, then control frames or relayed
//! calls.

use std::rc::Rc;

use daffi_proto::{ControlReader, ControllerEvent, FrameDecoder, Purpose};
use tokio::task::spawn_local;

use super::connection::{Connection, Verdict};
use super::core::Core;
use super::lane;
use crate::net::handshake::read_hello;
use crate::net::socket::Socket;

/// Bytes read from a node at a time. 16 KiB: most frames are far shorter.
const READ: usize = 16 << 10;

/// The life of one connection.
pub(super) async fn run(core: Rc<Core>, socket: Socket) {
    let hello = read_hello(&socket, &core.limits).await;
    let handshake_over = || {
        core.handshakes.set(core.handshakes.get() - 1);
        core.handshake_over.notify_one();
    };
    let hello = match hello {
        Ok(hello) => hello,
        Err(error) => {
            handshake_over();
            tracing::debug!(%error, "a connection did not get through its handshake");
            return;
        }
    };
    let judged = matches!(hello.purpose, Purpose::ServeLane { .. }) && hello.version.shows_life();
    let is_lane = !matches!(hello.purpose, Purpose::Control(_));
    let connection = core.add(|id| Connection::new(id, socket, is_lane, judged));
    let id = connection.id;
    core.handle(ControllerEvent::Opened {
        connection: id,
        hello,
    });
    let verdict = tokio::time::timeout(core.limits.handshake, connection.decided()).await;
    handshake_over();
    let writer = Rc::clone(&connection);
    // Ends when the outbox is closed, below at the latest.
    let writing = spawn_local(async move { writer.outbox.run().await });
    if verdict == Ok(Verdict::Welcome) {
        tokio::select! {
            () = connection.closed() => (),
            () = converse(&core, &connection, is_lane) => (),
        }
    }
    if verdict == Ok(Verdict::Refuse) || connection.is_closed_by_rules() {
        connection.outbox.close();
    } else {
        connection.outbox.close_now();
        core.handle(ControllerEvent::Closed { connection: id });
    }
    let _ = writing.await;
    core.remove(id);
}

/// Reads until the connection ends or breaks a rule.
async fn converse(core: &Core, connection: &Connection, is_lane: bool) {
    let ended = if is_lane {
        lane::read_lane(core, connection).await
    } else {
        read_control(core, connection).await
    };
    if let Err(problem) = ended {
        tracing::debug!(connection = connection.id.0, problem, "a connection ends");
    }
}

async fn read_control(core: &Core, connection: &Connection) -> Result<(), String> {
    let mut reader = ControlReader::new(core.limits.clone());
    let mut decoder = FrameDecoder::new(core.limits.clone());
    let mut buffer = vec![0; READ];
    loop {
        match connection.outbox.socket().read(&mut buffer).await {
            Ok(0) => return Ok(()),
            Ok(read) => decoder.feed(&buffer[..read]),
            Err(error) => return Err(error.to_string()),
        }
        while let Some(frame) = decoder.next_frame().map_err(|error| error.to_string())? {
            let frame = reader.read(&frame.head, &frame.body);
            let Some(frame) = frame.map_err(|error| error.to_string())? else {
                continue;
            };
            core.handle(ControllerEvent::Control {
                connection: connection.id,
                frame,
            });
        }
    }
}
