//! The items of a stream as they come in: from one message, each as a message of its own.

use daffi_link::{Landing, Received};
use daffi_proto::{BadItems, ItemReader};

/// The items of a message, in order; `None` where it carries no items but arguments or a value.
///
/// # Errors
/// [`BadItems`]: no peer of ours writes such a message.
#[inline]
pub fn split_items(received: &mut Received) -> Option<Result<Vec<Received>, BadItems>> {
    let Received { payload, blobs } = received;
    ItemReader::new(payload).map(|reader| split(reader, blobs))
}

fn split(
    reader: ItemReader<'_>,
    blobs: &mut Vec<Box<dyn Landing>>,
) -> Result<Vec<Received>, BadItems> {
    let mut items = Vec::new();
    for payload in reader {
        items.push(Received {
            payload: payload?.to_vec(),
            blobs: Vec::new(),
        });
    }
    // Large values belong to the one item of their message.
    if let [item] = items.as_mut_slice() {
        item.blobs = std::mem::take(blobs);
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::*;
    use daffi_proto::ItemWriter;

    fn packed(items: &[&[u8]], blobs: usize) -> Received {
        let mut writer = ItemWriter::new();
        for item in items {
            assert!(writer.push(item));
        }
        let blobs = (0..blobs).map(|_| Box::new(vec![7_u8]) as _).collect();
        Received {
            payload: writer.into_payload(),
            blobs,
        }
    }

    #[test]
    fn a_lone_item_has_the_large_values() {
        let items = split_items(&mut packed(&[b"x"], 2));
        let items = items.expect("they are items").expect("they are whole");
        assert_eq!(items[0].payload, b"x");
        assert_eq!(items[0].blobs.len(), 2);
    }

    #[test]
    fn several_items_have_none() {
        let items = split_items(&mut packed(&[b"x", b"y"], 1));
        let items = items.expect("they are items").expect("they are whole");
        assert_eq!(items.len(), 2);
        assert!(items.iter().all(|item| item.blobs.is_empty()));
    }

    #[test]
    fn arguments_are_no_items() {
        let mut received = Received {
            payload: vec![1, 0x90, 0x80],
            blobs: Vec::new(),
        };
        assert!(split_items(&mut received).is_none());
    }
}
