//! Streams: many items to one callback. How items are packed into messages, and how many may be under way.
//!
//! A stream is made of calls. Each carries some items and is answered when the receiver has taken them; that answer
//! is the credit for more. A generator goes the other way: each call asks for some items, and the answer has them. So all that holds of calls holds of streams: deadlines, cancelling, death of a peer, relay.

mod fanout;
mod items;
mod outflow;
mod requests;

pub use fanout::Fanout;
pub use items::{BadItems, ITEMS, ItemReader, ItemWriter};
pub use outflow::{Flow, Outflow};
pub use requests::{StreamRequest, read_stream_opened, stream_opened};
