//! What all calls of a process share: whom they can reach, and those that wait to be sent.

pub(crate) mod outgoing;
pub(crate) mod queued;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use daffi_proto::{Builtin, CallbackNumber, Candidate, Limits, Member, Name, NodeId, Signature};

use crate::call::unsent::Unsent;
use crate::error::{CallError, NotBegun};
use crate::members::choose::{Choice, Dice, Elsewhere, Reach};
use crate::members::commands::{Command, Commands};
use crate::members::peer::{NoRoute, Peer};
use crate::members::route::Route;
use crate::members::table::Members;
use crate::members::target::Target;
use crate::stop::StopSignal;
use crate::wait::Wait;
use outgoing::{Outgoing, Queued};

pub(crate) use outgoing::WaitingLimits;
use queued::QueuedCall;

/// How long a call that nobody waits for may wait to be sent, where it has no limit of its own. 30 s: longer than it
/// takes to notice that a node is frozen, and after that its caller has forgotten it.
const SENDING: Duration = Duration::from_secs(30);

/// How many candidates may vanish under a call. 64: more only where nodes come and go faster than calls are made. With 8 a call
/// was lost now and then while ten processes were replaced within a fifth of a second.
const MOST: usize = 64;

/// What the calling side of a node is made with.
#[derive(Debug)]
pub(crate) struct CallerSettings<'a> {
    pub(crate) id: NodeId,
    pub(crate) process: Name,
    pub(crate) limits: &'a Limits,
    pub(crate) max_waiting_bytes: u64,
    pub(crate) stop: Arc<StopSignal>,
}

pub(crate) struct Caller {
    /// This node.
    pub(crate) id: NodeId,
    /// The most bytes of one message.
    pub(crate) message_bytes: u64,
    pub(crate) stop: Arc<StopSignal>,
    pub(crate) members: Arc<Members>,
    /// Where the house-keeper is asked for routes, and to send what waits.
    pub(crate) commands: Arc<Commands>,
    /// Calls that wait to be sent.
    pub(crate) outgoing: Outgoing,
    dice: Dice,
}

impl Caller {
    pub(crate) fn new(settings: CallerSettings<'_>) -> Self {
        let CallerSettings {
            id,
            process,
            limits,
            max_waiting_bytes,
            stop,
        } = settings;
        Self {
            id,
            message_bytes: limits.message_bytes,
            members: Arc::new(Members::new(id, process, Arc::clone(&stop))),
            stop,
            commands: Arc::default(),
            outgoing: Outgoing::new(WaitingLimits {
                bytes: max_waiting_bytes,
                calls: limits.calls_in_flight,
            }),
            dice: Dice::new(id.raw()),
        }
    }

    /// Chooses where a call goes.
    pub(crate) fn target(&self, name: &str, choice: Choice<'_>) -> Result<Target, CallError> {
        if self.stop.refuses_calls() {
            return Err(CallError::Stopped);
        }
        let registry = self.members.look();
        let busy = |candidate: &Candidate| self.under_way(candidate.node);
        match choice.among(registry.candidates(name), &self.dice, busy) {
            Some(candidate) => Ok(Target {
                candidate: Arc::clone(candidate),
                peer: self.members.peer(candidate.node, &candidate.process),
            }),
            None => Err(self.members.no_candidate(&registry, name, choice.node)),
        }
    }

    /// How many calls of ours a node has.
    fn under_way(&self, node: NodeId) -> usize {
        let peer = self.members.known_peer(node);
        peer.map_or(0, |peer| peer.under_way()) + self.outgoing.waiting_for(node)
    }

    /// The next candidate whose signature the arguments fit; `last` where those that were tried were the last.
    #[inline]
    pub(crate) fn next(
        &self,
        name: &str,
        choice: Choice<'_>,
        last: Option<CallError>,
    ) -> Result<Target, CallError> {
        if choice.vanished.len() >= MOST
            && let Some(last) = last
        {
            return Err(last);
        }
        let target = self.target(name, choice).and_then(|target| {
            // A candidate that they do not fit is chosen only where they fit none that is left.
            let fits = choice
                .shape
                .map_or(Ok(()), |shape| shape.check(name, &target));
            fits.map(|()| target)
        });
        match (target, last) {
            (
                Err(
                    CallError::UnknownCallback { .. }
                    | CallError::OnlyLocal(_)
                    | CallError::Arguments { .. },
                ),
                Some(last),
            ) => Err(last),
            (target, _) => target,
        }
    }

    /// The next candidate of a call that others send, as this one has vanished; `last` where there is none.
    pub(crate) fn elsewhere(
        &self,
        elsewhere: &mut Elsewhere,
        vanished: (NodeId, CallbackNumber),
        last: CallError,
    ) -> Result<Target, CallError> {
        elsewhere.vanished(vanished);
        self.next(&elsewhere.name, elsewhere.choice(), Some(last))
    }

    /// All who offer the callback, or those of them that are named, with an error for each that does not. An error alone
    /// where there is none.
    pub(crate) fn reach(&self, name: &str, nodes: Option<&[String]>) -> Result<Reach, CallError> {
        if self.stop.refuses_calls() {
            return Err(CallError::Stopped);
        }
        let registry = self.members.look();
        let all = registry.candidates(name);
        let is_named = |candidate: &&Arc<Candidate>| {
            nodes.is_none_or(|nodes| nodes.iter().any(|node| node == candidate.process.as_str()))
        };
        let targets: Vec<_> = all
            .iter()
            .filter(is_named)
            .map(|candidate| Target {
                candidate: Arc::clone(candidate),
                peer: self.members.peer(candidate.node, &candidate.process),
            })
            .collect();
        let mut missing: Vec<(String, CallError)> = Vec::new();
        for node in nodes.unwrap_or_default() {
            let is_there = all
                .iter()
                .any(|candidate| candidate.process.as_str() == node);
            if !is_there && missing.iter().all(|(known, _)| known != node) {
                let why = self.members.no_candidate(&registry, name, Some(node));
                missing.push((node.clone(), why));
            }
        }
        if targets.is_empty() {
            let first = missing.into_iter().next();
            return Err(first.map_or_else(
                || self.members.no_candidate(&registry, name, None),
                |(_, why)| why,
            ));
        }
        Ok(Reach { targets, missing })
    }

    /// Where a request to something that every node has goes.
    pub(crate) fn builtin(&self, process: &str, builtin: Builtin) -> Result<Target, CallError> {
        if self.stop.refuses_calls() {
            return Err(CallError::Stopped);
        }
        let registry = self.members.registry();
        match registry.process(process) {
            Some(member) => Ok(self.builtin_of(member, builtin)),
            None => Err(self.members.no_process(&registry, process)),
        }
    }

    /// The same at a process that is there.
    pub(crate) fn builtin_of(&self, member: &Member, builtin: Builtin) -> Target {
        let (node, process) = (member.identity.id, member.identity.process.clone());
        Target {
            peer: self.members.peer(node, &process),
            candidate: Arc::new(Candidate {
                node,
                process,
                number: builtin.number(),
                signature: Arc::new(Signature::any()),
            }),
        }
    }

    /// This process stops: no call is taken any more, and those whose callers wait for the value end.
    pub(crate) fn end_waited_for(&self) {
        self.outgoing.close();
        for call in self.outgoing.all() {
            if call.wants_value() {
                call.end(CallError::Stopped);
            }
        }
    }

    /// Lets the calls go that nobody waits for; those that cannot by then end unsent.
    pub(crate) fn send_the_rest(&self, until: Instant) {
        self.outgoing.drained(until);
        for call in self.outgoing.all() {
            let process = call.process();
            call.end(CallError::Unsent { process });
        }
    }

    /// Keeps a call until it can be sent.
    pub(crate) fn queue(
        self: &Arc<Self>,
        target: Target,
        unsent: Unsent,
        needs_room: bool,
    ) -> Result<Arc<QueuedCall>, CallError> {
        let node = target.candidate.node;
        let process = target.process().clone();
        let limit = unsent.times.deadline;
        // A stream's requests are of its callers, which wait.
        let is_unwanted = !unsent.options.answer.wants_value();
        let deadline = limit.or_else(|| is_unwanted.then(|| Instant::now() + SENDING));
        let call = QueuedCall::new(self, target, unsent, deadline, limit.is_some());
        match self.outgoing.add(node, &call, needs_room) {
            Queued::First => self.commands.send(Command::Send(node)),
            Queued::Behind => {}
            Queued::NoRoom { calls, bytes } => {
                return Err(CallError::Backlog {
                    process,
                    calls,
                    bytes,
                });
            }
            Queued::Closed => return Err(CallError::Stopped),
        }
        Ok(call)
    }

    /// The route to a peer; the first call to it makes the link.
    pub(crate) fn route(
        &self,
        peer: &Peer,
        deadline: Option<Instant>,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Result<Arc<Route>, CallError> {
        if let Some(route) = peer.route() {
            return Ok(route);
        }
        let mut stopped_or_interrupted = || self.stop.refuses_calls() || interrupt();
        let mut wait = Wait::new(deadline, &mut stopped_or_interrupted);
        let found = peer.meet(&mut wait, || {
            self.commands.send(Command::Want(peer.id()));
        });
        found.map_err(|problem| match problem {
            NoRoute::Interrupted if self.stop.refuses_calls() => CallError::Stopped,
            NoRoute::Interrupted => CallError::Interrupted,
            NoRoute::TimedOut => CallError::TimedOut,
            NoRoute::Gone(error) => error,
        })
    }

    /// The error to show for the end of a call. While this process stops it closes its links itself, so a peer that seems
    /// to be gone, and a call that could not be sent, are [`CallError::Stopped`].
    pub(crate) fn true_cause(&self, error: CallError) -> CallError {
        match error {
            CallError::NodeGone { .. }
            | CallError::NodeSilent { .. }
            | CallError::RelayGone { .. }
            | CallError::TooManyCalls { .. }
            | CallError::Vanished { .. }
            | CallError::StreamCut { .. }
                if self.stop.refuses_calls() =>
            {
                CallError::Stopped
            }
            error => error,
        }
    }

    /// The same for a stream that has begun: no other candidate can go on with it, so a node that has vanished is gone.
    pub(crate) fn true_cause_for_stream(&self, error: CallError) -> CallError {
        match self.true_cause(error) {
            CallError::Vanished { process, why } => match why {
                NotBegun::RelayGone | NotBegun::NoController => CallError::RelayGone { process },
                NotBegun::Silent(silence) => CallError::NodeSilent { process, silence },
                NotBegun::Away | NotBegun::NotKept => CallError::NodeGone { process },
            },
            error => error,
        }
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Caller({}, {})", self.members.process(), self.id)
    }
}
