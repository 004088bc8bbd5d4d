//! The way back of one answer, and the flag of its request: what a request that has no callback needs, too.

use std::fmt;

use daffi_link::Body;
use daffi_proto::{Failure, FailureCode, ReplyStatus, Wanted};

use crate::serve::cancel::CancelFlag;

/// Dropped without an answer, the caller gets a failure.
pub(crate) struct WayBack {
    to: Option<To>,
    /// What the request lends to those who work for it, until it is over.
    flag: CancelFlag,
}

enum To {
    /// To the caller.
    Link(daffi_link::Responder),
    /// To this process itself, which made the request.
    Own(Box<dyn FnOnce(ReplyStatus, Body) + Send>),
}

impl WayBack {
    pub(crate) const fn of_link(link: daffi_link::Responder, flag: CancelFlag) -> Self {
        Self {
            to: Some(To::Link(link)),
            flag,
        }
    }

    /// To `end`, on whichever thread has the answer.
    pub(crate) fn own(
        end: impl FnOnce(ReplyStatus, Body) + Send + 'static,
        flag: CancelFlag,
    ) -> Self {
        Self {
            to: Some(To::Own(Box::new(end))),
            flag,
        }
    }

    pub(crate) fn flag(&self) -> CancelFlag {
        self.flag.clone()
    }

    /// Whether it leads to another process, or to this one.
    pub(crate) const fn is_of_link(&self) -> bool {
        matches!(self.to, Some(To::Link(_)))
    }

    /// Whether the value is wanted there.
    pub(crate) fn wants_value(&self) -> bool {
        match &self.to {
            Some(To::Link(link)) => link.wanted() == Wanted::Outcome,
            Some(To::Own(_)) | None => false,
        }
    }

    /// The request lends nothing any more.
    pub(crate) fn over(&self) {
        self.flag.end();
    }

    /// Sends the value, or the record of what was raised.
    pub(crate) fn reply(mut self, status: ReplyStatus, body: Body) {
        self.over();
        match self.to.take() {
            Some(To::Link(link)) => link.reply(status, body),
            Some(To::Own(end)) => end(status, body),
            None => {}
        }
    }

    /// Says that there is no outcome.
    pub(crate) fn fail(mut self, failure: &Failure) {
        self.over();
        match self.to.take() {
            Some(To::Link(link)) => link.fail(failure),
            Some(To::Own(end)) => end(ReplyStatus::Failed, failure.to_payload().into()),
            None => {}
        }
    }
}

impl Drop for WayBack {
    fn drop(&mut self) {
        let Some(to) = self.to.take() else { return };
        self.over();
        match to {
            To::Own(end) => {
                let failure = Failure::new(FailureCode::Dropped, "the callback gave no answer");
                end(ReplyStatus::Failed, failure.to_payload().into());
            }
            // It answers when it is dropped itself.
            To::Link(_) => {}
        }
    }
}

impl fmt::Debug for WayBack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WayBack(..)")
    }
}
