//! The two readers and writers of the typed tier, this one and that of Rust programs, understand each other.

use daffi::{Allocator, Body, Landing, MAX_DEPTH, OutOfMemory, Received, RustHost, Value};
use pyo3::ffi::c_str;
use pyo3::prelude::*;

use super::{Giver, decode_arguments, decode_value, encode_arguments, encode_value};
use crate::hooks;
use crate::interpreter::memory::PythonAllocator;

const VALUES: &std::ffi::CStr = c_str!(
    r#"[
    None, True, False, 0, 1, -1, -32, -33, 127, 128, 255, 256, 2**31, -2**31 - 1, 2**63 - 1, -2**63, 2**63, 2**64,
    -2**64, 2**127, 2**200, -2**200, 1.5, float("inf"), "", "text", "x" * 70_000, b"", b"bytes", b"x" * 70_000,
    bytearray(b"x"), bytearray(70_000), [], [1, [2, [3]]], (), (1, (2, (3,))), tuple(range(300)), {}, {"a": 1},
    {1: 2, (1, 2): [3]}, set(), {1}, frozenset({"a"}), 1 + 2j,
    dt.date(1, 1, 1), dt.date(9999, 12, 31), dt.time(1, 2, 3, 4, fold=1), dt.time(1, tzinfo=dt.timezone.utc),
    dt.datetime(2020, 1, 2, 3, 4, 5, 6), dt.datetime(2020, 1, 2, tzinfo=dt.timezone.utc),
    dt.datetime(2020, 1, 2, tzinfo=dt.timezone(dt.timedelta(microseconds=-5), "odd")),
    dt.datetime(2020, 10, 25, 2, 30, fold=1, tzinfo=zoneinfo.ZoneInfo("UTC")),
    dt.timedelta(0), dt.timedelta(-1, 2, 3), dt.timedelta.max, decimal.Decimal("1.10"), decimal.Decimal("-Infinity"),
    uuid.UUID(int=5),
    (lambda part, text, many: [part, [text, many], (part, {"part": part}), text, many, {text}])(
        [1, (2, bytearray(b"x"))], "x" * 2000, bytes(bytearray(70_000))
    ),
]"#
);

#[test]
fn a_value_of_python_comes_back_from_rust_as_it_left() {
    Python::attach(|py| {
        for value in values(py).try_iter().expect("a list") {
            let value = value.expect("a list does not fail");
            let body = encode_value(&value).expect("it travels typed");
            let read = Value::from_received(landed(&RustHost, body)).expect("Rust can read it");
            let body = read.into_body().expect("Rust can write it");
            let back =
                decode_value(py, landed(&PythonAllocator, body)).expect("Python can read it");
            assert!(
                back.eq(&value).expect("comparable"),
                "{value:?} came back as {back:?}"
            );
            assert!(
                back.get_type().is(value.get_type()),
                "{value:?} came back as {back:?}"
            );
        }
    });
}

#[test]
fn arguments_of_python_come_back_from_rust_as_they_left() {
    Python::attach(|py| {
        let args = pyo3::types::PyTuple::new(py, [1, 2]).expect("small");
        let kwargs = pyo3::types::PyDict::new(py);
        kwargs.set_item("c", (3, 4)).expect("hashable");
        for kwargs in [None, Some(&kwargs)] {
            let body = encode_arguments(&args, kwargs, &|_| None, Giver::GoesOn)
                .expect("they travel typed");
            let read = daffi::Arguments::from_received(landed(&RustHost, body)).expect("Rust can");
            let body = read.into_body().expect("Rust can write them");
            let (back, back_kwargs) =
                decode_arguments(py, landed(&PythonAllocator, body)).expect("Python can");
            assert!(back.eq(&args).expect("comparable"));
            let back_kwargs = back_kwargs.unwrap_or_else(|| pyo3::types::PyDict::new(py));
            assert!(kwargs.is_none_or(|kwargs| back_kwargs.eq(kwargs).expect("comparable")));
        }
    });
}

#[test]
fn both_have_the_same_idea_of_depth() {
    Python::attach(|py| {
        let mut deep = Value::Nil;
        for _ in 0..MAX_DEPTH {
            deep = Value::Tuple(vec![deep]);
        }
        let body = deep.clone().into_body().expect("just deep enough");
        let value = decode_value(py, landed(&PythonAllocator, body)).expect("Python reads as deep");
        let body = encode_value(&value).expect("Python writes as deep");
        assert_eq!(Value::from_received(landed(&RustHost, body)), Ok(deep));
    });
}

fn values(py: Python<'_>) -> Bound<'_, PyAny> {
    let modules = pyo3::types::PyDict::new(py);
    for (name, module) in [
        ("dt", "datetime"),
        ("decimal", "decimal"),
        ("uuid", "uuid"),
        ("zoneinfo", "zoneinfo"),
    ] {
        modules
            .set_item(name, hooks::module(py, module))
            .expect("text");
    }
    py.eval(VALUES, Some(&modules), None)
        .expect("they are plain expressions")
}

/// The message as it comes in at a process with this memory for large values.
fn landed(allocator: &dyn Allocator, body: Body) -> Received {
    let blobs = body.blobs.iter().map(|blob| {
        let bytes = (*blob.bytes).as_ref();
        let mut landing = allocator.allocate(blob.kind, bytes.len())?;
        landing.bytes_mut().copy_from_slice(bytes);
        Ok(landing)
    });
    let blobs = blobs.collect::<Result<Vec<Box<dyn Landing>>, OutOfMemory>>();
    Received {
        payload: body.payload,
        blobs: blobs.expect("there is memory"),
    }
}
