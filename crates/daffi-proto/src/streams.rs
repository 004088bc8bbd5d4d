//! Streams: many items to one callback. How items are packed into messages, and how many may be under way.
//!
//! A stream is made of calls. Each carries some items and is answered when the receiver has taken them; that answer
//! is the credit for more. So all that holds of calls holds of streams: deadlines, cancelling, death of a peer, relay.

mod fanout;
mod items;

pub use fanout::Fanout;
pub use items::{BadItems, ITEMS, ItemReader, ItemWriter};
