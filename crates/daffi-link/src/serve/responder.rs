//! The way back of one call: answers once, from whichever thread has the answer.

use std::cell::RefCell;
use std::sync::Arc;

use daffi_proto::{CallId, Failure, FailureCode, ReplyStatus, Wanted};

use super::budget::Share;
use super::link::{ServedLink, ServedLinkId};
use super::shared::Shared;
use crate::inbound::too_large;
use crate::message::Body;
use crate::outbound::Announce;

/// Answers one request. Dropped without an answer, it answers [`FailureCode::Dropped`], so that no caller waits for
/// ever.
pub struct Responder {
    target: Option<Target>,
    on_over: Option<Arc<dyn Over>>,
    holds_up_others: bool,
}

/// Hears of the end of requests: whoever keeps track of those under way.
pub trait Over: Send + Sync {
    /// This request has its answer, which goes out next. Called on the thread that answers; must be quick.
    fn over(&self, link: ServedLinkId, call: CallId);
}

struct Target {
    link: Arc<ServedLink>,
    call: CallId,
    wanted: Wanted,
    group: Arc<Shared>,
    /// What the request holds until it is answered.
    share: Option<Share>,
}

thread_local! {
    /// Set while this thread serves a request inline: its answer may wait for those of the same batch.
    static INLINE: RefCell<Option<Inline>> = const { RefCell::new(None) };
}

/// In a forked child: what this thread served is its parent's, and is neither touched nor dropped any more.
pub(super) fn forked() {
    Box::leak(Box::new(INLINE.take()));
}

struct Inline {
    link: Arc<ServedLink>,
    call: CallId,
    deferred: bool,
}

impl Responder {
    pub(crate) fn new(
        link: Arc<ServedLink>,
        call: CallId,
        wanted: Wanted,
        group: Arc<Shared>,
        share: Option<Share>,
    ) -> Self {
        group.responder_made();
        link.request_came();
        Self {
            target: Some(Target {
                link,
                call,
                wanted,
                group,
                share,
            }),
            on_over: None,
            holds_up_others: false,
        }
    }

    /// Other callers wait for the end of this request: it is served though its own takes no answers.
    pub const fn hold_up_others(&mut self) {
        self.holds_up_others = true;
    }

    pub(crate) const fn holds_up_others(&self) -> bool {
        self.holds_up_others
    }

    /// Tells `over` once, when the request is answered or dropped, just before the answer goes out. It takes the place of
    /// one given before.
    pub fn when_over(&mut self, over: Arc<dyn Over>) {
        self.on_over = Some(over);
    }

    /// What the caller wants back.
    pub fn wanted(&self) -> Wanted {
        self.target
            .as_ref()
            .map_or(Wanted::Nothing, |target| target.wanted)
    }

    /// Answers with what the callback gave or raised. Never blocks.
    pub fn reply(mut self, status: ReplyStatus, body: Body) {
        self.answer(status, body);
    }

    /// Answers that there is no outcome of the callback. Never blocks.
    pub fn fail(mut self, failure: &Failure) {
        self.answer(ReplyStatus::Failed, failure.to_payload().into());
    }

    fn answer(&mut self, mut status: ReplyStatus, mut body: Body) {
        let Some(Target {
            link,
            call,
            wanted,
            group,
            share,
        }) = self.target.take()
        else {
            return;
        };
        if let Some(over) = self.on_over.take() {
            over.over(link.id, call);
        }
        link.request_answered();
        // Before the answer: its caller may send the next at once.
        drop(share);
        if wanted == Wanted::Failure && status == ReplyStatus::Value {
            body = Body::default();
        }
        let (length, limit) = (body.len(), group.message_bytes);
        if length > limit {
            status = ReplyStatus::Failed;
            body = too_large(FailureCode::BadResult, length, limit)
                .to_payload()
                .into();
        }
        if wanted != Wanted::Nothing {
            let announce = Announce::Reply(status);
            if may_defer(&link, call) {
                link.defer(announce, call, body);
            } else {
                link.send(announce, call, body);
            }
        }
        group.responder_done();
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        if self.target.is_some() {
            let lost = Failure::new(FailureCode::Dropped, "the callee gave no answer");
            self.answer(ReplyStatus::Failed, lost.to_payload().into());
        }
    }
}

impl std::fmt::Debug for Responder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Responder(..)")
    }
}

/// Runs `serve` as the inline service of one call; whether its answer was left for the next flush.
pub(crate) fn inline(link: &Arc<ServedLink>, call: CallId, serve: impl FnOnce()) -> bool {
    let outer = INLINE.replace(Some(Inline {
        link: link.clone(),
        call,
        deferred: false,
    }));
    serve();
    INLINE.replace(outer).is_some_and(|inline| inline.deferred)
}

/// The thread blocks in its callback: what it answers from now on goes out at once.
pub(crate) fn no_longer_inline() {
    INLINE.set(None);
}

fn may_defer(link: &Arc<ServedLink>, call: CallId) -> bool {
    INLINE.with_borrow_mut(|inline| match inline {
        Some(inline) if inline.call == call && Arc::ptr_eq(&inline.link, link) => {
            inline.deferred = true;
            true
        }
        Some(_) | None => false,
    })
}
