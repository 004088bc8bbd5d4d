//! What has been read and is to be run: a queue for each link, served in round robin, so that no link waits behind a
//! flood on another.
//!
//! What may block waits apart from what cannot: while no thread is left for the former, the latter goes on.

use std::collections::VecDeque;

use daffi_proto::CallId;
use rustc_hash::FxHashMap;

use super::job::Job;
use crate::serve::responder::Responder;

/// What waits to be run. Only the leader touches it.
#[derive(Default)]
pub(crate) struct Ready {
    /// Runs on the reading thread at any time.
    quick: Lane,
    /// Runs only where another thread could go on reading.
    blocking: Lane,
    /// The lanes are served alternately.
    blocking_is_next: bool,
    /// The only job there is, as where one call comes at a time: it is kept beside the lanes, which are empty.
    alone: Option<Alone>,
}

struct Alone {
    token: u64,
    job: Job,
    may_block: bool,
}

/// Queues by the token of their link, which the group gives.
#[derive(Default)]
struct Lane {
    queues: FxHashMap<u64, Queue>,
    /// The tokens of the queues that are served, in round robin.
    order: VecDeque<u64>,
    /// How many are in all queues.
    waiting: usize,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    /// Whether its token is in the order. It is not where the queue is empty, or its caller reads no answers.
    is_served: bool,
    /// The link is gone, and the queue goes when it is empty.
    is_last: bool,
}

impl Queue {
    /// Which of them is next; none where all wait for their caller to read answers.
    #[inline]
    fn next_index(&self) -> Option<usize> {
        match self.jobs.front() {
            Some(first) if !self.is_last && first.is_held_back() => {
                self.jobs.iter().position(|job| !job.is_held_back())
            }
            Some(_) | None => Some(0),
        }
    }
}

impl Ready {
    #[inline]
    pub(crate) fn push(&mut self, token: u64, job: Job, may_block: bool) {
        let alone = Alone {
            token,
            job,
            may_block,
        };
        if self.alone.is_none() && !self.has_waiting() && !alone.job.is_held_back() {
            self.alone = Some(alone);
            return;
        }
        self.line_up();
        self.add(alone);
    }

    /// Whether the lanes have something.
    #[inline]
    fn has_waiting(&self) -> bool {
        self.quick.waiting + self.blocking.waiting > 0
    }

    fn add(
        &mut self,
        Alone {
            token,
            job,
            may_block,
        }: Alone,
    ) {
        let lane = if may_block {
            &mut self.blocking
        } else {
            &mut self.quick
        };
        lane.push(token, job);
    }

    /// Moves a job that waits alone to its lane, before another comes or the lanes are asked.
    #[inline]
    fn line_up(&mut self) {
        if let Some(alone) = self.alone.take() {
            self.add(alone);
        }
    }

    /// Whether there is something to run; where no other thread could read, only what cannot block.
    #[inline]
    pub(crate) fn has_next(&self, is_alone: bool) -> bool {
        let single = self
            .alone
            .as_ref()
            .is_some_and(|alone| !is_alone || !alone.may_block);
        single || self.quick.has_next() || (!is_alone && self.blocking.has_next())
    }

    /// Whether something waits that may block.
    pub(crate) fn has_blocking(&self) -> bool {
        let single = self.alone.as_ref().is_some_and(|alone| alone.may_block);
        single || self.blocking.has_next()
    }

    /// The next to run, in round robin of links. Of a link whose caller reads no answers, only what holds up other
    /// callers.
    #[inline]
    pub(crate) fn pop(&mut self, is_alone: bool) -> Option<Job> {
        let single = self
            .alone
            .take_if(|alone| !(is_alone && alone.may_block || alone.job.is_held_back()));
        match single {
            Some(alone) => Some(alone.job),
            None => self.pop_from_lanes(is_alone),
        }
    }

    fn pop_from_lanes(&mut self, is_alone: bool) -> Option<Job> {
        self.line_up();
        self.blocking_is_next = !self.blocking_is_next && !is_alone;
        if self.blocking_is_next {
            self.blocking.pop().or_else(|| self.quick.pop())
        } else if is_alone {
            self.quick.pop()
        } else {
            self.quick.pop().or_else(|| self.blocking.pop())
        }
    }

    /// How much of a link waits.
    pub(crate) fn len_of(&self, token: u64) -> usize {
        let single = self
            .alone
            .as_ref()
            .is_some_and(|alone| alone.token == token);
        usize::from(single) + self.quick.len_of(token) + self.blocking.len_of(token)
    }

    /// Takes a request out that has not begun.
    pub(crate) fn cancel(&mut self, token: u64, call: CallId) -> Option<Responder> {
        self.line_up();
        let cancelled = self.blocking.cancel(token, call);
        cancelled.or_else(|| self.quick.cancel(token, call))
    }

    /// The caller of this link reads answers again.
    pub(crate) fn resume(&mut self, token: u64) {
        self.quick.resume(token);
        self.blocking.resume(token);
    }

    /// The link is gone. What came on it is still served.
    pub(crate) fn retire(&mut self, token: u64) {
        self.line_up();
        self.quick.retire(token);
        self.blocking.retire(token);
    }

    /// Takes out all that may block.
    pub(crate) fn drain_blocking(&mut self) -> Vec<Job> {
        self.line_up();
        self.blocking.drain()
    }

    /// Takes everything out.
    pub(crate) fn drain(&mut self) -> Vec<Job> {
        self.line_up();
        let mut all = self.quick.drain();
        all.extend(self.blocking.drain());
        all
    }
}

impl Lane {
    fn has_next(&self) -> bool {
        !self.order.is_empty()
    }

    fn len_of(&self, token: u64) -> usize {
        self.queues.get(&token).map_or(0, |queue| queue.jobs.len())
    }

    #[inline]
    fn push(&mut self, token: u64, job: Job) {
        self.waiting += 1;
        let queue = self.queues.entry(token).or_default();
        let was_empty = queue.jobs.is_empty();
        queue.jobs.push_back(job);
        if was_empty && !queue.is_served {
            queue.is_served = true;
            self.order.push_back(token);
        }
    }

    #[inline]
    fn pop(&mut self) -> Option<Job> {
        while let Some(token) = self.order.pop_front() {
            let Some(queue) = self.queues.get_mut(&token) else {
                continue;
            };
            queue.is_served = false;
            let Some(index) = queue.next_index() else {
                continue;
            };
            let job = queue.jobs.remove(index);
            if !queue.jobs.is_empty() {
                queue.is_served = true;
                self.order.push_back(token);
            } else if queue.is_last {
                self.queues.remove(&token);
            }
            if job.is_some() {
                self.waiting -= 1;
                return job;
            }
        }
        None
    }

    fn cancel(&mut self, token: u64, call: CallId) -> Option<Responder> {
        let jobs = &mut self.queues.get_mut(&token)?.jobs;
        let index = jobs
            .iter()
            .position(|job| matches!(job, Job::Serve(asked) if asked.served.call == call))?;
        let job = jobs.remove(index)?;
        self.waiting -= 1;
        match job {
            Job::Serve(asked) => Some(asked.responder),
            Job::Run(_) => None,
        }
    }

    fn resume(&mut self, token: u64) {
        if let Some(queue) = self.queues.get_mut(&token)
            && !queue.jobs.is_empty()
            && !queue.is_served
        {
            queue.is_served = true;
            self.order.push_back(token);
        }
    }

    fn retire(&mut self, token: u64) {
        let Some(queue) = self.queues.get_mut(&token) else {
            return;
        };
        queue.is_last = true;
        if queue.jobs.is_empty() {
            self.queues.remove(&token);
        } else {
            self.resume(token);
        }
    }

    fn drain(&mut self) -> Vec<Job> {
        self.order.clear();
        self.waiting = 0;
        let mut all = Vec::new();
        for queue in self.queues.values_mut() {
            queue.is_served = false;
            all.extend(queue.jobs.drain(..));
        }
        self.queues.retain(|_, queue| !queue.is_last);
        all
    }
}

impl std::fmt::Debug for Ready {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let may_block = self.alone.as_ref().map(|alone| alone.may_block);
        write!(
            f,
            "Ready({} quick, {} that may block)",
            self.quick.waiting + usize::from(may_block == Some(false)),
            self.blocking.waiting + usize::from(may_block == Some(true))
        )
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::serve::HandedIn;

    /// Runs so many of what waits, and gives which ones they were.
    fn order(ready: &mut Ready, last: &Arc<AtomicUsize>, runs: usize) -> Vec<usize> {
        (0..runs)
            .filter_map(|_| match ready.pop(false)? {
                Job::Run(job) => {
                    job.run();
                    Some(last.load(Ordering::Relaxed))
                }
                Job::Serve(..) => None,
            })
            .collect()
    }

    fn job(last: &Arc<AtomicUsize>, number: usize) -> Job {
        let last = last.clone();
        Job::Run(HandedIn::new(move |_| {
            last.store(number, Ordering::Relaxed);
        }))
    }

    #[test]
    fn a_quiet_link_has_its_turn_behind_one_request_of_each_other() {
        // There was one queue for all: it waited behind whatever the others had sent before.
        let (mut ready, last) = (Ready::default(), Arc::default());
        for number in 0..1000 {
            ready.push(1, job(&last, number), true);
            ready.push(2, job(&last, 1000 + number), true);
        }
        ready.push(3, job(&last, 5000), true);
        assert_eq!(order(&mut ready, &last, 5), [0, 1000, 5000, 1, 1001]);
    }

    #[test]
    fn what_cannot_block_and_what_may_take_turns() {
        let (mut ready, last) = (Ready::default(), Arc::default());
        for number in 0..4 {
            ready.push(1, job(&last, number), false);
            ready.push(1, job(&last, 10 + number), true);
        }
        let mut first = order(&mut ready, &last, 4);
        first.sort_unstable();
        assert_eq!(first, [0, 1, 10, 11]);
    }

    #[test]
    fn one_that_waited_alone_keeps_its_place() {
        let (mut ready, last) = (Ready::default(), Arc::default());
        for round in [0, 100] {
            ready.push(1, job(&last, round + 1), true);
            assert_eq!((ready.len_of(1), ready.len_of(2)), (1, 0));
            ready.push(2, job(&last, round + 2), true);
            ready.push(1, job(&last, round + 3), true);
            assert_eq!((ready.len_of(1), ready.len_of(2)), (2, 1));
            let first = order(&mut ready, &last, 2);
            assert_eq!(first, [round + 1, round + 2]);
            ready.push(2, job(&last, round + 4), true);
            assert_eq!(order(&mut ready, &last, 5), [round + 3, round + 4]);
            assert!(!ready.has_next(false));
        }
        ready.push(1, job(&last, 7), true);
        assert_eq!(ready.drain_blocking().len(), 1);
        ready.push(1, job(&last, 8), false);
        assert_eq!(ready.drain().len(), 1);
        assert_eq!(format!("{ready:?}"), "Ready(0 quick, 0 that may block)");
    }

    #[test]
    fn alone_a_reader_runs_only_what_cannot_block() {
        let (mut ready, last) = (Ready::default(), Arc::default());
        ready.push(1, job(&last, 1), true);
        ready.push(1, job(&last, 2), false);
        assert!(ready.has_next(true));
        assert!(ready.pop(true).is_some());
        assert!(!ready.has_next(true) && ready.has_next(false));
        assert!(ready.pop(true).is_none());
        assert_eq!(order(&mut ready, &last, 1), [1]);
    }

    #[test]
    fn what_a_link_left_behind_still_runs_and_leaves_nothing() {
        let (mut ready, last) = (Ready::default(), Arc::default());
        ready.push(1, job(&last, 1), true);
        ready.retire(1);
        ready.retire(2);
        assert_eq!(order(&mut ready, &last, 2), [1]);
        assert!(ready.blocking.queues.is_empty());
    }
}
