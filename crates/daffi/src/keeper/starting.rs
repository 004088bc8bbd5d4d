//! The start of a node: what the house-keeper tells the thread that waits for it.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel as std_channel};
use std::time::{Duration, Instant};

use crate::error::{LOOK_UP_HINT, LOOKED_UP, StartError};
use crate::host::Host;
use crate::wait::Wait;

/// From when on a wait is worth a warning. 1.5 s: processes that are started together take less.
const LONG: Duration = Duration::from_millis(1500);

/// News of a start.
#[derive(Debug)]
enum News {
    /// The controller has taken the node in.
    Ready,
    /// What an attempt waits for.
    Trying(Problem),
    /// An attempt failed, and others follow.
    Waiting(Problem),
    /// The controller says no.
    Failed(StartError),
}

/// Why there is no controller yet.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) text: String,
    /// What to do about it.
    pub(crate) hint: &'static str,
}

/// The house-keeper's end. What is told after the start is over goes nowhere.
#[derive(Debug)]
pub(crate) struct Reporter(Sender<News>);

/// The waiting thread's end.
#[derive(Debug)]
pub(crate) struct Starting(Receiver<News>);

// A few messages for each attempt to connect, and attempts are at least 50 ms apart: no bound is needed.
pub(crate) fn channel() -> (Reporter, Starting) {
    let (tell, hear) = std_channel();
    (Reporter(tell), Starting(hear))
}

impl Reporter {
    pub(crate) fn ready(&self) {
        let _ = self.0.send(News::Ready);
    }

    pub(crate) fn trying(&self, text: &str, hint: &'static str) {
        let text = text.to_owned();
        let _ = self.0.send(News::Trying(Problem { text, hint }));
    }

    pub(crate) fn waiting(&self, problem: Problem) {
        let _ = self.0.send(News::Waiting(problem));
    }

    /// Whether anyone still waits for the start.
    pub(crate) fn failed(&self, error: StartError) -> bool {
        self.0.send(News::Failed(error)).is_ok()
    }
}

impl Starting {
    /// Waits until the controller at `endpoint` has taken the node in.
    pub(crate) fn wait(
        &self,
        endpoint: &str,
        host: &dyn Host,
        wait: &mut Wait<'_>,
    ) -> Result<(), StartError> {
        let began = Instant::now();
        let (mut problem, mut was_told, mut was_long) = (None, false, false);
        loop {
            match self.0.recv_timeout(wait.slice()) {
                Ok(News::Ready) => return Ok(()),
                Ok(News::Failed(error)) => return Err(error),
                Ok(News::Trying(now)) => problem = Some(now),
                Ok(News::Waiting(now)) => {
                    let is_long = began.elapsed() > LONG && !was_long;
                    if !was_told || is_long {
                        let text = &now.text;
                        let what = format!("waiting for a controller at {endpoint} ({text})");
                        host.waiting(&what, is_long);
                    }
                    was_told = true;
                    was_long |= is_long;
                    problem = Some(now);
                }
                Err(RecvTimeoutError::Timeout) => (),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(StartError::System {
                        what: "keep the house-keeping thread alive",
                        source: std::io::Error::other("it has ended"),
                    });
                }
            }
            if wait.is_late() {
                let problem = problem.unwrap_or_else(|| Problem {
                    text: LOOKED_UP.to_owned(),
                    hint: LOOK_UP_HINT,
                });
                return Err(StartError::TimedOut {
                    endpoint: endpoint.to_owned(),
                    waited: began.elapsed(),
                    problem: problem.text,
                    hint: problem.hint,
                });
            }
            if wait.is_interrupted() {
                return Err(StartError::Interrupted);
            }
        }
    }
}
