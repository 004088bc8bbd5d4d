//! Runs the requests that come in: finds the callback, waits out a delay, and keeps track of what may be cancelled.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use daffi_link::{Responder as LinkResponder, Served, ServedLinkId, Service};
use daffi_proto::{Builtin, CallId, Failure, FailureCode, NodeId, StreamRequest, Wanted};
use parking_lot::Mutex;

use super::admission::Place;
use super::cut_off::{self, Unfinished};
use super::delays::Due;
use super::gate::Slot;
use super::offers::Offered;
use super::shared::NodeShared;
use crate::callback::{CancelFlag, Invocation, Responder};
use crate::host::Host;

pub(crate) struct NodeService {
    node: Arc<NodeShared>,
    under_way: Arc<UnderWay>,
}

/// The requests that have no answer yet, from the moment they are read, so that a cancel or the loss of their link finds
/// them. Ordered: a peer chooses the numbers, and could choose such as share a place in a table that hashes them.
#[derive(Default)]
struct UnderWay(Mutex<BTreeMap<(ServedLinkId, CallId), Entry>>);

struct Entry {
    unfinished: Unfinished,
    /// The node that called; not known of relayed calls.
    caller: Option<NodeId>,
    cancelled: CancelFlag,
    /// Whether its caller waits for the outcome, so that it is in vain once that has gone.
    is_awaited: bool,
    /// Its place among those of its callback that run at once, until it is served.
    place: Option<Slot>,
}

/// A request whose caller waits for it.
struct Awaited {
    unfinished: Unfinished,
    caller: Option<NodeId>,
    cancelled: CancelFlag,
}

impl UnderWay {
    fn enter(&self, served: &Served) {
        let entry = Entry {
            unfinished: Unfinished {
                callback: served.request.callback,
                since: Instant::now(),
            },
            caller: served.peer,
            cancelled: CancelFlag::default(),
            is_awaited: served.request.wanted == Wanted::Outcome,
            place: None,
        };
        self.0.lock().insert((served.link, served.call), entry);
    }

    fn strike_out(&self, link: ServedLinkId, call: CallId) {
        let entry = self.0.lock().remove(&(link, call));
        // Not under the lock: a place that is free lets in the next one.
        drop(entry);
    }

    /// It is its turn, and it is served soon.
    fn keep_place(&self, served: &Served, place: Slot) {
        let mut under_way = self.0.lock();
        if let Some(entry) = under_way.get_mut(&(served.link, served.call)) {
            entry.place = Some(place);
        }
    }

    fn take_place(&self, link: ServedLinkId, call: CallId) -> Option<Slot> {
        let mut under_way = self.0.lock();
        under_way.get_mut(&(link, call))?.place.take()
    }

    fn find(&self, link: ServedLinkId, call: CallId) -> Option<CancelFlag> {
        let under_way = self.0.lock();
        let entry = under_way.get(&(link, call));
        entry.map(|entry| entry.cancelled.clone())
    }

    /// Those of a link whose caller waits for them.
    fn awaited(&self, link: ServedLinkId) -> Vec<Awaited> {
        let of_link = (link, CallId(0))..=(link, CallId(u64::MAX));
        let under_way = self.0.lock();
        under_way
            .range(of_link)
            .filter(|(_, entry)| entry.is_awaited && !entry.cancelled.is_cancelled())
            .map(|(_, entry)| Awaited {
                unfinished: entry.unfinished,
                caller: entry.caller,
                cancelled: entry.cancelled.clone(),
            })
            .collect()
    }

    fn all(&self) -> Vec<Unfinished> {
        let under_way = self.0.lock();
        under_way.values().map(|entry| entry.unfinished).collect()
    }
}

impl NodeService {
    pub(crate) fn new(node: Arc<NodeShared>) -> Self {
        Self {
            node,
            under_way: Arc::default(),
        }
    }

    /// Whether a request is left to a serving thread; what has to wait for its turn is not, nor is what runs elsewhere.
    fn is_served(&self, served: &Served) -> bool {
        let request = &served.request;
        let Some(Offered { run, gate }) = self.node.offers.get(request.callback) else {
            return !self.node.is_quick(served);
        };
        if !request.delay.is_zero() || run.runs_elsewhere() {
            return false;
        }
        let Some(gate) = gate else {
            return true;
        };
        let Some(place) = gate.try_enter() else {
            return false;
        };
        self.under_way.keep_place(served, place);
        true
    }

    /// Tells which requests a stop has not waited for.
    pub(super) fn tell_cut_off(&self) {
        cut_off::tell_cut_off(&self.node, &self.under_way.all());
    }

    fn delay(&self, delay: Duration, offered: Offered, invocation: Invocation) {
        let Some(at) = Instant::now().checked_add(delay) else {
            return invocation.responder.fail(&Failure::new(
                FailureCode::BadArguments,
                "the delay is longer than this machine can count",
            ));
        };
        let node = Arc::clone(&self.node);
        self.node.delays.add(
            at,
            Box::new(move |due| match due {
                Due::Now => node.admit(offered, invocation, Place::Thread),
                Due::TooMany => invocation.responder.fail(&Failure::new(
                    FailureCode::Overloaded,
                    "too many requests wait for their time there",
                )),
                Due::Stopping => invocation.responder.fail(&stopping()),
            }),
        );
    }

    fn run(&self, served: Served, responder: LinkResponder, place: Place) {
        if self.node.stop().refuses_calls() {
            return responder.fail(&stopping());
        }
        let Served {
            link,
            peer,
            call,
            request,
            body,
            deadline,
        } = served;
        let cancelled = self.under_way.find(link, call).unwrap_or_default();
        let chain = request
            .chain
            .unwrap_or_else(|| self.node.chain_of(&cancelled));
        let responder = Responder::new(
            responder,
            cancelled.clone(),
            Arc::clone(&self.node.loop_gate),
            (Arc::clone(&self.node.outlets), chain),
        );
        let invocation = Invocation {
            body,
            responder,
            deadline,
            caller: peer,
            chain,
            cancelled,
            stop: Arc::clone(&self.node.stop),
        };
        if let Some(own) = self.node.offers.get(request.callback) {
            if !request.delay.is_zero() {
                return self.delay(request.delay, own, invocation);
            }
            return match self.under_way.take_place(link, call) {
                Some(slot) => self.node.start_in(slot, own.run, invocation),
                None => self.node.admit(own, invocation, place),
            };
        }
        match self.node.of_every_node(request.callback) {
            // What every node has is never delayed by a caller of ours.
            Some(run) => {
                if let Some(invocation) = invocation.begin() {
                    run.call(invocation);
                }
            }
            None => {
                let text = format!("'{}' has no such callback any more", self.node.process);
                let failure = Failure::new(FailureCode::UnknownCallback, text);
                invocation.responder.fail(&failure);
            }
        }
    }
}

impl Service for NodeService {
    fn run_thread(&self, body: &mut (dyn FnMut() + Send)) {
        SERVES.set(Some(self.node.id));
        Host::run_thread(&*self.node.host, body);
    }

    fn run_batch(&self, body: &mut (dyn FnMut() + Send)) {
        Host::run_batch(&*self.node.host, body);
    }

    fn accept(
        &self,
        served: Served,
        mut responder: LinkResponder,
    ) -> Option<(Served, LinkResponder)> {
        let (link, call) = (served.link, served.call);
        self.under_way.enter(&served);
        let under_way = Arc::clone(&self.under_way);
        responder.when_over(Box::new(move || under_way.strike_out(link, call)));
        if self.is_served(&served) {
            return Some((served, responder));
        }
        self.run(served, responder, Place::Thread);
        None
    }

    fn may_block(&self, served: &Served) -> bool {
        match Builtin::of(served.request.callback) {
            None | Some(Builtin::Transfer) => true,
            // A generator runs its callback's code.
            Some(Builtin::Stream) => !matches!(
                StreamRequest::parse(&served.body.payload),
                Some(StreamRequest::Hold(_))
            ),
            Some(
                Builtin::Schedule | Builtin::Tasks | Builtin::CancelTask | Builtin::TaskFailed,
            ) => false,
        }
    }

    fn serve(&self, served: Served, responder: LinkResponder) {
        self.run(served, responder, Place::Here);
    }

    fn cancelled(&self, link: ServedLinkId, call: CallId) {
        if let Some(flag) = self.under_way.find(link, call) {
            flag.cancel();
        }
    }

    /// What the caller waited for is in vain; what it only wanted done runs on.
    fn link_lost(&self, link: ServedLinkId) {
        let in_vain = self.under_way.awaited(link);
        if !self.node.stop().refuses_calls() {
            let caller = in_vain.first().and_then(|entry| entry.caller);
            let unfinished: Vec<_> = in_vain.iter().map(|entry| entry.unfinished).collect();
            cut_off::tell_in_vain(&self.node, caller, &unfinished);
        }
        for entry in in_vain {
            entry.cancelled.cancel();
        }
    }
}

thread_local! {
    /// The node whose callbacks this thread runs.
    static SERVES: Cell<Option<NodeId>> = const { Cell::new(None) };
}

pub(super) fn serves_this_thread(node: NodeId) -> bool {
    SERVES.get() == Some(node)
}

fn stopping() -> Failure {
    Failure::new(FailureCode::Stopping, "the process is stopping")
}

impl fmt::Debug for NodeService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NodeService({:?})", self.node)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use daffi_link::{
        CallerLink, HeapAllocator, LinkOptions, Outcome, ServeGroup, ServeOptions, WaitEnd, Wire,
        WireKind,
    };
    use daffi_proto::{Limits, Name, ReplyStatus, Request, Signature, Wanted};

    use super::*;
    use crate::callback::Definition;
    use crate::host::RustHost;
    use crate::stop::StopSignal;

    /// What the reading thread is told while a request is on its way from it to the one that serves it.
    #[derive(Clone, Copy, Debug)]
    enum Told {
        Cancelled,
        LinkLost,
    }

    /// The service of a node whose requests meet that just before they are served.
    struct Overtaken(NodeService, Told);

    impl Service for Overtaken {
        fn accept(
            &self,
            served: Served,
            responder: LinkResponder,
        ) -> Option<(Served, LinkResponder)> {
            self.0.accept(served, responder)
        }

        fn serve(&self, served: Served, responder: LinkResponder) {
            match self.1 {
                Told::Cancelled => self.0.cancelled(served.link, served.call),
                Told::LinkLost => self.0.link_lost(served.link),
            }
            self.0.serve(served, responder);
        }
    }

    #[test]
    fn a_request_hears_its_end_before_it_is_served() {
        // The thread that runs a callback known to be slow gives up the lead first: what the next reader heard until
        // the request was entered found nothing, and the callback ran for nobody.
        for told in [Told::Cancelled, Told::LinkLost] {
            let (runs, failure) = outcome_of(told);
            assert_eq!(runs, 0, "{told:?}");
            assert_eq!(failure.code, FailureCode::Cancelled, "{told:?}");
        }
    }

    /// How often the callback ran, and what the call came to.
    fn outcome_of(told: Told) -> (usize, Failure) {
        let name = Name::new("node").expect("a name");
        let node = Arc::new(NodeShared::new(
            NodeId::new(1).expect("not zero"),
            name.clone(),
            Limits::default(),
            Arc::new(RustHost),
            Arc::new(StopSignal::new()),
            u64::MAX,
        ));
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&runs);
        let info = node.offers.add(Definition {
            name,
            signature: Signature::any(),
            run: Arc::new(move |invocation: Invocation| {
                counted.fetch_add(1, Ordering::Relaxed);
                invocation
                    .responder
                    .reply(ReplyStatus::Value, Vec::new().into());
            }),
            at_once: None,
        });
        let service = Arc::new(Overtaken(NodeService::new(node), told));
        let options = ServeOptions {
            allocator: Arc::new(HeapAllocator),
            limits: Limits::default(),
            threads: 2,
            pending_bytes: 1 << 20,
            stack_size: None,
            patience: Duration::from_secs(20),
        };
        let group = ServeGroup::start(service.clone(), options).expect("a thread");
        let (here, there) = UnixStream::pair().expect("descriptors");
        group.add(
            Wire::new(there.into(), WireKind::Unix).expect("a socket"),
            None,
        );
        let link = CallerLink::new(
            Wire::new(here.into(), WireKind::Unix).expect("a socket"),
            LinkOptions {
                allocator: Arc::new(HeapAllocator),
                limits: Limits::default(),
                on_lost: Box::new(|_| {}),
                on_leaving: Box::new(|| {}),
                shows_life: true,
            },
        );
        let request = Request {
            wanted: Wanted::Outcome,
            chain: None,
            target: None,
            callback: info.expect("a new name").number,
            time_left: None,
            delay: Duration::ZERO,
        };
        let call = link.call(&request, &mut Vec::new().into(), None, &mut || false);
        let call = call.expect("an open link");
        let until = Instant::now() + Duration::from_secs(20);
        assert_eq!(call.wait(Some(until), &mut || false), WaitEnd::Done);
        let Some(Outcome::Reply { body, .. }) = call.take() else {
            panic!("no answer");
        };
        assert!(service.0.under_way.0.lock().is_empty());
        let failure = match runs.load(Ordering::Relaxed) {
            0 => Failure::from_payload(&body.payload),
            _ => Failure::new(FailureCode::Dropped, "it ran"),
        };
        (runs.load(Ordering::Relaxed), failure)
    }
}
