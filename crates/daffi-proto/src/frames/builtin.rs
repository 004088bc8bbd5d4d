//! What every node answers beside its own callbacks: the reserved numbers, and what travels to and from them.
//!
//! A request to one of these is a request like any other; its payload is described at each type. Numbers are
//! little-endian, times are microseconds.

use core::fmt;
use core::time::Duration;

use crate::{CallbackNumber, Limits, Name, NodeId};

/// A callback that every node has, and that none lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Builtin {
    /// Keeps a task: [`ScheduleTask`], then the arguments of its callback. Answers with nothing.
    Schedule,
    /// Lists the tasks of the caller: its node in eight bytes. Answers with each [`TaskInfo`].
    Tasks,
    /// Ends a task: its [`TaskId`]. Answers with [`CancelTask`].
    CancelTask,
    /// Tells the node that scheduled a task of a run that failed: [`TaskFailed`]. Wants no answer.
    TaskFailed,
    /// Runs a function that comes with the request, in the language of both; its arguments are the payload.
    Transfer,
    /// Keeps or reads a generator that a callback gave: a [`StreamRequest`](crate::StreamRequest).
    Stream,
}

impl Builtin {
    const ALL: [Self; 6] = [
        Self::Schedule,
        Self::Tasks,
        Self::CancelTask,
        Self::TaskFailed,
        Self::Transfer,
        Self::Stream,
    ];

    /// The number that requests name: from the top of the range, which no callback of a node reaches.
    pub const fn number(self) -> CallbackNumber {
        CallbackNumber(match self {
            Self::Schedule => u32::MAX,
            Self::Tasks => u32::MAX - 1,
            Self::CancelTask => u32::MAX - 2,
            Self::TaskFailed => u32::MAX - 3,
            Self::Transfer => u32::MAX - 4,
            Self::Stream => u32::MAX - 5,
        })
    }

    /// Which one a number names.
    pub fn of(number: CallbackNumber) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|builtin| builtin.number() == number)
    }

    /// What people read where a failure names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Schedule => "scheduling a task",
            Self::Tasks => "listing scheduled tasks",
            Self::CancelTask => "cancelling a scheduled task",
            Self::TaskFailed => "telling of a failed run",
            Self::Transfer => "transfer_and_call",
            Self::Stream => "reading a stream",
        }
    }
}

/// The identity of a scheduled task: a random UUID, made by whoever schedules it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId(pub [u8; 16]);

impl TaskId {
    /// Reads the id and gives it with the rest; `None` where there is too little.
    pub fn parse(payload: &[u8]) -> Option<(Self, &[u8])> {
        let (id, rest) = payload.split_first_chunk::<16>()?;
        Some((Self(*id), rest))
    }
}

impl fmt::Debug for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaskId({:032x})", u128::from_be_bytes(self.0))
    }
}

/// When a task runs. Time left, not times of day, so that clocks need not agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Timing {
    /// Again and again, first when one interval has passed.
    Every(Duration),
    /// Once after each of these, in any order.
    After(Vec<Duration>),
}

/// What starts the payload of a [`Builtin::Schedule`] request; the arguments of the callback follow.
///
/// ```text
/// 0    16      24         28      32
/// | id | owner | callback | count | interval, or count times ... | arguments ...
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleTask {
    /// The task.
    pub id: TaskId,
    /// The node that schedules it, and is told of failures.
    pub owner: NodeId,
    /// What runs.
    pub callback: CallbackNumber,
    /// When. A count of zero is an interval.
    pub timing: Timing,
}

impl ScheduleTask {
    /// The bytes that go before the arguments.
    pub fn to_payload(&self) -> Vec<u8> {
        let mut payload = Vec::with_capacity(40);
        payload.extend_from_slice(&self.id.0);
        payload.extend_from_slice(&self.owner.raw().to_le_bytes());
        payload.extend_from_slice(&self.callback.0.to_le_bytes());
        let interval;
        let (count, times) = match &self.timing {
            Timing::Every(every) => {
                interval = [*every];
                (0, &interval[..])
            }
            Timing::After(times) => (u32::try_from(times.len()).unwrap_or(u32::MAX), &times[..]),
        };
        payload.extend_from_slice(&count.to_le_bytes());
        for time in times {
            let micros = u64::try_from(time.as_nanos().div_ceil(1000)).unwrap_or(u64::MAX);
            payload.extend_from_slice(&micros.to_le_bytes());
        }
        payload
    }

    /// Takes time that has passed from the times left in such a payload, where it has some: an interval stays.
    pub fn pass(payload: &mut [u8], passed: Duration) {
        let Some((count, times)) = payload
            .get_mut(28..)
            .and_then(<[u8]>::split_first_chunk_mut::<4>)
        else {
            return;
        };
        let count = usize::try_from(u32::from_le_bytes(*count)).unwrap_or(usize::MAX);
        let passed = u64::try_from(passed.as_micros()).unwrap_or(u64::MAX);
        let (times, _) = times.as_chunks_mut::<8>();
        for time in times.iter_mut().take(count) {
            *time = u64::from_le_bytes(*time)
                .saturating_sub(passed)
                .to_le_bytes();
        }
    }

    /// Reads the task and gives it with the arguments; `None` where the payload is none.
    pub fn parse(payload: &[u8]) -> Option<(Self, &[u8])> {
        let (id, rest) = TaskId::parse(payload)?;
        let (owner, rest) = number(rest)?;
        let (callback, rest) = rest.split_first_chunk::<4>()?;
        let (count, rest) = rest.split_first_chunk::<4>()?;
        let count = usize::try_from(u32::from_le_bytes(*count)).ok()?;
        if count > Limits::TIMES {
            return None;
        }
        let (first, mut rest) = number(rest)?;
        let timing = if count == 0 {
            Timing::Every((first > 0).then(|| Duration::from_micros(first))?)
        } else {
            let mut times = vec![Duration::from_micros(first)];
            for _ in 1..count {
                let (micros, after) = number(rest)?;
                times.push(Duration::from_micros(micros));
                rest = after;
            }
            Timing::After(times)
        };
        let task = Self {
            id,
            owner: NodeId::new(owner)?,
            callback: CallbackNumber(u32::from_le_bytes(*callback)),
            timing,
        };
        Some((task, rest))
    }
}

/// A task as [`Builtin::Tasks`] lists it.
///
/// ```text
/// 0    16     20            21
/// | id | left | name length | name ...
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskInfo {
    /// The task.
    pub id: TaskId,
    /// How many of its times are still to come; none for an interval, `u32::MAX` on the wire.
    pub left: Option<u32>,
    /// What runs.
    pub callback: Name,
}

impl TaskInfo {
    /// Writes one entry of the list.
    pub fn write(&self, payload: &mut Vec<u8>) {
        payload.extend_from_slice(&self.id.0);
        payload.extend_from_slice(&self.left.unwrap_or(u32::MAX).to_le_bytes());
        write_name(&self.callback, payload);
    }

    /// Reads the whole list; `None` where the payload is none.
    pub fn parse_all(mut payload: &[u8]) -> Option<Vec<Self>> {
        let mut all = Vec::new();
        while !payload.is_empty() {
            let (id, rest) = TaskId::parse(payload)?;
            let (left, rest) = rest.split_first_chunk::<4>()?;
            let left = u32::from_le_bytes(*left);
            let (callback, rest) = parse_name(rest)?;
            all.push(Self {
                id,
                left: (left != u32::MAX).then_some(left),
                callback,
            });
            payload = rest;
        }
        Some(all)
    }
}

/// What became of a [`Builtin::CancelTask`] request; one byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum CancelTask {
    /// The task was over.
    WasOver = 0,
    /// The task takes no more runs.
    Cancelled = 1,
    /// There is no such task here, or it has been over for long.
    Unknown = 2,
}

impl CancelTask {
    /// Reads the answer; `None` where the payload is none.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        Some(match payload {
            [0] => Self::WasOver,
            [1] => Self::Cancelled,
            [2] => Self::Unknown,
            _ => return None,
        })
    }
}

/// What starts the payload of a [`Builtin::TaskFailed`] request; the payload of the reply of the callback follows.
///
/// ```text
/// 0    16       17
/// | id | raised | length, name of the callback | length, name of its process | record or failure ...
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskFailed {
    /// The task.
    pub id: TaskId,
    /// Whether a record of what was raised follows; else a [`Failure`](crate::Failure).
    pub raised: bool,
    /// What ran.
    pub callback: Name,
    /// Where.
    pub process: Name,
}

impl TaskFailed {
    /// The bytes that go before the record.
    pub fn to_payload(&self) -> Vec<u8> {
        let mut payload = Vec::with_capacity(64);
        payload.extend_from_slice(&self.id.0);
        payload.push(u8::from(self.raised));
        write_name(&self.callback, &mut payload);
        write_name(&self.process, &mut payload);
        payload
    }

    /// Reads it and gives it with the record; `None` where the payload is none.
    pub fn parse(payload: &[u8]) -> Option<(Self, &[u8])> {
        let (id, rest) = TaskId::parse(payload)?;
        let (raised, rest) = rest.split_first()?;
        let (callback, rest) = parse_name(rest)?;
        let (process, rest) = parse_name(rest)?;
        let failed = Self {
            id,
            raised: *raised != 0,
            callback,
            process,
        };
        Some((failed, rest))
    }
}

fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<8>()?;
    Some((u64::from_le_bytes(*number), rest))
}

fn write_name(name: &Name, payload: &mut Vec<u8>) {
    let text = name.as_str().as_bytes();
    payload.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
    payload.extend_from_slice(text);
}

fn parse_name(bytes: &[u8]) -> Option<(Name, &[u8])> {
    let (length, rest) = bytes.split_first()?;
    let (text, rest) = rest.split_at_checked(usize::from(*length))?;
    let name = Name::new(core::str::from_utf8(text).ok()?).ok()?;
    Some((name, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(timing: Timing) -> ScheduleTask {
        ScheduleTask {
            id: TaskId([7; 16]),
            owner: NodeId::new(9).expect("not zero"),
            callback: CallbackNumber(3),
            timing,
        }
    }

    fn name(text: &str) -> Name {
        Name::new(text).expect("a name")
    }

    #[test]
    fn every_reserved_number_is_its_own() {
        for builtin in Builtin::ALL {
            assert_eq!(Builtin::of(builtin.number()), Some(builtin));
        }
        assert_eq!(Builtin::of(CallbackNumber(0)), None);
        let most = u32::try_from(Limits::default().callbacks).expect("it fits");
        assert_eq!(Builtin::of(CallbackNumber(most)), None);
    }

    #[test]
    fn a_task_comes_back_as_it_was_written_with_its_arguments() {
        let second = Duration::from_secs(1);
        for timing in [
            Timing::Every(second),
            Timing::After(vec![second]),
            Timing::After(vec![Duration::ZERO, second, second]),
        ] {
            let task = task(timing);
            let mut payload = task.to_payload();
            payload.extend_from_slice(b"arguments");
            assert_eq!(
                ScheduleTask::parse(&payload),
                Some((task, &b"arguments"[..]))
            );
        }
    }

    #[test]
    fn time_that_passes_comes_off_the_points_in_time_and_nothing_else() {
        let [one, two, three] = [1, 2, 3].map(Duration::from_secs);
        let after = |timing, passed| {
            let mut payload = task(timing).to_payload();
            payload.extend_from_slice(b"arguments");
            ScheduleTask::pass(&mut payload, passed);
            let (task, arguments) = ScheduleTask::parse(&payload).expect("it is still a task");
            assert_eq!(arguments, b"arguments");
            task.timing
        };
        let times = || Timing::After(vec![three, one]);
        assert_eq!(after(times(), Duration::ZERO), times());
        assert_eq!(
            after(times(), two),
            Timing::After(vec![one, Duration::ZERO])
        );
        let all = vec![Duration::ZERO; 2];
        assert_eq!(after(times(), Duration::MAX), Timing::After(all));
        assert_eq!(after(Timing::Every(one), two), Timing::Every(one));
    }

    #[test]
    fn no_cut_task_makes_the_passing_of_time_panic() {
        let payload = task(Timing::After(vec![Duration::ZERO; 3])).to_payload();
        for length in 0..payload.len() {
            let mut cut = payload.get(..length).expect("it is shorter").to_vec();
            ScheduleTask::pass(&mut cut, Duration::from_secs(1));
        }
    }

    #[test]
    fn a_cut_task_is_none() {
        let payload = task(Timing::After(vec![Duration::ZERO; 3])).to_payload();
        for length in 0..payload.len() {
            let cut = payload.get(..length).expect("it is shorter");
            assert_eq!(ScheduleTask::parse(cut), None);
        }
    }

    #[test]
    fn an_interval_of_zero_is_none() {
        let payload = task(Timing::Every(Duration::ZERO)).to_payload();
        assert_eq!(ScheduleTask::parse(&payload), None);
    }

    #[test]
    fn more_times_than_allowed_are_not_believed() {
        let mut payload = task(Timing::After(vec![Duration::ZERO])).to_payload();
        payload.splice(28..32, u32::MAX.to_le_bytes());
        payload.resize(1 << 20, 0);
        assert_eq!(ScheduleTask::parse(&payload), None);
    }

    #[test]
    fn a_list_of_tasks_comes_back_as_it_was_written() {
        let tasks = [Some(2), None].map(|left| TaskInfo {
            id: TaskId([1; 16]),
            left,
            callback: name("tick"),
        });
        let mut payload = Vec::new();
        for task in &tasks {
            task.write(&mut payload);
        }
        assert_eq!(TaskInfo::parse_all(&payload), Some(tasks.to_vec()));
        payload.pop();
        assert_eq!(TaskInfo::parse_all(&payload), None);
    }

    #[test]
    fn a_failed_run_comes_back_as_it_was_written_with_its_record() {
        let failed = TaskFailed {
            id: TaskId([2; 16]),
            raised: true,
            callback: name("tick"),
            process: name("worker"),
        };
        let mut payload = failed.to_payload();
        payload.push(5);
        assert_eq!(TaskFailed::parse(&payload), Some((failed, &[5][..])));
    }

    #[test]
    fn every_answer_to_a_cancel_comes_back() {
        for answer in [
            CancelTask::WasOver,
            CancelTask::Cancelled,
            CancelTask::Unknown,
        ] {
            assert_eq!(CancelTask::parse(&[answer as u8]), Some(answer));
        }
        assert_eq!(CancelTask::parse(&[3]), None);
        assert_eq!(CancelTask::parse(&[]), None);
    }
}
