//! Several items in one payload.
//!
//! ```text
//! | 3 | length | payload of an item ... | length | payload of an item ... | ...
//! ```
//!
//! Each length has four bytes. An item is a payload like that of a value, with its own encoding in front. An item with
//! blobs travels alone: the blobs of the message are its.

/// The first byte of a payload of items, where other payloads have their encoding.
pub const ITEMS: u8 = 3;

/// Packs items into a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemWriter {
    payload: Vec<u8>,
}

impl ItemWriter {
    /// A payload without items.
    pub fn new() -> Self {
        Self {
            payload: vec![ITEMS],
        }
    }

    /// Adds one item; false, and nothing is added, where it is too long for its length to be written.
    #[must_use]
    pub fn push(&mut self, item: &[u8]) -> bool {
        let Ok(length) = u32::try_from(item.len()) else {
            return false;
        };
        self.payload.reserve(4 + item.len());
        self.payload.extend_from_slice(&length.to_le_bytes());
        self.payload.extend_from_slice(item);
        true
    }

    /// The payload.
    pub fn into_payload(self) -> Vec<u8> {
        self.payload
    }
}

impl Default for ItemWriter {
    fn default() -> Self {
        Self::new()
    }
}

/// The payload ends in the middle of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the items end in the middle of one")]
pub struct BadItems;

/// The items of a payload, one after the other, as they are asked for.
#[derive(Clone, Debug)]
pub struct ItemReader<'a> {
    rest: &'a [u8],
}

impl<'a> ItemReader<'a> {
    /// The items of this payload; `None` where it is a payload of another kind.
    pub fn new(payload: &'a [u8]) -> Option<Self> {
        let (&first, rest) = payload.split_first()?;
        (first == ITEMS).then_some(Self { rest })
    }
}

impl<'a> Iterator for ItemReader<'a> {
    type Item = Result<&'a [u8], BadItems>;

    /// The next item. After an error there are none.
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let rest = std::mem::take(&mut self.rest);
        let split = rest.split_first_chunk::<4>().and_then(|(length, rest)| {
            let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
            rest.split_at_checked(length)
        });
        match split {
            Some((item, rest)) => {
                self.rest = rest;
                Some(Ok(item))
            }
            None => Some(Err(BadItems)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(payload: &[u8]) -> Option<Vec<Result<&[u8], BadItems>>> {
        ItemReader::new(payload).map(Iterator::collect)
    }

    #[test]
    fn items_come_back_as_they_were_packed() {
        let mut writer = ItemWriter::new();
        for item in [&b"one"[..], b"", b"three"] {
            assert!(writer.push(item));
        }
        let payload = writer.into_payload();
        let items = vec![Ok(&b"one"[..]), Ok(b""), Ok(b"three")];
        assert_eq!(read(&payload), Some(items));
    }

    #[test]
    fn no_items_are_no_items() {
        assert_eq!(read(&ItemWriter::new().into_payload()), Some(Vec::new()));
    }

    #[test]
    fn other_payloads_are_told_apart() {
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[1, 0x90, 0x80]), None);
    }

    #[test]
    fn a_cut_item_is_an_error_and_the_end() {
        assert_eq!(read(&[ITEMS, 2, 0, 0, 0, 9]), Some(vec![Err(BadItems)]));
        assert_eq!(read(&[ITEMS, 1, 0, 0]), Some(vec![Err(BadItems)]));
        let huge = [ITEMS, 1, 0, 0, 0, 7, 0xff, 0xff, 0xff, 0xff, 1];
        assert_eq!(read(&huge), Some(vec![Ok(&[7][..]), Err(BadItems)]));
    }
}
