//! Lets requests run: each when it is its turn at its callback and on the event loop, and where it is to run.

use std::sync::{Arc, OnceLock, Weak};

use daffi_link::{HandedIn, ServeGroup};
use daffi_proto::Failure;

use crate::serve::callback::{Callback, Invocation};
use crate::serve::gates::gate::{Gate, Slot, Turn};
use crate::serve::offers::Offered;
use crate::serve::responder::Callee;

/// Where a request is asked to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// On the calling thread, which may take its time.
    Here,
    /// On a serving thread.
    Thread,
}

/// What lets requests run.
pub(crate) struct Admission {
    callee: Arc<Callee>,
    /// The threads that serve; set before the first link is added.
    threads: OnceLock<Weak<ServeGroup>>,
}

impl Admission {
    pub(super) const fn new(callee: Arc<Callee>) -> Self {
        Self {
            callee,
            threads: OnceLock::new(),
        }
    }

    /// These threads serve from now on.
    pub(super) fn serve_on(&self, threads: &Arc<ServeGroup>) {
        let _ = self.threads.set(Arc::downgrade(threads));
    }

    // Inlined, and the rest apart: what runs at once on the thread that has read it is not to be moved about.
    /// Runs a request to a callback of this process when it is its turn. One that has to wait runs on a serving thread in
    /// any case.
    #[inline(always)]
    pub(crate) fn admit(self: &Arc<Self>, offered: Offered, invocation: Invocation, place: Place) {
        let Offered { run, gate } = offered;
        match gate {
            Some(gate) => self.admit_at(&gate, run, invocation),
            None => self.start(run, invocation, place),
        }
    }

    #[inline(never)]
    fn admit_at(
        self: &Arc<Self>,
        gate: &Arc<Gate>,
        run: Arc<dyn Callback>,
        mut invocation: Invocation,
    ) {
        let (admission, flag) = (Arc::clone(self), invocation.cancelled.clone());
        gate.enter(&flag, move |turn| match turn {
            Turn::Now(slot) => {
                invocation.responder.hold_place(slot);
                admission.start(run, invocation, Place::Thread);
            }
            Turn::Never(failure) => invocation.responder.fail(&failure),
        });
    }

    /// The same for one that has its place at its callback.
    pub(crate) fn start_in(
        self: &Arc<Self>,
        slot: Slot,
        run: Arc<dyn Callback>,
        mut invocation: Invocation,
    ) {
        invocation.responder.hold_place(slot);
        self.start(run, invocation, Place::Here);
    }

    #[inline(always)]
    fn start(self: &Arc<Self>, run: Arc<dyn Callback>, invocation: Invocation, place: Place) {
        if run.runs_elsewhere() {
            return self.start_on_loop(run, invocation);
        }
        match place {
            Place::Here => {
                if let Some(invocation) = invocation.begin() {
                    run.call(invocation);
                }
            }
            Place::Thread => self.start_on_thread(run, invocation),
        }
    }

    #[inline(never)]
    fn start_on_loop(&self, run: Arc<dyn Callback>, mut invocation: Invocation) {
        let flag = invocation.cancelled.clone();
        self.callee.loop_gate.enter(&flag, move |turn| match turn {
            Turn::Now(slot) => {
                invocation.responder.hold_place_on_loop(slot);
                // What runs it asks whether it still is to.
                run.call(invocation);
            }
            Turn::Never(failure) => invocation.responder.fail(&failure),
        });
    }

    #[inline(never)]
    fn start_on_thread(&self, run: Arc<dyn Callback>, invocation: Invocation) {
        // Asked before, too: no thread is taken for what is in vain.
        if let Some(invocation) = invocation.if_wanted() {
            self.in_thread(on_thread(run, invocation));
        }
    }

    /// Has a serving thread run a job, which is told where none does.
    pub(crate) fn in_thread(&self, job: HandedIn) {
        match self.threads.get().and_then(Weak::upgrade) {
            Some(threads) => threads.submit(job),
            None => job.refuse(&Failure::stopping()),
        }
    }
}

/// What a serving thread does for a call; where it finds none, the call is refused.
fn on_thread(run: Arc<dyn Callback>, invocation: Invocation) -> HandedIn {
    let is_request = invocation.responder.is_of_link();
    let work = move |there| match there {
        Ok(()) => {
            if let Some(invocation) = invocation.begin() {
                run.call(invocation);
            }
        }
        Err(failure) => invocation.responder.fail(&failure),
    };
    if is_request {
        HandedIn::of_request(work)
    } else {
        HandedIn::new(work)
    }
}
