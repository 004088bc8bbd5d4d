//! What a caller hears whose link is made while this process stops, so that its calls go elsewhere.

use std::io;
use std::time::Duration;

use daffi_proto::{CallId, FrameKind, Head, Leaving};

use crate::net::socket::Socket;

/// How long a caller that comes too late has to send what it is told did not run. 100 ms: it does at once.
const SEEING_OFF: Duration = Duration::from_millis(100);

/// Tells a caller that nothing it has sent ran, and reads that, so that the news arrives.
pub(super) async fn see_off(socket: &Socket) -> io::Result<()> {
    let flags = Leaving::AllAnswered.flags();
    let farewell = Head::new(FrameKind::Leaving, flags, CallId::NONE, 0);
    socket.write_all(&farewell.to_bytes()).await?;
    socket.end_writing();
    let mut unread = [0; 4096];
    let to_the_end = async { while matches!(socket.read(&mut unread).await, Ok(1..)) {} };
    // One that sends nothing need not be waited for any longer.
    let _ = tokio::time::timeout(SEEING_OFF, to_the_end).await;
    Ok(())
}
