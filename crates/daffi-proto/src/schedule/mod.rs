//! The tasks that a node keeps: which is due, which runs, which is over. Knows no clock; times come in.
//!
//! ```text
//!             due                 ended, more to come
//!  waiting ─────────> running ─────────────────────────> waiting
//!     │                  │ ended, nothing to come
//!     │ cancel           v
//!     └──────────────> over
//! ```

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Instant;

use crate::{CancelTask, NodeId, TaskId, Timing};

/// The tasks of one node. `W` is what a run needs.
///
/// Runs of one task never overlap. An interval is a grid of times from the moment it was scheduled: a run that is late,
/// or long, shifts none that come after. Whatever the grid came to while a run lasted is one run, right after it. Of a
/// list of times every one is a run, those that are late one after the other.
#[derive(Debug)]
pub struct Schedule<W> {
    most: usize,
    tasks: HashMap<TaskId, Task<W>>,
    /// When those that wait are due.
    due: BTreeSet<(Instant, TaskId)>,
    /// Those that are over, the oldest first: for the answer to a late cancel.
    over: VecDeque<TaskId>,
}

#[derive(Debug)]
struct Task<W> {
    owner: NodeId,
    work: W,
    times: Times,
    running: bool,
    /// Lists are in the order in which tasks came.
    order: u64,
}

#[derive(Debug)]
enum Times {
    Grid {
        every: core::time::Duration,
        next: Instant,
    },
    /// The next first.
    List(VecDeque<Instant>),
}

/// A run that is due.
#[derive(Debug)]
pub struct Due<'a, W> {
    /// The task; told to [`Schedule::ended`] when the run has ended.
    pub id: TaskId,
    /// Who scheduled it.
    pub owner: NodeId,
    /// What the run needs.
    pub work: &'a W,
}

/// Why a task is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotScheduled {
    /// There are as many as may be.
    #[error("{0} scheduled tasks are kept there, and that is the most")]
    TooMany(usize),
    /// There is, or was, one of this id.
    #[error("there is a task of this id")]
    Known,
    /// A time that this machine cannot count to.
    #[error("a time is further away than this machine can count")]
    TooFar,
}

impl<W> Schedule<W> {
    /// An empty one that keeps this many tasks at most, and remembers as many that are over.
    pub fn new(most: usize) -> Self {
        Self {
            most,
            tasks: HashMap::new(),
            due: BTreeSet::new(),
            over: VecDeque::new(),
        }
    }

    /// Keeps a task.
    ///
    /// # Errors
    /// [`NotScheduled`] says why not.
    pub fn add(
        &mut self,
        now: Instant,
        task: (TaskId, NodeId),
        timing: Timing,
        work: W,
    ) -> Result<(), NotScheduled> {
        let (id, owner) = task;
        if self.tasks.len() >= self.most {
            return Err(NotScheduled::TooMany(self.most));
        }
        if self.tasks.contains_key(&id) || self.over.contains(&id) {
            return Err(NotScheduled::Known);
        }
        let at = |after| now.checked_add(after).ok_or(NotScheduled::TooFar);
        let times = match timing {
            Timing::Every(every) => Times::Grid {
                every: every.max(core::time::Duration::from_micros(1)),
                next: at(every)?,
            },
            Timing::After(mut times) => {
                times.sort_unstable();
                Times::List(times.into_iter().map(at).collect::<Result<_, _>>()?)
            }
        };
        let order = self.tasks.values().map(|task| task.order + 1).max();
        let task = Task {
            owner,
            work,
            times,
            running: false,
            order: order.unwrap_or(0),
        };
        match task.times.next() {
            Some(next) => {
                self.due.insert((next, id));
                self.tasks.insert(id, task);
            }
            None => self.remember(id),
        }
        Ok(())
    }

    /// When something is due next, unless a task is added or a run ends before.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Takes one run that is due; the task waits for its end.
    pub fn due(&mut self, now: Instant) -> Option<Due<'_, W>> {
        let (at, id) = *self.due.first()?;
        if at > now {
            return None;
        }
        self.due.pop_first();
        let task = self.tasks.get_mut(&id)?;
        task.running = true;
        task.times.take(now);
        Some(Due {
            id,
            owner: task.owner,
            work: &task.work,
        })
    }

    /// A run has ended, however it did. Unless more runs are to come, the task is over and what it needed comes back.
    pub fn ended(&mut self, id: TaskId) -> Option<W> {
        let task = self.tasks.get_mut(&id)?;
        task.running = false;
        match task.times.next() {
            Some(next) => {
                self.due.insert((next, id));
                None
            }
            None => self.end(id),
        }
    }

    /// Ends a task. The run under way, if there is one, goes on; what it needed comes back.
    pub fn cancel(&mut self, id: TaskId) -> (CancelTask, Option<W>) {
        match self.end(id) {
            Some(work) => (CancelTask::Cancelled, Some(work)),
            None if self.over.contains(&id) => (CancelTask::WasOver, None),
            None => (CancelTask::Unknown, None),
        }
    }

    /// The tasks of a node in the order in which it scheduled them: id, how many of its times are still to come (none
    /// for an interval), what a run needs.
    pub fn list(&self, owner: NodeId) -> Vec<(TaskId, Option<u32>, &W)> {
        let mut own: Vec<_> = self
            .tasks
            .iter()
            .filter(|(_, task)| task.owner == owner)
            .collect();
        own.sort_unstable_by_key(|(_, task)| task.order);
        own.into_iter()
            .map(|(id, task)| (*id, task.times.left(), &task.work))
            .collect()
    }

    /// Ends all tasks; what they needed comes back.
    pub fn clear(&mut self) -> Vec<W> {
        self.due.clear();
        self.tasks.drain().map(|(_, task)| task.work).collect()
    }

    fn end(&mut self, id: TaskId) -> Option<W> {
        let task = self.tasks.remove(&id)?;
        if let (false, Some(next)) = (task.running, task.times.next()) {
            self.due.remove(&(next, id));
        }
        self.remember(id);
        Some(task.work)
    }

    fn remember(&mut self, id: TaskId) {
        if self.over.len() >= self.most {
            self.over.pop_front();
        }
        self.over.push_back(id);
    }
}

impl Times {
    fn next(&self) -> Option<Instant> {
        match self {
            Self::Grid { next, .. } => Some(*next),
            Self::List(times) => times.front().copied(),
        }
    }

    /// One run takes what it stands for.
    fn take(&mut self, now: Instant) {
        match self {
            Self::Grid { every, next } => {
                // The first point of the grid that is still to come. The sum cannot be further away than one interval.
                let late = now.saturating_duration_since(*next).as_nanos();
                let steps = late / every.as_nanos().max(1) + 1;
                let nanos = steps.saturating_mul(every.as_nanos());
                let ahead =
                    core::time::Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
                *next = next.checked_add(ahead).unwrap_or(*next);
            }
            Self::List(times) => drop(times.pop_front()),
        }
    }

    fn left(&self) -> Option<u32> {
        match self {
            Self::Grid { .. } => None,
            Self::List(times) => Some(u32::try_from(times.len()).unwrap_or(u32::MAX - 1)),
        }
    }
}

#[cfg(test)]
mod tests;
