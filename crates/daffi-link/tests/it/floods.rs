//! Peers that send without end or never read: others have their turn, and what is kept for them is bounded.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use daffi_link::{
    Asked, Blob, Body, HandedIn, Responder, ServeGroup, ServeOptions, Served, Service, Wire,
    WireKind,
};
use daffi_proto::{
    BlobInfo, BlobKind, Builtin, CallId, CallbackNumber, FailureCode, FrameKind, Head, ReplyStatus,
    Request, Wanted, write_blob_table,
};
use parking_lot::Mutex;

use crate::support::*;

/// The requests of the flood, as they travel, with numbers from here on.
pub(crate) fn requests(from: u64, count: u64, callback: CallbackNumber, wanted: Wanted) -> Vec<u8> {
    let request = Request {
        wanted,
        ..request(callback)
    };
    let mut body = Vec::new();
    request.write(&mut body);
    let frame = |call| {
        let head = Head::new(
            FrameKind::Request,
            request.flags(),
            CallId(call),
            body.len() as u32,
        );
        [&head.to_bytes()[..], &body].concat()
    };
    (from..from + count).flat_map(frame).collect()
}

pub(crate) fn raw(group: &ServeGroup) -> UnixStream {
    let (here, there) = UnixStream::pair().unwrap();
    group.add(Wire::new(there.into(), WireKind::Unix).unwrap(), None);
    here
}

/// After so many requests of the flood others want to be heard.
const OTHERS: usize = 1000;

/// Counts what it serves. In the middle of the flood a request comes on a quiet link, and something is handed in.
struct Counting {
    served: Arc<AtomicUsize>,
    /// How many were when the others had said that they want something.
    before: AtomicUsize,
    quiet: Mutex<UnixStream>,
    group: OnceLock<Arc<ServeGroup>>,
    heard: Mutex<Sender<(&'static str, usize)>>,
}

impl Service for Counting {
    /// Counted where a request is read: a thread that serves one may be held up by the system while others go on.
    fn accept(&self, asked: Box<Asked>) -> Option<Box<Asked>> {
        if asked.served.request.callback == ADD {
            let so_far = self.served.load(Ordering::SeqCst);
            let after = so_far.saturating_sub(self.before.load(Ordering::SeqCst));
            self.heard.lock().send(("request", after)).unwrap();
        }
        Some(asked)
    }

    fn serve(&self, served: Served, responder: Responder) {
        let number = self.served.fetch_add(1, Ordering::SeqCst);
        if served.request.callback != ADD && number == OTHERS {
            let heard = self.heard.lock().clone();
            self.group.get().unwrap().submit(HandedIn::new(move |_| {
                let _ = heard.send(("job", 0));
            }));
            let bytes = requests(1, 1, ADD, Wanted::Outcome);
            self.quiet.lock().write_all(&bytes).unwrap();
            let served = self.served.load(Ordering::SeqCst);
            self.before.store(served, Ordering::SeqCst);
        }
        responder.reply(ReplyStatus::Value, Vec::new().into());
    }
}

#[test]
fn beside_a_flood_others_are_served_within_few_requests() {
    // While a busy link brought bytes nobody asked for the others: they waited for its end.
    let (quiet, quiet_there) = UnixStream::pair().unwrap();
    let (heard, has_heard) = channel();
    let service = Arc::new(Counting {
        served: Arc::default(),
        before: AtomicUsize::new(usize::MAX),
        quiet: Mutex::new(quiet),
        group: OnceLock::new(),
        heard: Mutex::new(heard),
    });
    let group = Arc::new(ServeGroup::start(service.clone(), options()).unwrap());
    service.group.set(group.clone()).unwrap();
    group.add(Wire::new(quiet_there.into(), WireKind::Unix).unwrap(), None);
    let is_over = Arc::new(AtomicBool::new(false));
    let floods: Vec<_> = (0..2)
        .map(|_| {
            let (mut flood, is_over) = (raw(&group), is_over.clone());
            thread::spawn(move || {
                let mut from = 1;
                while !is_over.load(Ordering::Relaxed) {
                    let bytes = requests(from, 1000, SIZE, Wanted::Nothing);
                    if flood.write_all(&bytes).is_err() {
                        return;
                    }
                    from += 1000;
                }
            })
        })
        .collect();
    for _ in 0..2 {
        let (what, after) = has_heard.recv_timeout(LONG).unwrap();
        // The rest of a batch, and one more until the others are asked.
        assert!(after <= 200, "the {what} was heard after {after} others");
    }
    is_over.store(true, Ordering::Relaxed);
    for flood in floods {
        flood.join().unwrap();
    }
    assert!(group.stop(LONG));
}

/// How many answers are kept, and an answer that counts itself.
#[derive(Clone, Default)]
struct Kept(Arc<AtomicUsize>);

struct Answer(Kept, Vec<u8>);

impl AsRef<[u8]> for Answer {
    fn as_ref(&self) -> &[u8] {
        &self.1
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Answers with 100,000 bytes, or with nothing where it cannot block.
impl Service for Kept {
    fn may_block(&self, served: &Served) -> bool {
        served.request.callback != QUICK
    }

    fn serve(&self, served: Served, responder: Responder) {
        if served.request.callback == QUICK {
            return responder.reply(ReplyStatus::Value, Vec::new().into());
        }
        self.0.fetch_add(1, Ordering::SeqCst);
        let blob = Blob {
            kind: BlobKind::Fixed,
            bytes: Arc::new(Answer(self.clone(), vec![1; 100_000])),
        };
        let body = Body {
            payload: Vec::new(),
            blobs: vec![blob],
        };
        responder.reply(ReplyStatus::Value, body);
    }
}

#[test]
fn answers_do_not_pile_up_for_a_caller_that_does_not_read() {
    // 700 small requests were served in one go, and their answers kept: only what stood in a buffer counted.
    let kept = Kept::default();
    let group = ServeGroup::start(Arc::new(kept.clone()), options()).unwrap();
    let mut lazy = raw(&group);
    lazy.write_all(&requests(1, 700, SIZE, Wanted::Outcome))
        .unwrap();
    let busy = connect(&group);
    for _ in 0..2000 {
        value(&begin(&busy, QUICK, vec![1]));
    }
    let most = kept.0.load(Ordering::SeqCst);
    // 4 MiB, and what was just being answered: 1 MiB, and one more.
    assert!((1..=55).contains(&most), "{most} answers are kept");
    let mut answers = vec![0; 700 * 100_000];
    lazy.read_exact(&mut answers).unwrap();
    until("the last answer", || kept.0.load(Ordering::SeqCst) == 0);
}

/// [`Kept`], whose requests to `ADD` others wait for; tells how many of them were served.
struct HoldingUp(Kept, Arc<AtomicUsize>);

impl Service for HoldingUp {
    fn accept(&self, mut asked: Box<Asked>) -> Option<Box<Asked>> {
        if asked.served.request.callback == ADD {
            asked.responder.hold_up_others();
        }
        Some(asked)
    }

    fn serve(&self, served: Served, responder: Responder) {
        if served.request.callback == ADD {
            self.1.fetch_add(1, Ordering::SeqCst);
        }
        self.0.serve(served, responder);
    }
}

#[test]
fn what_holds_up_others_is_served_though_its_caller_does_not_read() {
    // It kept its turn at its callback until its caller read again, which may be never.
    let served = Arc::new(AtomicUsize::new(0));
    let service = HoldingUp(Kept::default(), served.clone());
    let group = ServeGroup::start(Arc::new(service), options()).unwrap();
    let mut lazy = raw(&group);
    let wanted = Wanted::Outcome;
    let behind = [
        requests(1, 200, SIZE, wanted),
        requests(201, 2, ADD, wanted),
    ];
    lazy.write_all(&behind.concat()).unwrap();
    until("those that hold up others", || {
        served.load(Ordering::SeqCst) == 2
    });
    let mut answers = vec![0; 200 * 100_000];
    lazy.read_exact(&mut answers).unwrap();
}

/// A message with arguments of so many bytes, from a peer that writes it by hand: announced, then in one chunk.
pub(crate) fn large(call: u64, callback: CallbackNumber, bytes: usize) -> (Vec<u8>, Vec<u8>) {
    let request = request(callback);
    let mut body = Vec::new();
    request.write(&mut body);
    let row = BlobInfo {
        kind: BlobKind::Fixed,
        length: bytes as u64,
    };
    write_blob_table(&mut body, [row].into_iter());
    let head = |kind, flags, length: usize| {
        Head::new(kind, flags, CallId(call), length as u32)
            .to_bytes()
            .to_vec()
    };
    let flags = request.flags() | Request::BLOBS;
    let announced = [head(FrameKind::Request, flags, body.len()), body].concat();
    let chunk = [head(FrameKind::Chunk, 0, bytes), vec![1; bytes]].concat();
    (announced, chunk)
}

pub(crate) fn arguments(bytes: usize) -> Body {
    Body {
        payload: vec![1],
        blobs: vec![blob_of(vec![1; bytes])],
    }
}

/// What a node may hold in these tests, and a request that takes most of it.
pub(crate) const PENDING: u64 = 1 << 20;
pub(crate) const MOST_OF_IT: usize = 900_000;

pub(crate) fn with_little_room(patience: Duration) -> (ServeGroup, Gate) {
    group_under(ServeOptions {
        pending_bytes: PENDING,
        patience,
        ..options()
    })
}

#[test]
fn what_does_not_fit_beside_requests_under_way_is_left_unread_until_it_does() {
    // 3,000 requests of 1 MiB each were all taken in at once.
    let (group, gate) = with_little_room(LONG);
    let (link, other, third) = (connect(&group), connect(&group), connect(&group));
    let first = begin(&link, GATE, arguments(MOST_OF_IT));
    gate.entered.recv_timeout(LONG).unwrap();
    let second = begin(&other, GATE, arguments(200_000));
    // Sent after, and so served after; what every node answers goes on.
    let third_one = begin(&third, GATE, arguments(100_000));
    let own = begin(&connect(&group), Builtin::Tasks.number(), Vec::from([2]));
    assert_eq!(value(&own).payload, [2]);
    assert_eq!(group.unanswered(), 1);
    gate.open.send(()).unwrap();
    assert_eq!(value(&first).payload, [1]);
    gate.open.send(()).unwrap();
    gate.open.send(()).unwrap();
    value(&second);
    value(&third_one);
}

#[test]
fn a_small_request_goes_past_one_that_does_not_fit() {
    // It waited behind that one, of another caller, until somebody else was answered.
    let (group, gate) = with_little_room(LONG);
    let (link, other, third) = (connect(&group), connect(&group), connect(&group));
    let first = begin(&link, GATE, arguments(MOST_OF_IT));
    gate.entered.recv_timeout(LONG).unwrap();
    let second = begin(&other, SIZE, arguments(200_000));
    for _ in 0..100 {
        value(&begin(&third, SIZE, arguments(1000)));
    }
    until("the first alone", || group.unanswered() == 1);
    // It does not pass one of its own caller, which it is to follow.
    let behind = begin(&other, SIZE, arguments(1000));
    value(&begin(&third, SIZE, arguments(1000)));
    until("the first alone", || group.unanswered() == 1);
    gate.open.send(()).unwrap();
    for call in [&first, &second, &behind] {
        value(call);
    }
}

#[test]
fn what_does_not_fit_is_refused_where_nothing_is_given_back() {
    let (group, gate) = with_little_room(Duration::from_millis(50));
    let (link, other) = (connect(&group), connect(&group));
    let first = begin(&link, GATE, arguments(MOST_OF_IT));
    gate.entered.recv_timeout(LONG).unwrap();
    for _ in 0..3 {
        let refused = failure(&begin(&other, SIZE, arguments(400_000)));
        assert_eq!(refused.code, FailureCode::Overloaded);
        assert!(refused.text.contains("max_pending_bytes"), "{refused:?}");
    }
    // The link is whole: its chunks were dropped as they came.
    value(&begin(&other, SIZE, arguments(1000)));
    gate.open.send(()).unwrap();
    value(&first);
    value(&begin(&other, SIZE, arguments(400_000)));
}

#[test]
fn messages_that_are_half_received_at_the_bound_end() {
    // Each link that waited for room would have held what the others waited for.
    let (group, _gate) = with_little_room(LONG);
    let mut peers: Vec<_> = (0..4).map(|_| raw(&group)).collect();
    let messages = [
        large(1, SIZE, 200_000),
        large(2, SIZE, 200_000),
        large(3, SIZE, 200_000),
    ];
    for (announced, _) in &messages {
        for peer in &mut peers {
            peer.write_all(announced).unwrap();
        }
    }
    let writing: Vec<_> = peers
        .iter()
        .map(|peer| {
            let (mut peer, chunks) = (peer.try_clone().unwrap(), messages.clone());
            thread::spawn(move || {
                for (_, chunk) in &chunks {
                    peer.write_all(chunk).unwrap();
                }
            })
        })
        .collect();
    for peer in &mut peers {
        peer.set_read_timeout(Some(LONG)).unwrap();
        let mut answers = [0; 3 * (Head::SIZE + 8)];
        peer.read_exact(&mut answers).unwrap();
    }
    for writing in writing {
        writing.join().unwrap();
    }
}

#[test]
fn a_caller_that_goes_while_it_is_left_unread_leaves_its_requests_to_be_served() {
    let (group, gate) = with_little_room(LONG);
    let (link, other) = (connect(&group), connect(&group));
    let first = begin(&link, GATE, arguments(MOST_OF_IT));
    gate.entered.recv_timeout(LONG).unwrap();
    let mut body = arguments(200_000);
    let sending = {
        let other = other.clone();
        thread::spawn(move || other.send_without_reply(&request(GATE), &mut body, &mut never))
    };
    sending.join().unwrap().unwrap();
    other.close(daffi_link::Lost::Closed);
    gate.open.send(()).unwrap();
    value(&first);
    gate.entered.recv_timeout(LONG).unwrap();
    gate.open.send(()).unwrap();
    until("the end of its link", || {
        format!("{group:?}") == "ServeGroup(1 links)"
    });
}
