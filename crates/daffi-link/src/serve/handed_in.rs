//! What another thread hands in for a serving thread to run, as if it had come in as a request.

use std::fmt;

use daffi_proto::Failure;

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

    /// Whether it answers a request of a link.
    pub(crate) const fn is_request(&self) -> bool {
        self.is_request
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
