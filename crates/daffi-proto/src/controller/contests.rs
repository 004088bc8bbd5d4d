//! Contests for a name: a newcomer with the name of a live node waits until that node has answered a ping, or has not.
//!
//! ```text
//! newcomer -> contest -+-- the holder answers the ping ------> refused, naming the holder
//!                      +-- 1 s passes, the holder is silent -> the holder is replaced, the newcomer admitted
//!                      +-- the holder leaves ----------------> admitted (one newcomer; the others contest with it)
//!                      +-- the newcomer's connection ends ---> forgotten
//! ```

use std::time::Duration;

use super::timers::Timer;
use super::{CloseReason, ConnectionId, ControllerAction, ControllerState, News, Role, Step};
use crate::{ControlFrame, LeftReason, Name, NodeId, NodeIdentity, RefusalReason};

/// How long the holder of a name has to answer. 1 s: an answer takes under a millisecond, on a very busy machine a tenth
/// of a second, and a quick restart after a crash should feel quick.
const ANSWER: Duration = Duration::from_secs(1);

/// A newcomer that waits for a name.
#[derive(Debug)]
pub(super) struct Contest {
    newcomer: NodeIdentity,
    /// The live node of that name.
    holder: NodeId,
    /// What the holder must answer with.
    token: u64,
}

impl ControllerState {
    /// Asks the holder of the name whether it is still there.
    pub(super) fn contest(
        &mut self,
        step: &mut Step<'_>,
        connection: ConnectionId,
        newcomer: NodeIdentity,
        holder: NodeId,
    ) {
        let token = self.next_token();
        if let Some(node) = self.nodes.get(&holder) {
            step.send(node.control, ControlFrame::Ping { token });
        }
        self.timers
            .set(Timer::Contest(connection), step.now + ANSWER);
        self.connections.insert(connection, Role::Contesting);
        self.contests.insert(
            connection,
            Contest {
                newcomer,
                holder,
                token,
            },
        );
    }

    /// A node has answered a ping: newcomers that want its name are refused.
    pub(super) fn holder_answered(&mut self, step: &mut Step<'_>, holder: NodeId, token: u64) {
        let Some(node) = self.nodes.get(&holder) else {
            return;
        };
        let first = &node.member.identity;
        let mut contests = self.contests.iter();
        let contest =
            contests.find(|(_, contest)| contest.holder == holder && contest.token == token);
        if let Some((&connection, contest)) = contest {
            // The identity of a host only tells hosts apart; it says nothing to people.
            let is_near = contest.newcomer.host == first.host;
            let text = format!(
                "a live node has the name {:?}: process {} {}",
                first.process.as_str(),
                first.pid,
                if is_near {
                    "of this user and machine"
                } else {
                    "of another user or machine"
                },
            );
            self.forget_contest(connection);
            step.refuse(connection, RefusalReason::NameTaken, &text);
        }
    }

    /// The holder was silent: the newcomer replaces it.
    pub(super) fn contest_is_due(&mut self, step: &mut Step<'_>, connection: ConnectionId) {
        let Some(contest) = self.contests.remove(&connection) else {
            return;
        };
        let process = contest.newcomer.process.clone();
        if let Some(holder) = self.nodes.get(&contest.holder) {
            step.push(ControllerAction::Tell(News::NameTakenOver {
                process: process.clone(),
                before: holder.member.identity.pid,
                now: contest.newcomer.pid,
            }));
        }
        self.remove(
            step,
            contest.holder,
            LeftReason::Replaced,
            Some(CloseReason::Replaced),
        );
        self.admit(step, connection, contest.newcomer);
        self.settle_contests(step, &process);
    }

    /// The name has another holder, or none: one of those who wait for it gets it, the others contest anew.
    pub(super) fn settle_contests(&mut self, step: &mut Step<'_>, process: &Name) {
        let is_stale = |contest: &Contest, holder| {
            contest.newcomer.process == *process && Some(contest.holder) != holder
        };
        let mut holder = self.holder(process);
        while let Some(connection) = self
            .contests
            .iter()
            .find(|(_, contest)| is_stale(contest, holder))
            .map(|(connection, _)| *connection)
        {
            let Some(contest) = self.contests.remove(&connection) else {
                return;
            };
            self.timers.cancel(Timer::Contest(connection));
            match holder {
                Some(holder) => self.contest(step, connection, contest.newcomer, holder),
                None => {
                    holder = Some(contest.newcomer.id);
                    self.admit(step, connection, contest.newcomer);
                }
            }
        }
    }

    /// A node that dials again has given up its earlier attempts.
    pub(super) fn forget_contests_of(&mut self, step: &mut Step<'_>, newcomer: NodeId) {
        let earlier = self
            .contests
            .iter()
            .filter(|(_, contest)| contest.newcomer.id == newcomer);
        for connection in earlier
            .map(|(connection, _)| *connection)
            .collect::<Vec<_>>()
        {
            self.forget_contest(connection);
            step.close(connection, CloseReason::Replaced);
        }
    }

    /// Nobody is taken in any more.
    pub(super) fn refuse_contests(&mut self, step: &mut Step<'_>, text: &str) {
        for connection in self.contests.keys().copied().collect::<Vec<_>>() {
            self.forget_contest(connection);
            step.refuse(connection, RefusalReason::Stopping, text);
        }
    }

    pub(super) fn forget_contest(&mut self, connection: ConnectionId) {
        self.contests.remove(&connection);
        self.connections.remove(&connection);
        self.timers.cancel(Timer::Contest(connection));
    }
}
