//! Runs the requests that come in: finds the callback, and waits out a delay.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use daffi_link::{
    Asked, Over, Responder as LinkResponder, ServeGroup, Served, ServedLinkId, Service,
};
use daffi_proto::{
    Builtin, CallId, CallbackNumber, Failure, FailureCode, Limits, NodeId, StreamRequest,
};

use crate::call::caller::Caller;
use crate::host::Host;
use crate::serve::admission::{Admission, Place};
use crate::serve::builtins::Builtins;
use crate::serve::callback::Invocation;
use crate::serve::cut_off;
use crate::serve::delays::{Delays, Due};
use crate::serve::gates::Gates;
use crate::serve::gates::gate::Gate;
use crate::serve::offers::{Offered, Offers};
use crate::serve::responder::{Callee, Responder};
use crate::serve::tasks::{Runs, Tasks};
use crate::serve::under_way::{Ahead, UnderWay};

/// What the serving side of a node is made with.
pub(crate) struct ServiceSettings<'a> {
    pub(crate) limits: &'a Limits,
    pub(crate) host: Arc<dyn Host>,
    pub(crate) caller: Arc<Caller>,
}

pub(crate) struct NodeService {
    host: Arc<dyn Host>,
    caller: Arc<Caller>,
    callee: Arc<Callee>,
    /// The callbacks of this process.
    pub(crate) offers: Arc<Offers>,
    /// How many calls run at once, and who waits for that.
    pub(crate) gates: Arc<Gates>,
    /// Requests that wait for their time.
    pub(crate) delays: Arc<Delays>,
    /// What others have scheduled here.
    pub(crate) tasks: Arc<Tasks>,
    admission: Arc<Admission>,
    builtins: Arc<Builtins>,
    under_way: Arc<UnderWay>,
}

impl NodeService {
    pub(crate) fn new(settings: ServiceSettings<'_>) -> Self {
        let ServiceSettings {
            limits,
            host,
            caller,
        } = settings;
        let gates = Gates::new(limits);
        let offers = Arc::new(Offers::new(limits.callbacks, Arc::clone(&gates)));
        let callee = Arc::new(Callee::new(&gates, limits, Arc::clone(&caller.stop)));
        let admission = Arc::new(Admission::new(Arc::clone(&callee)));
        let runs = Runs {
            host: Arc::clone(&host),
            offers: Arc::clone(&offers),
            admission: Arc::clone(&admission),
            callee: Arc::clone(&callee),
            caller: Arc::clone(&caller),
        };
        let tasks = Arc::new(Tasks::new(limits.tasks, runs));
        let builtins = Builtins::new(
            caller.members.process().clone(),
            Arc::clone(&host),
            Arc::clone(&callee.generators),
            Arc::clone(&tasks),
        );
        Self {
            host,
            caller,
            callee,
            offers,
            gates,
            delays: Arc::new(Delays::new(limits.calls_in_flight)),
            tasks,
            admission,
            builtins: Arc::new(builtins),
            under_way: Arc::default(),
        }
    }

    /// These threads serve from now on; before the first link is added.
    pub(crate) fn serve_on(&self, threads: &Arc<ServeGroup>) {
        self.admission.serve_on(threads);
    }

    /// Takes nothing more: what waits for its time or its turn is refused, tasks and generators end.
    pub(crate) fn close(&self) {
        self.delays.close();
        self.gates.close();
        self.tasks.close();
        self.callee.generators.close();
    }

    /// What runs a request that was read, with the place that is kept for it at its callback. And whether a serving thread
    /// does, or it has to wait for its turn, or runs elsewhere.
    #[inline]
    fn look_ahead(&self, served: &Served) -> (Ahead, bool) {
        let request = &served.request;
        let offered = self.offers.get(request.callback);
        let (place, is_served) = match &offered {
            None => (None, !self.builtins.is_quick(served)),
            Some(own) if !request.delay.is_zero() || own.run.runs_elsewhere() => (None, false),
            Some(own) => match own.gate.as_ref().map(Gate::try_enter) {
                None => (None, true),
                Some(place) => {
                    let is_served = place.is_some();
                    (place, is_served)
                }
            },
        };
        (Ahead { offered, place }, is_served)
    }

    /// A stop waits no longer: tells of the requests that still run, and tells those that their callers do not wait any more.
    pub(crate) fn cut_off(&self) {
        cut_off::tell_cut_off(&self.offers, &self.under_way.all());
        for flag in self.under_way.awaited() {
            flag.cancel();
        }
    }

    #[inline(never)]
    fn delay(&self, delay: Duration, offered: Offered, invocation: Invocation) {
        let Some(at) = Instant::now().checked_add(delay) else {
            return invocation.responder.fail(&Failure::new(
                FailureCode::BadArguments,
                "the delay is longer than this machine can count",
            ));
        };
        let (admission, flag) = (Arc::clone(&self.admission), invocation.cancelled.clone());
        let moment = self.delays.moment(at);
        // Before it waits: what runs it later has a hook of its own.
        let waits_in = Arc::downgrade(&self.delays);
        flag.on_cancel(move || {
            if let Some(delays) = waits_in.upgrade() {
                delays.give_up(moment);
            }
        });
        let run = move |due| {
            let (code, text) = match due {
                Due::Now => return admission.admit(offered, invocation, Place::Thread),
                Due::TooMany => (
                    FailureCode::Overloaded,
                    "too many requests wait for their time there",
                ),
                Due::Cancelled => (FailureCode::Cancelled, "cancelled before it ran"),
                Due::Stopping => return invocation.responder.fail(&Failure::stopping()),
            };
            invocation.responder.fail(&Failure::new(code, text));
        };
        self.delays.add(moment, Box::new(run));
        if flag.is_cancelled() {
            // It may have been before it waited.
            self.delays.give_up(moment);
        }
    }

    #[inline(never)]
    fn run(&self, served: Served, responder: LinkResponder, place: Place) {
        if self.callee.stop.refuses_requests() {
            return responder.fail(&Failure::stopping());
        }
        let Served {
            link,
            peer,
            call,
            request,
            body,
            deadline,
        } = served;
        let (cancelled, ahead) = self.under_way.begin(link, call);
        let chain = request
            .chain
            .unwrap_or_else(|| self.callee.chain_of(&cancelled));
        let responder = Responder::new(
            responder,
            cancelled.clone(),
            Arc::clone(&self.callee),
            chain,
        );
        let invocation = Invocation {
            body,
            responder,
            deadline,
            caller: peer,
            chain,
            cancelled,
        };
        if let Some(own) = ahead.offered {
            if !request.delay.is_zero() {
                return self.delay(request.delay, own, invocation);
            }
            return match ahead.place {
                Some(slot) => self.admission.start_in(slot, own.run, invocation),
                None => self.admission.admit(own, invocation, place),
            };
        }
        self.run_builtin(request.callback, invocation);
    }

    #[inline(never)]
    fn run_builtin(&self, callback: CallbackNumber, invocation: Invocation) {
        match self.builtins.of_every_node(callback) {
            // What every node has is never delayed by a caller of ours.
            Some(run) => {
                if let Some(invocation) = invocation.begin() {
                    run.call(invocation);
                }
            }
            None => {
                let text = format!(
                    "'{}' has no such callback any more",
                    self.caller.members.process()
                );
                let failure = Failure::new(FailureCode::UnknownCallback, text);
                invocation.responder.fail(&failure);
            }
        }
    }
}

#[cold]
fn refuse_twice(asked: Box<Asked>) {
    asked.responder.fail(&Failure::new(
        FailureCode::BadArguments,
        "its number is that of another call under way",
    ));
}

impl Service for NodeService {
    fn run_thread(&self, body: &mut (dyn FnMut() + Send)) {
        SERVES.set(Some(self.caller.id));
        Host::run_thread(&*self.host, body);
    }

    fn run_batch(&self, body: &mut (dyn FnMut() + Send)) {
        Host::run_batch(&*self.host, body);
    }

    fn over(&self) -> Option<Arc<dyn Over>> {
        Some(self.under_way.clone())
    }

    fn accept(&self, mut asked: Box<Asked>) -> Option<Box<Asked>> {
        let Asked { served, responder } = &mut *asked;
        let (ahead, is_served) = self.look_ahead(served);
        let place_is_kept = ahead.place.is_some();
        if !self.under_way.enter(served, ahead) {
            refuse_twice(asked);
            return None;
        }
        if place_is_kept {
            // Who waits at the gate waits for this one, whatever its own caller does.
            responder.hold_up_others();
        }
        responder.tell_when_over();
        if is_served {
            return Some(asked);
        }
        let Asked { served, responder } = *asked;
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
        let unwanted = self.under_way.link_lost(link);
        if !self.callee.stop.refuses_requests() {
            let caller = unwanted.first().and_then(|entry| entry.caller);
            let registry = self.caller.members.registry();
            let unfinished: Vec<_> = unwanted.iter().map(|entry| entry.unfinished).collect();
            cut_off::tell_caller_gone(&self.offers, &registry, caller, &unfinished);
        }
        for entry in unwanted {
            entry.cancelled.cancel();
        }
    }
}

thread_local! {
    /// The node whose callbacks this thread runs.
    static SERVES: Cell<Option<NodeId>> = const { Cell::new(None) };
}

pub(crate) fn serves_this_thread(node: NodeId) -> bool {
    SERVES.get() == Some(node)
}

impl fmt::Debug for NodeService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NodeService(of {})", self.caller.members.process())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::num::NonZeroUsize;
    use std::os::unix::net::UnixStream;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use daffi_link::{
        CallerLink, HeapAllocator, LinkOptions, Outcome, ServeGroup, ServeOptions, WaitEnd, Wire,
        WireKind,
    };
    use daffi_proto::{
        CallbackNumber, FrameKind, Head, Limits, Name, ReplyStatus, Request, Signature, Wanted,
    };

    use super::*;
    use crate::call::caller::CallerSettings;
    use crate::host::RustHost;
    use crate::serve::callback::Definition;
    use crate::stop::StopSignal;

    /// Longer than anything here takes on a machine that is ten times too busy.
    const LONG: Duration = Duration::from_secs(20);

    /// What the reading thread is told while a request is on its way from it to the one that serves it.
    #[derive(Clone, Copy, Debug)]
    enum Told {
        Cancelled,
        LinkLost,
    }

    /// The service of a node whose requests meet that just before they are served.
    struct Overtaken(Arc<NodeService>, Told);

    impl Service for Overtaken {
        fn over(&self) -> Option<Arc<dyn Over>> {
            self.0.over()
        }

        fn accept(&self, asked: Box<Asked>) -> Option<Box<Asked>> {
            self.0.accept(asked)
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

    /// The serving side of a node with one callback, which counts its runs and answers.
    struct Bench {
        service: Arc<NodeService>,
        callback: CallbackNumber,
        runs: Arc<AtomicUsize>,
    }

    impl Bench {
        fn new(at_once: Option<NonZeroUsize>) -> Self {
            let name = Name::new("node").expect("a name");
            let limits = Limits::default();
            let caller = Caller::new(CallerSettings {
                id: NodeId::new(1).expect("not zero"),
                process: name.clone(),
                limits: &limits,
                max_waiting_bytes: u64::MAX,
                stop: Arc::new(StopSignal::new()),
            });
            let service = NodeService::new(ServiceSettings {
                limits: &limits,
                host: Arc::new(RustHost),
                caller: Arc::new(caller),
            });
            let runs = Arc::new(AtomicUsize::new(0));
            let counted = Arc::clone(&runs);
            let definition = Definition {
                name,
                signature: Signature::any(),
                run: Arc::new(move |invocation: Invocation| {
                    counted.fetch_add(1, Ordering::Relaxed);
                    invocation
                        .responder
                        .reply(ReplyStatus::Value, Vec::new().into());
                }),
                at_once,
            };
            let number = service.offers.add(definition, |_| {});
            Self {
                service: Arc::new(service),
                callback: number.expect("a new name"),
                runs,
            }
        }

        fn request(&self, delay: Duration) -> Request {
            Request {
                wanted: Wanted::Outcome,
                chain: None,
                target: None,
                callback: self.callback,
                time_left: None,
                delay,
            }
        }
    }

    /// A group that serves the other end of a socket.
    fn serve(service: Arc<dyn Service>) -> (ServeGroup, UnixStream) {
        let options = ServeOptions {
            allocator: Arc::new(HeapAllocator),
            limits: Limits::default(),
            threads: 2,
            pending_bytes: 1 << 20,
            stack_size: None,
            patience: LONG,
        };
        let group = ServeGroup::start(service, options).expect("a thread");
        let (here, there) = UnixStream::pair().expect("descriptors");
        group.add(
            Wire::new(there.into(), WireKind::Unix).expect("a socket"),
            None,
        );
        (group, here)
    }

    fn link(here: UnixStream) -> Arc<CallerLink> {
        CallerLink::new(
            Wire::new(here.into(), WireKind::Unix).expect("a socket"),
            LinkOptions {
                allocator: Arc::new(HeapAllocator),
                limits: Limits::default(),
                on_lost: Box::new(|_| {}),
                on_leaving: Box::new(|| {}),
                shows_life: true,
            },
        )
    }

    /// How often the callback ran, and what the call came to.
    fn outcome_of(told: Told) -> (usize, Failure) {
        let bench = Bench::new(None);
        let service = Arc::new(Overtaken(Arc::clone(&bench.service), told));
        let (_group, here) = serve(service.clone());
        let link = link(here);
        let request = bench.request(Duration::ZERO);
        let call = link.call(&request, &mut Vec::new().into(), None, &mut || false);
        let call = call.expect("an open link");
        let until = Instant::now() + LONG;
        assert_eq!(call.wait(Some(until), &mut || false), WaitEnd::Done);
        let Some(Outcome::Reply { body, .. }) = call.take() else {
            panic!("no answer");
        };
        assert!(service.0.under_way.is_empty());
        let runs = bench.runs.load(Ordering::Relaxed);
        let failure = match runs {
            0 => Failure::from_payload(&body.payload),
            _ => Failure::new(FailureCode::Dropped, "it ran"),
        };
        (runs, failure)
    }

    #[test]
    fn a_delayed_request_that_is_cancelled_holds_nothing_until_its_time() {
        // Its arguments and its share of what may be under way were held until then: for a day.
        let bench = Bench::new(None);
        let (group, here) = serve(bench.service.clone());
        let link = link(here);
        let request = bench.request(Duration::from_secs(86_400));
        let call = link.call(&request, &mut Vec::new().into(), None, &mut || false);
        let waiting = || format!("{:?}", bench.service.delays);
        until("the request", || waiting() == "Delays(1 waiting)");
        assert!(call.expect("an open link").cancel());
        until("its end", || group.unanswered() == 0);
        assert_eq!(waiting(), "Delays(0 waiting)");
        assert_eq!(bench.runs.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_request_with_the_number_of_one_under_way_is_refused() {
        // It took the place of the other, whose slot let in the next one while the table was locked.
        let bench = Bench::new(NonZeroUsize::new(1));
        let (_group, mut here) = serve(bench.service.clone());
        let request = bench.request(Duration::ZERO);
        let mut body = Vec::new();
        request.write(&mut body);
        let frame = |call| {
            let length = u32::try_from(body.len()).expect("short");
            let head = Head::new(FrameKind::Request, request.flags(), CallId(call), length);
            [&head.to_bytes()[..], &body].concat()
        };
        here.set_read_timeout(Some(LONG)).expect("a socket");
        here.write_all(&[1, 2, 1].map(frame).concat())
            .expect("it is read");
        let answers = [(); 3].map(|()| answer(&mut here));
        // The node of this test has no threads for the one that had to wait.
        let wanted = [
            (1, Some(FailureCode::BadArguments)),
            (1, None),
            (2, Some(FailureCode::Stopping)),
        ];
        for answer in wanted {
            assert!(answers.contains(&answer), "{answers:?}");
        }
    }

    /// The next answer on a raw socket: to which call, and why it failed.
    fn answer(here: &mut UnixStream) -> (u64, Option<FailureCode>) {
        let mut head = [0; Head::SIZE];
        here.read_exact(&mut head).expect("an answer");
        let head = Head::parse(head, &Limits::default()).expect("a head");
        let mut body = vec![0; head.length as usize];
        here.read_exact(&mut body).expect("an answer");
        let failure = (!body.is_empty()).then(|| Failure::from_payload(&body).code);
        (head.call.0, failure)
    }

    fn until(what: &str, mut is_so: impl FnMut() -> bool) {
        let until = Instant::now() + LONG;
        while !is_so() {
            assert!(Instant::now() < until, "never came: {what}");
            std::thread::park_timeout(Duration::from_millis(1));
        }
    }
}
