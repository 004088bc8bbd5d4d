//! One thing for a serving thread to do: a request that came in over a link, or what another thread handed in. Either can
//! be refused.

use daffi_proto::Failure;

use crate::serve::{Asked, HandedIn};

/// One thing for the leader to do.
pub(crate) enum Job {
    /// Serve a request.
    Serve(Box<Asked>),
    /// Run what [`ServeGroup::submit`](crate::ServeGroup::submit) was given.
    Run(HandedIn),
}

impl Job {
    /// Says why it does not run. Called on any thread: it must not wait.
    pub(crate) fn refuse(self, why: &Failure) {
        match self {
            Self::Serve(asked) => asked.responder.fail(why),
            Self::Run(job) => job.refuse(why),
        }
    }

    /// Whether it answers a request.
    pub(crate) const fn is_request(&self) -> bool {
        match self {
            Self::Serve(..) => true,
            Self::Run(job) => job.is_request(),
        }
    }

    /// Whether it waits until its caller reads answers.
    pub(crate) fn is_held_back(&self) -> bool {
        match self {
            Self::Serve(asked) => asked.responder.is_held_back(),
            Self::Run(_) => false,
        }
    }
}
