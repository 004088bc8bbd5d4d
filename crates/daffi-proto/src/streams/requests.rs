//! How the two sides of a generator speak of it: the reply that opens it, and the requests of whoever iterates.
//!
//! ```text
//! reply of the callback    | 4 | number |
//! request to hold it open  | 1 | number |     to `Builtin::Stream`
//! request for more items   | 2 | number |
//! ```
//!
//! The number has eight bytes; the callee chooses it, and never twice.

/// The first byte of a reply that opens a stream, where other payloads have their encoding.
const OPENED: u8 = 4;
const HOLD: u8 = 1;
const PULL: u8 = 2;

/// The payload of the reply that opens a stream.
pub fn stream_opened(number: u64) -> Vec<u8> {
    with_number(OPENED, number)
}

/// The number of the stream that this reply opens; `None` where it is another reply.
#[inline]
pub fn read_stream_opened(payload: &[u8]) -> Option<u64> {
    match read(payload)? {
        (OPENED, number) => Some(number),
        _ => None,
    }
}

/// What whoever iterates wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamRequest {
    /// Keep the stream until this request is cancelled.
    Hold(u64),
    /// More items.
    Pull(u64),
}

impl StreamRequest {
    /// The payload of the request.
    pub fn to_payload(self) -> Vec<u8> {
        match self {
            Self::Hold(number) => with_number(HOLD, number),
            Self::Pull(number) => with_number(PULL, number),
        }
    }

    /// Reads the payload of a request.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        match read(payload)? {
            (HOLD, number) => Some(Self::Hold(number)),
            (PULL, number) => Some(Self::Pull(number)),
            _ => None,
        }
    }
}

fn with_number(kind: u8, number: u64) -> Vec<u8> {
    let mut payload = vec![kind];
    payload.extend_from_slice(&number.to_le_bytes());
    payload
}

fn read(payload: &[u8]) -> Option<(u8, u64)> {
    let (&kind, rest) = payload.split_first()?;
    let number: [u8; 8] = rest.try_into().ok()?;
    Some((kind, u64::from_le_bytes(number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for request in [StreamRequest::Hold(7), StreamRequest::Pull(u64::MAX)] {
            assert_eq!(StreamRequest::parse(&request.to_payload()), Some(request));
        }
        assert_eq!(read_stream_opened(&stream_opened(9)), Some(9));
    }

    #[test]
    fn anything_else_is_none() {
        for payload in [&[][..], &[1], &[2; 8], &[1; 10], &[9; 9], &stream_opened(1)] {
            assert_eq!(StreamRequest::parse(payload), None);
        }
        for payload in [&[][..], &[4], &[1; 9], &[4; 10]] {
            assert_eq!(read_stream_opened(payload), None);
        }
    }
}
