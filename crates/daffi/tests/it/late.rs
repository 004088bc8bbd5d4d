//! Calls that wait to be sent, and run when they are due all the same: what travels is the time that is left.

use std::thread;
use std::time::{Duration, Instant};

use daffi::{Answer, Body, CallOptions, Global, NewTask, Target, TaskId, Timing};
use daffi_proto::{Frame, FrameKind, Request, ScheduleTask};

use crate::scripted::Scripted;
use crate::support::{Over, Place, eventually, later, sees};

/// How long calls wait here to be sent, at least.
const WAIT: Duration = Duration::from_millis(200);

/// More than any test takes.
const HOUR: Duration = Duration::from_secs(3600);

/// The first request to a process that could not be met for [`WAIT`] after it was made, and its payload.
fn late_request(make: impl FnOnce(&Global, Target) + Send) -> (Request, Vec<u8>) {
    let mut place = Place::new(Over::Unix);
    let caller = place.controller("caller");
    let mut scripted = Scripted::join(&place, "late");
    scripted.offer("late");
    sees(&caller, "late");
    let target = caller.target("late", None).expect("it is there");
    thread::scope(|scope| {
        scope.spawn(|| make(&caller, target));
        let asked = scripted.wanted();
        let made = Instant::now();
        eventually("it has waited", || made.elapsed() >= WAIT);
        // Nobody listens there, so that the call is relayed.
        let nowhere = place.folder.path().join("nowhere");
        scripted.expect(asked, &format!("unix:{}", nowhere.display()));
        let mut lane = scripted.serve_lane(&place);
        let Frame { head, kind, body } = lane.frame().expect("the controller does not hang up");
        assert_eq!(kind, FrameKind::Request);
        let (request, payload) = Request::parse(head.flags, &body).expect("it can be read");
        let payload = payload.to_vec();
        // Ends what waits for an answer.
        drop((lane, scripted));
        (request, payload)
    })
}

#[test]
fn the_delay_of_a_call_counts_from_when_it_is_made() {
    // It counted from when the call was sent.
    let delayed = |answer| CallOptions {
        timeout: Some(HOUR),
        delay: HOUR,
        answer,
        ..CallOptions::default()
    };
    let (queued, _) = late_request(|caller, target| {
        let options = delayed(Answer::Later);
        let made = caller.dispatch(target, Body::default(), options, None);
        made.expect("there is room for it");
    });
    let (waited_for, _) = late_request(|caller, target| {
        let options = delayed(Answer::Awaited);
        drop(caller.begin(&target, Body::default(), options, &mut || false));
    });
    for request in [queued, waited_for] {
        assert!(request.delay <= HOUR - WAIT, "{:?}", request.delay);
        assert_eq!(request.time_left, Some(HOUR), "it counts after the delay");
    }
}

#[test]
fn a_call_that_is_due_before_it_is_sent_runs_at_once_with_the_rest_of_its_time() {
    let (request, _) = late_request(|caller, target| {
        let options = CallOptions {
            timeout: Some(HOUR),
            delay: WAIT / 2,
            ..later()
        };
        let made = caller.dispatch(target, Body::default(), options, None);
        made.expect("there is room for it");
    });
    assert_eq!(request.delay, Duration::ZERO);
    let left = request.time_left.expect("it has a limit");
    assert!(left <= HOUR - WAIT / 2, "{left:?}");
}

#[test]
fn points_in_time_of_a_task_count_from_when_it_is_scheduled() {
    let task = || NewTask {
        id: TaskId([1; 16]),
        timing: Timing::After(vec![HOUR, WAIT / 2]),
        since: Instant::now(),
    };
    let (_, queued) = late_request(|caller, target| {
        let made = caller.schedule_soon(&target, Body::default(), task());
        made.expect("there is room for it");
    });
    let (_, waited_for) = late_request(|caller, target| {
        let scheduled = caller.schedule(&target, Body::default(), task(), &mut || false);
        assert!(scheduled.is_err(), "it was not answered");
    });
    for payload in [queued, waited_for] {
        let (task, _) = ScheduleTask::parse(&payload).expect("it schedules");
        let Timing::After(times) = task.timing else {
            panic!("it has points in time");
        };
        assert!(times[0] <= HOUR - WAIT, "{times:?}");
        assert_eq!(times[1], Duration::ZERO, "it has passed meanwhile");
    }
}
