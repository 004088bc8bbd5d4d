//! Tasks in virtual time.

use std::time::{Duration, Instant};

use super::*;

const SECOND: Duration = Duration::from_secs(1);

struct World {
    schedule: Schedule<&'static str>,
    start: Instant,
}

impl World {
    fn new(most: usize) -> Self {
        Self {
            schedule: Schedule::new(most),
            start: Instant::now(),
        }
    }

    fn at(&self, millis: u64) -> Instant {
        self.start + Duration::from_millis(millis)
    }

    fn add(&mut self, id: u8, timing: Timing) -> Result<(), NotScheduled> {
        self.schedule
            .add(self.start, (task(id), node(1)), timing, "work")
    }

    fn due(&mut self, millis: u64) -> Option<TaskId> {
        let now = self.at(millis);
        self.schedule.due(now).map(|due| due.id)
    }

    /// When the next run is due, in milliseconds.
    fn next(&self) -> Option<u128> {
        let next = self.schedule.next_deadline()?;
        Some(next.duration_since(self.start).as_millis())
    }
}

fn task(id: u8) -> TaskId {
    TaskId([id; 16])
}

fn node(id: u64) -> NodeId {
    NodeId::new(id).expect("not zero")
}

fn after(millis: &[u64]) -> Timing {
    Timing::After(millis.iter().copied().map(Duration::from_millis).collect())
}

#[test]
fn an_interval_runs_first_when_one_has_passed() {
    let mut world = World::new(9);
    world.add(1, Timing::Every(SECOND)).expect("there is room");
    assert_eq!(world.due(999), None);
    assert_eq!(world.due(1000), Some(task(1)));
}

#[test]
fn late_and_long_runs_do_not_shift_those_that_come_after() {
    let mut world = World::new(9);
    world.add(1, Timing::Every(SECOND)).expect("there is room");
    assert_eq!(world.due(1300), Some(task(1)));
    assert_eq!(world.schedule.ended(task(1)), None);
    assert_eq!(world.next(), Some(2000));
    assert_eq!(world.due(2999), Some(task(1)));
    assert_eq!(world.schedule.ended(task(1)), None);
    assert_eq!(world.next(), Some(3000));
}

#[test]
fn runs_of_one_task_never_overlap() {
    let mut world = World::new(9);
    world.add(1, Timing::Every(SECOND)).expect("there is room");
    assert_eq!(world.due(1000), Some(task(1)));
    assert_eq!(world.due(60_000), None);
    assert_eq!(world.next(), None);
}

#[test]
fn what_an_interval_missed_while_a_run_lasted_is_one_run() {
    let mut world = World::new(9);
    world.add(1, Timing::Every(SECOND)).expect("there is room");
    assert_eq!(world.due(1000), Some(task(1)));
    // It lasts until 5.5 s: four points of the grid have passed.
    world.schedule.ended(task(1));
    assert_eq!(world.due(5500), Some(task(1)));
    world.schedule.ended(task(1));
    assert_eq!(world.due(5500), None);
    assert_eq!(world.next(), Some(6000));
}

#[test]
fn a_machine_that_slept_runs_an_interval_once() {
    let mut world = World::new(9);
    let micro = Duration::from_micros(1);
    world.add(1, Timing::Every(micro)).expect("there is room");
    assert_eq!(world.due(86_400_000), Some(task(1)));
    world.schedule.ended(task(1));
    assert_eq!(world.due(86_400_000), None);
}

#[test]
fn every_time_of_a_list_is_a_run_and_late_ones_follow_each_other() {
    let mut world = World::new(9);
    world
        .add(1, after(&[300, 100, 200, 200]))
        .expect("there is room");
    assert_eq!(world.next(), Some(100));
    for left in [3, 2, 1] {
        assert_eq!(world.due(250 + 50), Some(task(1)));
        assert_eq!(world.due(300), None, "the run is under way");
        assert_eq!(
            world.schedule.list(node(1)),
            [(task(1), Some(left), &"work")]
        );
        assert_eq!(world.schedule.ended(task(1)), None);
    }
    assert_eq!(world.due(300), Some(task(1)));
    assert_eq!(world.schedule.ended(task(1)), Some("work"));
    assert!(world.schedule.list(node(1)).is_empty());
}

#[test]
fn tasks_run_beside_each_other_in_order_of_their_times() {
    let mut world = World::new(9);
    world.add(1, after(&[200])).expect("there is room");
    world.add(2, after(&[100])).expect("there is room");
    assert_eq!(world.due(300), Some(task(2)));
    assert_eq!(world.due(300), Some(task(1)));
    assert_eq!(world.due(300), None);
}

#[test]
fn a_cancelled_task_is_not_due_any_more() {
    let mut world = World::new(9);
    world.add(1, Timing::Every(SECOND)).expect("there is room");
    let (answer, work) = world.schedule.cancel(task(1));
    assert_eq!((answer, work), (CancelTask::Cancelled, Some("work")));
    assert_eq!(world.next(), None);
    assert_eq!(world.schedule.cancel(task(1)).0, CancelTask::WasOver);
}

#[test]
fn a_task_that_is_cancelled_while_it_runs_does_not_run_again() {
    let mut world = World::new(9);
    world.add(1, Timing::Every(SECOND)).expect("there is room");
    assert_eq!(world.due(1000), Some(task(1)));
    assert_eq!(world.schedule.cancel(task(1)).0, CancelTask::Cancelled);
    assert_eq!(world.schedule.ended(task(1)), None);
    assert_eq!(world.next(), None);
}

#[test]
fn a_cancel_tells_what_is_over_from_what_never_was() {
    let mut world = World::new(9);
    world.add(1, after(&[100])).expect("there is room");
    assert_eq!(world.due(100), Some(task(1)));
    world.schedule.ended(task(1));
    assert_eq!(world.schedule.cancel(task(1)).0, CancelTask::WasOver);
    assert_eq!(world.schedule.cancel(task(2)).0, CancelTask::Unknown);
}

#[test]
fn no_more_tasks_are_kept_or_remembered_than_allowed() {
    let mut world = World::new(2);
    for id in [1, 2] {
        world.add(id, Timing::Every(SECOND)).expect("there is room");
    }
    assert_eq!(
        world.add(3, Timing::Every(SECOND)),
        Err(NotScheduled::TooMany(2))
    );
    for id in [1, 2] {
        world.schedule.cancel(task(id));
    }
    world.add(3, Timing::Every(SECOND)).expect("there is room");
    world.schedule.cancel(task(3));
    assert_eq!(world.schedule.cancel(task(1)).0, CancelTask::Unknown);
    assert_eq!(world.schedule.cancel(task(3)).0, CancelTask::WasOver);
}

#[test]
fn one_id_names_one_task() {
    let mut world = World::new(9);
    world.add(1, Timing::Every(SECOND)).expect("there is room");
    assert_eq!(world.add(1, after(&[1])), Err(NotScheduled::Known));
    world.schedule.cancel(task(1));
    assert_eq!(world.add(1, after(&[1])), Err(NotScheduled::Known));
}

#[test]
fn a_list_shows_what_one_node_scheduled_in_its_order() {
    let mut world = World::new(9);
    world.add(5, Timing::Every(SECOND)).expect("there is room");
    world.add(2, after(&[10, 20])).expect("there is room");
    let (start, other) = (world.start, (task(3), node(2)));
    let added = world.schedule.add(start, other, after(&[1]), "other");
    assert_eq!(added, Ok(()));
    assert_eq!(
        world.schedule.list(node(1)),
        [(task(5), None, &"work"), (task(2), Some(2), &"work")]
    );
}

#[test]
fn times_beyond_counting_are_refused() {
    let mut world = World::new(9);
    assert_eq!(
        world.add(1, Timing::Every(Duration::MAX)),
        Err(NotScheduled::TooFar)
    );
}
