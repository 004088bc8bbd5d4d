//! What can go wrong, one enum for each operation. Messages are for people; variants are for programs.

pub(crate) mod absence;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use daffi_link::{Received, SendError};
use daffi_proto::{ArgumentMismatch, Failure, InvalidName, Name};

use absence::{NoCandidate, NoProcess};

/// Why a [`Global`](crate::Global) does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Neither controller nor node was asked for.
    #[error("neither a controller nor a node was asked for")]
    Nothing,
    /// A process name that cannot be one.
    #[error("the process name is not valid: {0}")]
    ProcessName(#[from] InvalidName),
    /// A node on TCP needs to know where its controller listens.
    #[error(
        "no port of the controller was given\nhint: only a process with the controller itself may leave it out"
    )]
    NoPort,
    /// The host has no address.
    #[error("cannot find the address of host '{host}': {source}")]
    Host {
        /// As it was given.
        host: String,
        /// What the system says.
        source: io::Error,
    },
    /// The address can be reached from other machines, and nothing yet asks them who they are.
    #[error(
        "daffi does not listen where other machines could connect, as it cannot tell yet who they are: {}\nhint: use \
         \"localhost\" or a unix socket",
        shown(host, address)
    )]
    Exposed {
        /// As it was given.
        host: String,
        /// The first of its addresses that is not the machine's own loop.
        address: std::net::IpAddr,
    },
    /// The folder of the unix socket cannot be used.
    #[error("cannot use the folder '{}': {problem}", path.display())]
    Folder {
        /// Which folder.
        path: PathBuf,
        /// What is wrong with it.
        problem: FolderProblem,
    },
    /// A live controller has the endpoint.
    #[error(
        "another controller already listens at {endpoint}\nhint: stop it, or give this one another port or folder"
    )]
    EndpointTaken {
        /// Which endpoint.
        endpoint: String,
    },
    /// Something that is no controller has the endpoint.
    #[error(
        "cannot listen at {endpoint}: {occupant}\nhint: give the controller another port or folder"
    )]
    Occupied {
        /// Which endpoint.
        endpoint: String,
        /// What is there.
        occupant: Occupant,
    },
    /// The system does not let us listen there.
    #[error("cannot listen at {endpoint}: {source}")]
    Listen {
        /// Which endpoint.
        endpoint: String,
        /// What the system says.
        source: io::Error,
    },
    /// A live node has the process name.
    #[error("{text}\nhint: give this process another name, or stop the other one")]
    NameTaken {
        /// The name.
        name: Name,
        /// Who has it, in the words of the controller.
        text: String,
    },
    /// The controller does not let us in.
    #[error("the controller at {endpoint} refused: {text}")]
    Refused {
        /// Which controller.
        endpoint: String,
        /// Its words.
        text: String,
    },
    /// No controller answered in time.
    #[error("no controller at {endpoint} after {:.1} s: {problem}\nhint: {hint}", waited.as_secs_f64())]
    TimedOut {
        /// Where it was expected.
        endpoint: String,
        /// How long it was waited for.
        waited: Duration,
        /// Why the last attempt failed.
        problem: String,
        /// What to do about it.
        hint: &'static str,
    },
    /// The caller asked to give up.
    #[error("interrupted")]
    Interrupted,
    /// Two callbacks of one name.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// The system gives no thread, descriptor or random bytes.
    #[error("cannot {what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

/// What a start waits for while a name is looked up.
pub(crate) const LOOKED_UP: &str = "its address is still being looked up";
/// What to do about that.
pub(crate) const LOOK_UP_HINT: &str = "check the name of the host, or wait longer";

/// What has the place of a controller, and is none.
#[derive(Debug, thiserror::Error)]
pub enum Occupant {
    /// A process of daffi, at a port where those who call it directly come in.
    #[error("a process of daffi takes its callers there, and is no controller")]
    Node,
    /// Something that speaks another language, or hangs up.
    #[error("another program is there, which does not speak daffi")]
    Stranger,
    /// Something that takes connections and says nothing.
    #[error(
        "something is there that does not answer: another program, or a controller that is frozen"
    )]
    Silent,
    /// The system gives the place to nobody, and nobody answers there.
    #[error("another program has the port, and takes no connections")]
    Deaf,
    /// A program of another user.
    #[error("another program is there: {0}")]
    Foreign(io::Error),
    /// In the place of the socket is something else, which is not removed.
    #[error("in the place of the socket is {0}, which daffi does not remove")]
    NoSocket(&'static str),
}

/// What is wrong with the folder of a unix socket.
#[derive(Debug, thiserror::Error)]
pub enum FolderProblem {
    /// The path is empty.
    #[error("the path is empty\nhint: name a folder, or none for the common one")]
    Empty,
    /// The path is relative, and this process has no current folder any more.
    #[error("the path is relative, and the current folder is gone\nhint: name it from the root on")]
    NowhereRelative,
    /// No path has a zero byte.
    #[error("the path has a zero byte\nhint: name another folder")]
    ZeroByte,
    /// It belongs to someone else.
    #[error(
        "it belongs to user {owner}, and this process runs as user {us}\nhint: name a folder of user {us}"
    )]
    NotOurs {
        /// Whose it is.
        owner: u32,
        /// Who we are.
        us: u32,
    },
    /// Anyone may write to it.
    #[error("its mode is {0:o}, anyone may write to it\nhint: chmod 700")]
    Open(u32),
    /// It is no folder.
    #[error("it is not a folder\nhint: remove what is there, or name a folder")]
    NotAFolder,
    /// It is a symbolic link, and what that names is not there.
    #[error("it is a symbolic link to '{}', which is not there\nhint: remove the link, or make that folder", .0.display())]
    LeadsNowhere(PathBuf),
    /// The path of the socket in it is longer than the system takes.
    #[error(
        "the path of the socket in it would have {0} bytes, and the system takes 107 at most\nhint: name a folder with a \
         shorter path, or meet over TCP"
    )]
    TooLong(usize),
    /// The system says no.
    #[error(transparent)]
    System(#[from] io::Error),
}

/// Why a callback is not registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegisterError {
    /// This process has one of this name.
    #[error("there is already a callback named '{0}' in this process")]
    Duplicate(Name),
    /// The name cannot be one.
    #[error("the callback name is not valid: {0}")]
    Name(#[from] InvalidName),
    /// More than a node may have.
    #[error("a node has at most {0} callbacks")]
    TooMany(usize),
    /// This process takes part in no calls.
    #[error("this process has no node, so it offers no callbacks")]
    NoNode,
}

/// Why a call has no value.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Nobody offers the name.
    #[error("{0}")]
    UnknownCallback(NoCandidate),
    /// No other process has this name.
    #[error("{0}")]
    UnknownProcess(NoProcess),
    /// Only this process itself offers the name.
    #[error(
        "'{0}' is offered only by this process itself, and a call never goes to the calling process"
    )]
    OnlyLocal(String),
    /// The arguments do not fit.
    #[error("{problem}: {name}{signature}, offered by '{process}'")]
    Arguments {
        /// The process that offers it.
        process: Name,
        /// The callback.
        name: String,
        /// Its signature, as people read it.
        signature: String,
        /// What does not fit.
        problem: ArgumentMismatch,
    },
    /// The call has certainly not begun at this process; another candidate may be tried.
    #[error("{}", not_begun(.process, .why))]
    Vanished {
        /// The process.
        process: Name,
        /// Why it has not.
        why: NotBegun,
    },
    /// The node went away while the call was under way; the callback may have run.
    #[error("'{process}' stopped while the call was under way; the call may have run")]
    NodeGone {
        /// The process.
        process: Name,
    },
    /// The node lives perhaps, but gave no sign of it for too long while the call was under way.
    #[error(
        "'{process}' gave no sign of life for {} s while the call was under way; the call may have run",
        silence.as_secs_f64()
    )]
    NodeSilent {
        /// The process.
        process: Name,
        /// For how long.
        silence: Duration,
    },
    /// The controller that relayed the call went away; the callee may live and run it.
    #[error(
        "the controller, which relays calls to '{process}', stopped or fell silent while the call was under way; \
         the call may have run"
    )]
    RelayGone {
        /// The process that was called.
        process: Name,
    },
    /// A receiver of a stream went away between two of its messages: it has taken what was sent before, and nothing else.
    #[error("{}", stream_cut(.process, .why, *.has_begun))]
    StreamCut {
        /// The process.
        process: Name,
        /// Why nothing more was sent to it.
        why: NotBegun,
        /// Whether it has taken anything.
        has_begun: bool,
    },
    /// The deadline passed.
    #[error("the call did not end in time")]
    TimedOut,
    /// The caller cancelled the call.
    #[error("the call was cancelled")]
    Cancelled,
    /// The callback raised an error; the payload is its record.
    #[error("the remote callback raised an error")]
    Raised {
        /// The process.
        process: Name,
        /// The record, for [`RemoteError::read`](crate::RemoteError::read) or a front.
        record: Received,
    },
    /// The callee could not run the callback, or not send its outcome.
    #[error("'{process}': {failure}")]
    Failed {
        /// The process.
        process: Name,
        /// Why.
        failure: Failure,
    },
    /// The arguments are larger than a message may be.
    #[error(
        "the arguments have {size} bytes, over the limit of {limit}\nhint: raise max_message on both sides"
    )]
    TooLarge {
        /// What they have.
        size: u64,
        /// What is allowed.
        limit: u64,
    },
    /// As much waits to be sent as may in this process.
    #[error(
        "too much waits to be sent, {calls} calls of {bytes} bytes; the call to '{process}' was not made\nhint: wait for \
         results before making more calls, or raise max_waiting_bytes"
    )]
    Backlog {
        /// The process.
        process: Name,
        /// How many calls wait.
        calls: usize,
        /// The bytes of their arguments.
        bytes: u64,
    },
    /// Too many calls are kept to be made again; this one was not made.
    #[error(
        "too much is kept to be made again, {calls} calls of {bytes} bytes; this call was not made\nhint: wait for results \
         before making more calls with a retry policy, or raise max_waiting_bytes"
    )]
    RetriedBacklog {
        /// How many calls are kept.
        calls: usize,
        /// The bytes of their arguments.
        bytes: u64,
    },
    /// Nobody waited for the call, and it was not sent: not in time, or not before this process stopped.
    #[error("the call to '{process}' was not sent in time, and has not run")]
    Unsent {
        /// The process.
        process: Name,
    },
    /// As many calls are under way as allowed on one link.
    #[error("too many calls to '{process}' are under way")]
    TooManyCalls {
        /// The process.
        process: Name,
    },
    /// This process takes part in no calls.
    #[error("this process has no node, so it makes no calls\nhint: leave init_node=True")]
    NoNode,
    /// This process is stopping or has stopped.
    #[error("this process has stopped taking part in calls")]
    Stopped,
    /// The caller asked to give up.
    #[error("interrupted")]
    Interrupted,
    /// An argument or the value cannot travel between these languages.
    #[error(transparent)]
    Value(#[from] ValueError),
}

/// Why a call has certainly not begun at the process that was chosen for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotBegun {
    /// The process or its callback went away, it stops, or there is no way to it now.
    Away,
    /// The process gave no sign of life for so long, and the request was not sent in whole.
    Silent(Duration),
    /// The two have not met, and no controller answers that could introduce them.
    NoController,
    /// The controller that was to relay the call went away before it had the request in whole.
    RelayGone,
    /// Another process could take the call, but its arguments were not kept after they were sent.
    NotKept,
}

/// Why a value of a Rust program cannot travel, or cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ValueError {
    /// An argument cannot travel.
    #[error("an argument cannot travel: {0}")]
    Argument(#[from] crate::EncodeError),
    /// The value that came back cannot be read.
    #[error("the result cannot be read: {0}")]
    Result(#[from] crate::DecodeError),
}

/// Why a wait for a process or function ends without it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WaitError {
    /// The time is over.
    #[error("it did not come in time; {seen}")]
    TimedOut {
        /// What is there in its place, in words.
        seen: String,
    },
    /// The caller asked to give up.
    #[error("interrupted")]
    Interrupted,
    /// This process has stopped.
    #[error("this process has stopped taking part in calls")]
    Stopped,
    /// This process takes part in no calls.
    #[error("this process has no node, so it sees no others\nhint: leave init_node=True")]
    NoNode,
}

/// Why not every other node could be stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KillError {
    /// Only a process with the controller may do this.
    #[error(
        "only the process with the controller can stop the others\nhint: call it where init_controller=True"
    )]
    NoController,
    /// The caller asked to give up.
    #[error("interrupted")]
    Interrupted,
    /// This process has stopped.
    #[error("this process has stopped taking part in calls")]
    Stopped,
}

impl CallError {
    /// Why a call to this process was not sent on a link.
    #[cold]
    pub(crate) fn of_sending(error: SendError, process: &Name) -> Self {
        match error {
            SendError::TooLarge { length, limit } => Self::TooLarge {
                size: length,
                limit,
            },
            SendError::TimedOut => Self::TimedOut,
            SendError::Interrupted => Self::Interrupted,
            SendError::Lost(_) => Self::away(process),
        }
    }

    /// The process went away, stops, or cannot be reached, and the call has not begun there.
    #[cold]
    pub(crate) fn away(process: &Name) -> Self {
        Self::Vanished {
            process: process.clone(),
            why: NotBegun::Away,
        }
    }
}

fn not_begun(process: &Name, why: &NotBegun) -> String {
    match why {
        NotBegun::Away => {
            format!("'{process}' went away before the call was sent, or cannot be reached now")
        }
        NotBegun::Silent(silence) => format!(
            "'{process}' gave no sign of life for {} s before the whole call was sent; it has not run",
            silence.as_secs_f64()
        ),
        NotBegun::NoController => format!(
            "no controller answers, and without one this process cannot meet '{process}'; the call was not sent\n\
             hint: see that the controller runs; a RetryPolicy for UnableToFindCandidate makes the call again"
        ),
        NotBegun::RelayGone => format!(
            "the controller, which was to relay the call to '{process}', stopped or fell silent before it had the whole \
             call; it has not run"
        ),
        NotBegun::NotKept => format!(
            "'{process}' stopped before the call began there, and its arguments were not kept for another process\n\
             hint: a RetryPolicy for UnableToFindCandidate makes the call again; calls of up to 64 KiB \
             are kept where none of their values has 32 KiB"
        ),
    }
}

fn stream_cut(process: &Name, why: &NotBegun, has_begun: bool) -> String {
    let why = match why {
        NotBegun::NoController => "cannot be met, as no controller answers".to_owned(),
        NotBegun::Silent(silence) => {
            format!("gave no sign of life for {} s", silence.as_secs_f64())
        }
        NotBegun::RelayGone => {
            "cannot be reached, as the controller that relays has gone".to_owned()
        }
        NotBegun::Away | NotBegun::NotKept => "went away, or cannot be reached now".to_owned(),
    };
    let taken = if has_begun {
        "it has taken the items sent before, and none after"
    } else {
        "nothing of the stream was sent to it, and nothing has run there"
    };
    format!("'{process}' {why}; {taken}")
}

/// A host as it was given, with its address where that says more.
fn shown(host: &str, address: &std::net::IpAddr) -> String {
    let address = address.to_string();
    if host == address {
        format!("'{host}'")
    } else {
        format!("'{host}', which is {address}")
    }
}
