//! Large values beside a message: a table in the request or reply announces them, chunks carry their bytes.
//!
//! The table stands between the fixed part and the payload: `count: u32`, then for each blob `kind: u8, length: u64`.
//! The bytes of all blobs follow in order, as `Chunk` frames of the same call, between which small frames pass.
//! A chunk never crosses from one blob into the next.

use crate::Limits;

/// What the receiver makes of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BlobKind {
    /// Bytes that nobody may change: Python `bytes`.
    Fixed,
    /// Bytes that the receiver may change: Python `bytearray`, array memory.
    Writable,
    /// The payload itself, too long for one frame: the last row of the table, and no payload stands in the frame.
    Payload,
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobInfo {
    /// What the receiver makes of it.
    pub kind: BlobKind,
    /// Bytes of it, one at least.
    pub length: u64,
}

/// A blob table that no peer of ours sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadBlobs {
    /// The body ends inside the table.
    #[error("the message ends inside its table of blobs")]
    Cut,
    /// More blobs than allowed.
    #[error("a message of {0} blobs is over the limit")]
    TooMany(u32),
    /// A message larger than allowed.
    #[error("a message of {length} bytes is over the limit of {limit}")]
    TooLarge {
        /// What the message would have.
        length: u64,
        /// What is allowed.
        limit: u64,
    },
    /// A kind that does not exist, or a blob without bytes.
    #[error("a row of the table of blobs is not valid")]
    BadRow,
}

const ROW: usize = 9;

/// Writes the table of a message.
pub fn write_blob_table(out: &mut Vec<u8>, blobs: impl ExactSizeIterator<Item = BlobInfo>) {
    let count = u32::try_from(blobs.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&count.to_le_bytes());
    for blob in blobs {
        out.push(match blob.kind {
            BlobKind::Fixed => 0,
            BlobKind::Writable => 1,
            BlobKind::Payload => 2,
        });
        out.extend_from_slice(&blob.length.to_le_bytes());
    }
}

/// Reads the table at the start of `body` and gives it with the rest of the body.
///
/// # Errors
/// [`BadBlobs`]: the connection cannot go on. Nothing is allocated beyond what the body holds.
pub fn read_blob_table<'a>(
    body: &'a [u8],
    limits: &Limits,
) -> Result<(Vec<BlobInfo>, &'a [u8]), BadBlobs> {
    let (count, rest) = body.split_first_chunk::<4>().ok_or(BadBlobs::Cut)?;
    let count = u32::from_le_bytes(*count);
    if count > limits.blobs {
        return Err(BadBlobs::TooMany(count));
    }
    let table_bytes = (count as usize).saturating_mul(ROW);
    let (table, payload) = rest.split_at_checked(table_bytes).ok_or(BadBlobs::Cut)?;
    let mut total = payload.len() as u64;
    let mut blobs = Vec::with_capacity(count as usize);
    for row in table.chunks_exact(ROW) {
        let [kind, length @ ..] = row else {
            return Err(BadBlobs::Cut);
        };
        let kind = match kind {
            0 => BlobKind::Fixed,
            1 => BlobKind::Writable,
            2 => BlobKind::Payload,
            _ => return Err(BadBlobs::BadRow),
        };
        let length = u64::from_le_bytes(length.try_into().map_err(|_| BadBlobs::Cut)?);
        total = total.saturating_add(length);
        let payload_is_last = blobs
            .last()
            .is_none_or(|last: &BlobInfo| last.kind != BlobKind::Payload);
        if length == 0 || !payload_is_last || (kind == BlobKind::Payload && !payload.is_empty()) {
            return Err(BadBlobs::BadRow);
        }
        if total > limits.message_bytes {
            return Err(BadBlobs::TooLarge {
                length: total,
                limit: limits.message_bytes,
            });
        }
        blobs.push(BlobInfo { kind, length });
    }
    Ok((blobs, payload))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_comes_back_as_it_was_written() {
        let blobs = [
            BlobInfo {
                kind: BlobKind::Fixed,
                length: 5,
            },
            BlobInfo {
                kind: BlobKind::Writable,
                length: 1 << 20,
            },
        ];
        let mut bytes = Vec::new();
        write_blob_table(&mut bytes, blobs.into_iter());
        bytes.extend_from_slice(b"rest");
        assert_eq!(
            read_blob_table(&bytes, &Limits::default()),
            Ok((blobs.to_vec(), &b"rest"[..]))
        );
    }

    #[test]
    fn a_table_that_claims_more_than_it_holds_is_refused() {
        let limits = Limits::default();
        assert_eq!(read_blob_table(&[1, 0], &limits), Err(BadBlobs::Cut));
        assert_eq!(
            read_blob_table(&[4, 0, 0, 0, 0], &limits),
            Err(BadBlobs::Cut)
        );
        assert_eq!(
            read_blob_table(&[255; 4], &limits),
            Err(BadBlobs::TooMany(u32::MAX))
        );
    }

    #[test]
    fn the_payload_is_the_last_blob_or_none() {
        let payload = BlobInfo {
            kind: BlobKind::Payload,
            length: 5,
        };
        let fixed = BlobInfo {
            kind: BlobKind::Fixed,
            length: 5,
        };
        for (rows, rest, good) in [
            (vec![fixed, payload], &b""[..], true),
            (vec![payload, fixed], b"", false),
            (vec![payload, payload], b"", false),
            (vec![payload], b"and another", false),
        ] {
            let mut bytes = Vec::new();
            write_blob_table(&mut bytes, rows.into_iter());
            bytes.extend_from_slice(rest);
            assert_eq!(read_blob_table(&bytes, &Limits::default()).is_ok(), good);
        }
    }

    #[test]
    fn lengths_that_would_overflow_are_refused() {
        let mut bytes = Vec::new();
        let huge = BlobInfo {
            kind: BlobKind::Fixed,
            length: u64::MAX,
        };
        write_blob_table(&mut bytes, [huge, huge].into_iter());
        assert!(matches!(
            read_blob_table(&bytes, &Limits::default()),
            Err(BadBlobs::TooLarge { .. })
        ));
    }
}
