//! One thing for a serving thread to do: a request that came in over a link, or what another thread handed in. Either can
//! be refused.

use std::fmt;

use daffi_proto::Failure;

use crate::serve::Asked;

/// One thing for the leader to do.
pub(crate) enum Job {
    /// Serve a request.
    Serve(Box<Asked>),
    /// Run what [`ServeGroup::submit`](crate::ServeGroup::submit) was given.
    Run(HandedIn),
}

impl Job {
    /// Says why it does not run. Any thread: it must not wait.
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
            Self::Run(job) => job.is_request,
        }
    }

    /// Whether it waits until its caller takes answers again.
    pub(crate) fn is_held_back(&self) -> bool {
        match self {
            Self::Serve(asked) => asked.responder.is_held_back(),
            Self::Run(_) => false,
        }
    }
}

/// Called once: with `Ok` by the thread that is there for it, or with why there is none.
type Work = Box<dyn FnOnce(Result<(), Failure>) + Send>;

/// What a process has one of its own serving threads do, as if it had come in as a request.
pub struct HandedIn {
    work: Work,
    is_request: bool,
}

impl HandedIn {
    /// `work` is called once. With `Ok` it runs on a serving thread, and may take long and block. With an error it has no
    /// thread, for that reason: then it is called on any thread, must be quick and must not wait.
    pub fn new(work: impl FnOnce(Result<(), Failure>) + Send + 'static) -> Self {
        Self {
            work: Box::new(work),
            is_request: false,
        }
    }

    /// The same for what answers a request of a link: a stop inside of it does not wait for that request.
    pub fn of_request(work: impl FnOnce(Result<(), Failure>) + Send + 'static) -> Self {
        Self {
            is_request: true,
            ..Self::new(work)
        }
    }

    pub(crate) fn run(self) {
        (self.work)(Ok(()));
    }

    /// Has it told that no thread is there for it.
    pub fn refuse(self, why: &Failure) {
        (self.work)(Err(why.clone()));
    }
}

impl fmt::Debug for HandedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HandedIn(..)")
    }
}
