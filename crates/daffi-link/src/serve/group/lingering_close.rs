//! The lingering close: links stay open until callers have read that everything is answered.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::serve::link::ServedLink;
use crate::wire::{Interest, Moved};

/// How long callers have in all to hang up after they were told that everything is answered. 200 ms: they do so at once,
/// unless they are frozen.
const LINGER: Duration = Duration::from_millis(200);

/// The same for a controller. 2.5 s: it reads a lane only as fast as others read what it relays, which under load takes
/// longer than 200 ms; a call whose answer it has not read when the lane is closed may have run, as far as it knows.
const LINGER_FOR_CONTROLLER: Duration = Duration::from_millis(2500);

/// Gives callers time to read to the end and hang up. Where a TCP connection is closed with something unread in it, the
/// kernel resets it: the peer then loses what it has not read yet, and so does not hear that the rest did not run.
pub(super) fn linger(links: &[Arc<ServedLink>], until: Instant) {
    let now = Instant::now();
    let told = || links.iter().filter(|link| link.is_all_answered());
    told().for_each(|link| link.wire.end_writing());
    let mut unread = [0; 4096];
    let to_come = Interest {
        read: true,
        write: false,
    };
    for link in told() {
        let at_most = match link.peer {
            Some(_) => LINGER,
            None => LINGER_FOR_CONTROLLER,
        };
        let until = until.min(now + at_most);
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match link.wire.receive(&mut unread) {
                Moved::Gone => break,
                _ if left.is_zero() => break,
                Moved::Bytes(_) => {}
                Moved::NotNow => {
                    link.wire.block(to_come, left);
                }
            }
        }
    }
}
