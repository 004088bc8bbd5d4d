//! Values come back as they left, and no payload of a stranger does harm.

use super::*;
use crate::value::heap::HeapLanding;
use crate::value::{Array, Date, DateTime, Order, Time, TimeDelta, Zone};
use daffi_link::Body;

/// What the other side gets of a body.
fn sent(body: Body) -> Received {
    let blobs = body
        .blobs
        .into_iter()
        .map(|blob| {
            Box::new(HeapLanding {
                kind: blob.kind,
                bytes: (*blob.bytes).as_ref().to_vec(),
            }) as Box<dyn Landing>
        })
        .collect();
    Received {
        payload: body.payload,
        blobs,
    }
}

fn round_trip(value: &Value) {
    let body = value.clone().into_body().expect("the value can travel");
    let back = Value::from_received(sent(body)).expect("the payload is whole");
    assert_eq!(&back, value);
}

fn bare(payload: Vec<u8>) -> Received {
    Received {
        payload,
        blobs: Vec::new(),
    }
}

fn time(zone: Zone) -> Time {
    Time {
        hour: 23,
        minute: 59,
        second: 58,
        microsecond: 999_999,
        fold: 1,
        zone,
    }
}

fn samples() -> Vec<Value> {
    let date = Date {
        year: 2024,
        month: 2,
        day: 29,
    };
    let offset = Zone::Offset {
        microseconds: -3_600_000_000,
        name: Some("AZO".into()),
    };
    let array = Array {
        dtype: Value::from("<f8"),
        shape: vec![2, 1],
        order: Order::Fortran,
        data: vec![7; 16],
    };
    let numbers = [0, 1, -1, 127, 128, -32, -33, -129, 65_536, 1 << 40];
    let wide = [
        i128::from(u64::MAX),
        i128::from(i64::MIN),
        i128::from(u64::MAX) + 1,
        i128::from(i64::MIN) - 1,
        i128::MAX,
        i128::MIN,
    ];
    let mut samples: Vec<_> = numbers.iter().map(|n: &i64| Value::from(*n)).collect();
    samples.extend(wide.map(Value::Integer));
    samples.extend([
        Value::Nil,
        Value::from(true),
        Value::from(1.5),
        Value::from("ä".repeat(300)),
        Value::from(vec![0_u8; 300]),
        Value::from(vec![1_u8; 70_000]),
        Value::ByteArray(vec![2; 3]),
        Value::ByteArray(vec![3; 70_000]),
        Value::BigInteger(vec![1; 17]),
        Value::Complex(1.0, -2.0),
        Value::Decimal("1.10".into()),
        Value::Uuid([9; 16]),
        Value::Date(date),
        Value::Time(time(Zone::Naive)),
        Value::Time(time(offset)),
        Value::DateTime(DateTime {
            date,
            time: time(Zone::Key("Europe/Berlin".into())),
        }),
        Value::TimeDelta(TimeDelta {
            days: -1,
            seconds: 86_399,
            microseconds: 1,
        }),
        Value::Array(Box::new(array.clone())),
        Value::Scalar(Box::new(Array {
            shape: vec![],
            ..array
        })),
    ]);
    samples
}

fn everything() -> Value {
    Value::Map(vec![
        (Value::from("list"), Value::List(samples())),
        (Value::Tuple(vec![1.into()]), Value::Tuple(samples())),
        (Value::Nil, Value::Set(samples())),
        (Value::from(2), Value::FrozenSet(samples())),
    ])
}

#[test]
fn every_value_comes_back_as_it_left() {
    for value in samples() {
        round_trip(&value);
    }
    round_trip(&everything());
}

#[test]
fn arguments_come_back_as_they_left() {
    let arguments = Arguments::from((1, "two", vec![3_u8; 40_000])).with("four", 4.0);
    let body = arguments
        .clone()
        .into_body()
        .expect("the values can travel");
    assert_eq!(body.blobs.len(), 1, "large bytes travel beside the payload");
    assert_eq!(Arguments::from_received(sent(body)), Ok(arguments));
}

#[test]
fn values_as_deep_as_allowed_travel_and_deeper_ones_do_not() {
    let nested = |depth| (0..depth).fold(Value::Nil, |inner, _: usize| Value::Tuple(vec![inner]));
    round_trip(&nested(MAX_DEPTH));
    let refused = nested(MAX_DEPTH + 1).into_body().map(|_| ());
    assert!(refused.is_err());
    let mut hostile = vec![1];
    hostile.extend_from_slice(&[0x91; 1 << 20]);
    assert_eq!(
        Value::from_received(bare(hostile)),
        Err(DecodeError::TooDeep)
    );
}

#[test]
fn a_time_whose_zone_is_a_time_without_end_is_refused() {
    let mut body = vec![0xc0];
    for _ in 0..10_000 {
        let mut outer = vec![0x96, 0, 0, 0, 0, 0];
        outer.extend_from_slice(&body);
        let mut whole = vec![0xc9];
        whole.extend_from_slice(&u32::try_from(outer.len()).unwrap().to_be_bytes());
        whole.push(9);
        whole.extend_from_slice(&outer);
        body = whole;
    }
    body.insert(0, 1);
    assert_eq!(Value::from_received(bare(body)), Err(DecodeError::TooDeep));
}

#[test]
fn a_length_that_the_payload_does_not_hold_reserves_nothing() {
    for head in [0xdd, 0xdf, 0xdb, 0xc6] {
        let hostile = vec![1, head, 0xff, 0xff, 0xff, 0xff];
        assert_eq!(Value::from_received(bare(hostile)), Err(DecodeError::Cut));
    }
}

#[test]
fn a_blob_is_taken_once() {
    let mut body = Value::from(vec![5_u8; 40_000])
        .into_body()
        .expect("bytes can travel");
    let one = body.payload.split_off(1);
    body.payload.push(0x92);
    body.payload.extend_from_slice(&one);
    body.payload.extend_from_slice(&one);
    assert_eq!(
        Value::from_received(sent(body)),
        Err(DecodeError::NoBlob(0))
    );
}

/// A message with these values and these parts that come again.
fn shared(values: &[u8], numbers: &[u32]) -> Received {
    let mut payload = vec![5];
    payload.extend_from_slice(values);
    let count = u32::try_from(numbers.len()).unwrap();
    for number in numbers.iter().chain([&count]) {
        payload.extend_from_slice(&number.to_le_bytes());
    }
    bare(payload)
}

#[test]
fn a_part_that_comes_again_is_copied() {
    let values = [
        0x93, 0x91, 1, 0xd6, 16, 0, 0, 0, 0, 0x91, 0xd6, 16, 0, 0, 0, 0,
    ];
    let part = Value::List(vec![1.into()]);
    let expected = Value::List(vec![part.clone(), part.clone(), Value::List(vec![part])]);
    assert_eq!(Value::from_received(shared(&values, &[0])), Ok(expected));
    for numbers in [&[][..], &[1], &[1, 0], &[0, 0]] {
        let refused = Value::from_received(shared(&values, numbers));
        assert_eq!(refused, Err(DecodeError::BadAgain), "{numbers:?}");
    }
}

#[test]
fn parts_that_come_again_fill_no_memory() {
    // Each is a list of two times the one before.
    let mut values = vec![0xdc, 0, 61, 0x91, 1];
    for number in 0..60_u8 {
        values.push(0x92);
        for _ in 0..2 {
            values.extend_from_slice(&[0xd6, 16, number, 0, 0, 0]);
        }
    }
    let numbers: Vec<u32> = (0..60).collect();
    let refused = Value::from_received(shared(&values, &numbers));
    assert_eq!(refused, Err(DecodeError::BadAgain));
}

#[test]
fn parts_that_come_again_are_no_deeper_than_others() {
    let mut values = vec![0xdc, 0, 101, 0x90];
    for number in 0..100_u8 {
        values.extend_from_slice(&[0x91, 0xd6, 16, number, 0, 0, 0]);
    }
    let numbers: Vec<u32> = (0..100).collect();
    let refused = Value::from_received(shared(&values, &numbers));
    assert_eq!(refused, Err(DecodeError::TooDeep));
}

#[test]
fn a_pickle_is_refused_by_name() {
    let refused = Value::from_received(bare(vec![2, 0x80]));
    assert_eq!(refused, Err(DecodeError::Pickled));
    assert!(Value::from_received(bare(vec![])).is_err());
    assert!(Value::from_received(bare(vec![9, 0])).is_err());
}

#[test]
fn cut_and_flipped_payloads_never_panic() {
    let payload = everything().into_body().expect("it can travel").payload;
    for cut in 0..payload.len().min(4000) {
        assert!(Value::from_received(bare(payload[..cut].to_vec())).is_err());
    }
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..20_000 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let mut flipped = payload.clone();
        let place = usize::try_from(state).unwrap() % flipped.len().min(3000);
        flipped[place] ^= u8::try_from(state >> 56).unwrap() | 1;
        drop(Value::from_received(bare(flipped)));
    }
}
