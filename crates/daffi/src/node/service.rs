//! Runs the requests that come in: finds the callback, waits out a delay, and keeps track of what may be cancelled.

use std::cell::Cell;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use daffi_link::{Responder as LinkResponder, ServeGroup, Served, ServedLinkId, Service};
use daffi_proto::{CallId, Failure, FailureCode, NodeId};
use parking_lot::Mutex;
use rustc_hash::FxHashMap;

use super::delays::Due;
use super::shared::NodeShared;
use crate::callback::{Callback, CancelFlag, Invocation, Responder};
use crate::host::Host;

pub(crate) struct NodeService {
    node: Arc<NodeShared>,
    /// The group that runs this service; for handing delayed requests to its threads.
    group: OnceLock<std::sync::Weak<ServeGroup>>,
    under_way: Arc<UnderWay>,
}

/// The requests that have no answer yet, so that a cancel or the loss of their link finds them.
#[derive(Default)]
struct UnderWay(Mutex<FxHashMap<(ServedLinkId, CallId), CancelFlag>>);

impl NodeService {
    pub(crate) fn new(node: Arc<NodeShared>) -> Self {
        Self {
            node,
            group: OnceLock::new(),
            under_way: Arc::default(),
        }
    }

    /// Tells the service its group, before the first link is added.
    pub(crate) fn set_group(&self, group: &Arc<ServeGroup>) {
        let _ = self.group.set(Arc::downgrade(group));
    }

    fn delay(&self, at: Instant, callback: Arc<dyn Callback>, invocation: Invocation) {
        let group = self.group.get().cloned().unwrap_or_default();
        self.node.delays.add(
            at,
            Box::new(move |due| match (due, group.upgrade()) {
                (Due::Now, Some(group)) => {
                    group.submit(Box::new(move || run_in_time(&*callback, invocation)));
                }
                (Due::TooMany, _) => invocation.responder.fail(&Failure::new(
                    FailureCode::Overloaded,
                    "too many requests wait for their time there",
                )),
                (Due::Now | Due::Stopping, _) => invocation.responder.fail(&stopping()),
            }),
        );
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

    fn serve(&self, served: Served, responder: LinkResponder) {
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
        let Some(callback) = self.node.callback(request.callback) else {
            let text = format!("'{}' has no such callback any more", self.node.process);
            return responder.fail(&Failure::new(FailureCode::UnknownCallback, text));
        };
        let cancelled = CancelFlag::default();
        self.under_way
            .0
            .lock()
            .insert((link, call), cancelled.clone());
        let under_way = Arc::clone(&self.under_way);
        let chain = request
            .chain
            .unwrap_or_else(|| self.node.chain_of(&cancelled));
        let responder = Responder::new(
            responder,
            (Arc::clone(&self.node.outlets), chain),
            Box::new(move || {
                under_way.0.lock().remove(&(link, call));
            }),
        );
        let invocation = Invocation {
            body,
            responder,
            deadline,
            caller: peer,
            chain,
            cancelled,
        };
        if request.delay.is_zero() {
            return run_in_time(&*callback, invocation);
        }
        match Instant::now().checked_add(request.delay) {
            Some(at) => self.delay(at, callback, invocation),
            None => invocation.responder.fail(&Failure::new(
                FailureCode::BadArguments,
                "the delay is longer than this machine can count",
            )),
        }
    }

    fn cancelled(&self, link: ServedLinkId, call: CallId) {
        let flag = self.under_way.0.lock().get(&(link, call)).cloned();
        if let Some(flag) = flag {
            flag.cancel();
        }
    }

    fn link_lost(&self, link: ServedLinkId) {
        let mut lost = Vec::new();
        self.under_way.0.lock().retain(|(on, _), flag| {
            let keep = *on != link;
            if !keep {
                lost.push(flag.clone());
            }
            keep
        });
        for flag in lost {
            flag.cancel();
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

/// Runs a request unless nobody waits for it any more.
fn run_in_time(callback: &dyn Callback, invocation: Invocation) {
    if invocation.cancelled.is_cancelled() {
        let failure = Failure::new(FailureCode::Cancelled, "cancelled before it ran");
        return invocation.responder.fail(&failure);
    }
    if invocation
        .deadline
        .is_some_and(|deadline| deadline <= Instant::now())
    {
        let failure = Failure::new(FailureCode::Expired, "its time was over before it ran");
        return invocation.responder.fail(&failure);
    }
    callback.call(invocation);
}

fn stopping() -> Failure {
    Failure::new(FailureCode::Stopping, "the process is stopping")
}

impl fmt::Debug for NodeService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NodeService({:?})", self.node)
    }
}
