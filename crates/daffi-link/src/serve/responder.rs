//! The way back of one call: answers once, from whichever thread has the answer.

use std::cell::Cell;
use std::sync::Arc;

use daffi_proto::{CallId, Failure, FailureCode, ReplyStatus, Wanted};

use super::link::ServedLink;
use super::shared::Shared;
use super::threads::RunningCall;
use crate::budget::Share;
use crate::inbound::too_large;
use crate::message::Body;
use crate::outbound::Announce;

/// Answers one request. Dropped without an answer, it answers [`FailureCode::Dropped`], so that no caller waits for
/// ever.
pub struct Responder {
    target: Option<Target>,
    tells_when_over: bool,
    holds_up_others: bool,
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
    static INLINE: Cell<Option<Inline>> = const { Cell::new(None) };
    /// Where such an answer waits.
    static DEFERRED: Cell<Option<Deferred>> = const { Cell::new(None) };
}

/// An answer that waits for the next flush of its link.
pub(super) struct Deferred {
    pub(super) link: Arc<ServedLink>,
    /// How many bytes wait there with it.
    pub(super) bytes: u64,
}

/// In a forked child: what this thread served is its parent's, and is neither touched nor dropped any more.
pub(super) fn forked() {
    INLINE.set(None);
    Box::leak(Box::new(DEFERRED.take()));
}

/// Which request this thread serves inline.
#[derive(Clone, Copy)]
pub(super) struct Inline {
    /// The address of its link. If another link has the same address later, it is flushed once more than necessary.
    link: usize,
    call: CallId,
    running: RunningCall,
}

impl Responder {
    pub(crate) fn new(
        link: Arc<ServedLink>,
        call: CallId,
        wanted: Wanted,
        group: Arc<Shared>,
        share: Option<Share>,
    ) -> Self {
        group.unanswered.add();
        link.request_came();
        Self {
            target: Some(Target {
                link,
                call,
                wanted,
                group,
                share,
            }),
            tells_when_over: false,
            holds_up_others: false,
        }
    }

    /// Other callers wait for the end of this request: it is served though its own caller reads no answers.
    pub const fn hold_up_others(&mut self) {
        self.holds_up_others = true;
    }

    /// Whether its caller reads no answers, and no other caller waits for the end of this request.
    pub(crate) fn is_held_back(&self) -> bool {
        let target = self.target.as_ref();
        !self.holds_up_others && target.is_some_and(|target| target.link.is_clogged())
    }

    /// What tells whether an answer is that of this request, which `running` serves inline.
    pub(super) fn inline(&self, running: RunningCall) -> Option<Inline> {
        self.target.as_ref().map(|target| Inline {
            link: Arc::as_ptr(&target.link).addr(),
            call: target.call,
            running,
        })
    }

    /// Tells [`Service::over`](super::Service::over) once, when the request is answered or dropped, just before
    /// the answer goes out.
    pub const fn tell_when_over(&mut self) {
        self.tells_when_over = true;
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
        if self.tells_when_over
            && let Some(over) = &group.over
        {
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
            match may_defer(&link, call) {
                Some(running) => {
                    let bytes = link.defer(announce, call, body);
                    leave_for_flush(Deferred { link, bytes }, &group, running);
                }
                None => link.send(announce, call, body),
            }
        }
        group.unanswered.done();
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

/// Runs `serve` as the inline service of one call; its answer where it was left for the next flush.
pub(super) fn inline(call: Option<Inline>, serve: impl FnOnce()) -> Option<Deferred> {
    let outer = INLINE.replace(call);
    serve();
    INLINE.set(outer);
    DEFERRED.take()
}

/// The thread is about to block in its callback: what it has answered, and what it answers from now on, goes out at once.
pub(super) fn no_longer_inline() {
    INLINE.set(None);
    if let Some(Deferred { link, .. }) = DEFERRED.take() {
        link.flush();
    }
}

/// The running call, if this is the answer to the request that this thread serves inline.
fn may_defer(link: &Arc<ServedLink>, call: CallId) -> Option<RunningCall> {
    let inline = INLINE.get()?;
    (inline.call == call && inline.link == Arc::as_ptr(link).addr()).then_some(inline.running)
}

/// Leaves the answer for the flush after the callback has ended. If another thread has taken the lead meanwhile, the
/// callback may go on for long, and the answer goes out now. A thread that takes the lead just after this look flushes
/// what it finds on the links: the lock of the link orders the two.
fn leave_for_flush(answer: Deferred, group: &Shared, running: RunningCall) {
    if group.baton.is_running(running) {
        DEFERRED.set(Some(answer));
    } else {
        answer.link.flush();
    }
}
