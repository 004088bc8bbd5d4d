//! A group that serves, a link that calls, and raw peers that misbehave.

use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use daffi_link::{
    Allocator, Blob, Body, Call, CallerLink, HeapAllocator, LinkOptions, Lost, Outcome, Received,
    Responder, SendError, ServeGroup, ServeOptions, Served, Service, WaitEnd, Wire, WireKind,
    blocking_in_callback,
};
use daffi_proto::{
    BlobKind, CallId, CallbackNumber, Failure, FrameKind, Head, Limits, NodeId, ReplyStatus,
    Request, Wanted,
};
use parking_lot::Mutex;

/// Longer than anything here takes on a machine that is ten times too busy.
pub(crate) const LONG: Duration = Duration::from_secs(20);

pub(crate) const ADD: CallbackNumber = CallbackNumber(1);
/// Answers with the length of payload and blobs.
pub(crate) const SIZE: CallbackNumber = CallbackNumber(2);
/// Waits for the gate to be opened, then answers like `ADD`.
pub(crate) const GATE: CallbackNumber = CallbackNumber(3);
/// Like `GATE`, but says before that it is going to block.
pub(crate) const POLITE_GATE: CallbackNumber = CallbackNumber(4);
pub(crate) const PANIC: CallbackNumber = CallbackNumber(5);
/// Never answers and drops its responder.
pub(crate) const DROP: CallbackNumber = CallbackNumber(6);
/// Gives payload and blobs back.
pub(crate) const ECHO: CallbackNumber = CallbackNumber(7);
/// Answers with a large value of 40,000 bytes.
pub(crate) const MAKE_LARGE: CallbackNumber = CallbackNumber(8);
/// Like `ADD`, and known not to block.
pub(crate) const QUICK: CallbackNumber = CallbackNumber(9);

/// The service under test.
pub(crate) struct Adder {
    /// One message opens the gate for one call.
    gate: Mutex<Receiver<()>>,
    entered: Sender<()>,
}

/// The test's hold on the gate.
pub(crate) struct Gate {
    pub(crate) open: Sender<()>,
    pub(crate) entered: Receiver<()>,
}

impl Service for Adder {
    fn may_block(&self, served: &Served) -> bool {
        served.request.callback != QUICK
    }

    fn serve(&self, served: Served, responder: Responder) {
        match served.request.callback {
            GATE | POLITE_GATE => {
                self.entered.send(()).unwrap();
                if served.request.callback == POLITE_GATE {
                    blocking_in_callback();
                }
                self.gate.lock().recv_timeout(LONG).unwrap();
                responder.reply(ReplyStatus::Value, sum(&served.body).into());
            }
            SIZE => {
                let blobs: usize = served
                    .body
                    .blobs
                    .iter()
                    .map(|blob| blob.bytes().len())
                    .sum();
                let size = (served.body.payload.len() + blobs) as u64;
                responder.reply(ReplyStatus::Value, size.to_le_bytes().to_vec().into());
            }
            ECHO => {
                let blobs = served
                    .body
                    .blobs
                    .iter()
                    .map(|blob| blob_of(blob.bytes().to_vec()))
                    .collect();
                responder.reply(
                    ReplyStatus::Value,
                    Body {
                        payload: served.body.payload,
                        blobs,
                    },
                );
            }
            MAKE_LARGE => responder.reply(
                ReplyStatus::Value,
                Body {
                    payload: Vec::new(),
                    blobs: vec![blob_of(vec![1; 40_000])],
                },
            ),
            PANIC => panic!("as the test wants"),
            DROP => {}
            _ => responder.reply(ReplyStatus::Value, sum(&served.body).into()),
        }
    }
}

fn sum(body: &Received) -> Vec<u8> {
    vec![
        body.payload
            .iter()
            .fold(0, |sum, &byte| sum.wrapping_add(byte)),
    ]
}

pub(crate) fn blob_of(bytes: Vec<u8>) -> Blob {
    Blob {
        kind: BlobKind::Fixed,
        bytes: Arc::new(bytes),
    }
}

pub(crate) fn group_with(threads: usize) -> (ServeGroup, Gate) {
    group_of(threads, Limits::default())
}

pub(crate) fn group_of(threads: usize, limits: Limits) -> (ServeGroup, Gate) {
    group_under(ServeOptions {
        limits,
        threads,
        ..options()
    })
}

/// Nothing of this is reached by a test that does not want it.
pub(crate) fn options() -> ServeOptions {
    ServeOptions {
        allocator: Arc::new(HeapAllocator),
        limits: Limits::default(),
        threads: 64,
        pending_bytes: u64::MAX,
        stack_size: None,
        patience: LONG,
    }
}

pub(crate) fn group_under(options: ServeOptions) -> (ServeGroup, Gate) {
    let (open, gate) = channel();
    let (entered, entered_rx) = channel();
    let service = Arc::new(Adder {
        gate: Mutex::new(gate),
        entered,
    });
    (
        ServeGroup::start(service, options).unwrap(),
        Gate {
            open,
            entered: entered_rx,
        },
    )
}

pub(crate) fn group() -> (ServeGroup, Gate) {
    group_with(64)
}

pub(crate) fn connect(group: &ServeGroup) -> Arc<CallerLink> {
    let (here, there) = UnixStream::pair().unwrap();
    group.add(
        Wire::new(there.into(), WireKind::Unix).unwrap(),
        Some(NodeId::new(7).unwrap()),
    );
    caller(here, Limits::default())
}

pub(crate) fn caller(socket: UnixStream, limits: Limits) -> Arc<CallerLink> {
    caller_with(Arc::new(HeapAllocator), socket, limits)
}

pub(crate) fn caller_with(
    allocator: Arc<dyn Allocator>,
    socket: UnixStream,
    limits: Limits,
) -> Arc<CallerLink> {
    let on_lost = Box::new(|_: Lost| {});
    let options = LinkOptions {
        allocator,
        limits,
        on_lost,
        on_leaving: Box::new(|| {}),
        shows_life: true,
    };
    CallerLink::new(Wire::new(socket.into(), WireKind::Unix).unwrap(), options)
}

pub(crate) fn request(callback: CallbackNumber) -> Request {
    Request {
        wanted: Wanted::Outcome,
        chain: None,
        target: None,
        callback,
        time_left: None,
        delay: Duration::ZERO,
    }
}

pub(crate) fn never() -> bool {
    false
}

pub(crate) fn begin(
    link: &Arc<CallerLink>,
    callback: CallbackNumber,
    body: impl Into<Body>,
) -> Call {
    link.call(&request(callback), &mut body.into(), None, &mut never)
        .unwrap()
}

pub(crate) fn finish(pending: &Call) -> Outcome {
    let until = std::time::Instant::now() + LONG;
    assert_eq!(
        pending.wait(Some(until), &mut never),
        WaitEnd::Done,
        "the call hangs"
    );
    pending.take().unwrap()
}

pub(crate) fn value(pending: &Call) -> Received {
    match finish(pending) {
        Outcome::Reply {
            status: ReplyStatus::Value,
            body,
        } => body,
        other => panic!("no value: {other:?}"),
    }
}

pub(crate) fn add(link: &Arc<CallerLink>, a: u8, b: u8) -> u8 {
    value(&begin(link, ADD, vec![a, b])).payload[0]
}

pub(crate) fn send_error(result: Result<Call, SendError>) -> SendError {
    result
        .map(|_| "a call")
        .expect_err("the request must not go out")
}

/// A request as its bytes travel.
pub(crate) fn request_bytes(callback: CallbackNumber, call: u64) -> Vec<u8> {
    let length = u32::try_from(Request::SIZE).unwrap();
    let head = Head::new(FrameKind::Request, 0, CallId(call), length);
    let mut bytes = head.to_bytes().to_vec();
    request(callback).write(&mut bytes);
    bytes
}

/// What a call failed with at its callee.
pub(crate) fn failure(pending: &Call) -> Failure {
    match finish(pending) {
        Outcome::Reply {
            status: ReplyStatus::Failed,
            body,
        } => Failure::from_payload(&body.payload),
        other => panic!("no failure: {other:?}"),
    }
}

/// Waits for what has no event of its own.
pub(crate) fn wait_until(mut happened: impl FnMut() -> bool) {
    until("what was waited for", &mut happened);
}

/// Waits until something is so that nobody tells of.
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let until = std::time::Instant::now() + LONG;
    while !is_so() {
        assert!(std::time::Instant::now() < until, "never came: {what}");
        std::thread::park_timeout(Duration::from_millis(1));
    }
}
