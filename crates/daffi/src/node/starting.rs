//! The start of a node: what the house-keeper tells the thread that waits for it.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel as std_channel};
use std::time::{Duration, Instant};

use crate::error::StartError;
use crate::host::Host;
use crate::stop::SLICE;

/// From when on a wait is worth a warning. 1.5 s: processes that are started together take less.
const LONG: Duration = Duration::from_millis(1500);

/// News of a start.
#[derive(Debug)]
enum News {
    /// The controller has taken the node in.
    Ready,
    /// An attempt failed, and others follow.
    Waiting { endpoint: String, problem: String },
    /// The controller says no.
    Failed(StartError),
}

/// The house-keeper's end. What is told after the start is over goes nowhere.
#[derive(Debug)]
pub(crate) struct Reporter(Sender<News>);

/// The waiting thread's end.
#[derive(Debug)]
pub(crate) struct Starting(Receiver<News>);

// One message for each attempt to connect, and attempts are at least 50 ms apart: no bound is needed.
pub(crate) fn channel() -> (Reporter, Starting) {
    let (tell, hear) = std_channel();
    (Reporter(tell), Starting(hear))
}

impl Reporter {
    pub(crate) fn ready(&self) {
        let _ = self.0.send(News::Ready);
    }

    pub(crate) fn waiting(&self, endpoint: String, problem: String) {
        let _ = self.0.send(News::Waiting { endpoint, problem });
    }

    /// Whether anyone still waits for the start.
    pub(crate) fn failed(&self, error: StartError) -> bool {
        self.0.send(News::Failed(error)).is_ok()
    }
}

impl Starting {
    /// Waits until the node is ready.
    pub(crate) fn wait(
        &self,
        host: &dyn Host,
        until: Option<Instant>,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Result<(), StartError> {
        let began = Instant::now();
        let (mut last, mut was_long) = (None, false);
        loop {
            let now = Instant::now();
            let slice = until.map_or(SLICE, |until| {
                until.saturating_duration_since(now).min(SLICE)
            });
            match self.0.recv_timeout(slice) {
                Ok(News::Ready) => return Ok(()),
                Ok(News::Failed(error)) => return Err(error),
                Ok(News::Waiting { endpoint, problem }) => {
                    let is_long = began.elapsed() > LONG && !was_long;
                    if last.is_none() || is_long {
                        let what = format!("waiting for a controller at {endpoint} ({problem})");
                        host.waiting(&what, is_long);
                    }
                    was_long |= is_long;
                    last = Some((endpoint, problem));
                }
                Err(RecvTimeoutError::Timeout) => (),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(StartError::System {
                        what: "keep the house-keeping thread alive",
                        source: std::io::Error::other("it has ended"),
                    });
                }
            }
            if until.is_some_and(|until| until <= Instant::now()) {
                let (endpoint, problem) = last.unwrap_or_else(|| {
                    (
                        "its address".to_owned(),
                        "no attempt has ended yet".to_owned(),
                    )
                });
                return Err(StartError::TimedOut {
                    endpoint,
                    waited: began.elapsed(),
                    problem,
                });
            }
            if interrupt() {
                return Err(StartError::Interrupted);
            }
        }
    }
}
