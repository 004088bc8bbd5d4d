//! Runs one command, lets the user see what it prints as it comes where that is wanted, and keeps it for the count.

use super::Suite;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// Whether the command ended well, and every line it printed on either stream.
pub(super) fn run(suite: &Suite, shown: bool) -> (bool, Vec<String>) {
    let Some((program, arguments)) = suite.command.split_first() else {
        return (false, Vec::new());
    };
    let spawned = Command::new(program)
        .args(arguments)
        .envs(suite.environment.iter().map(|(name, value)| (name, value)))
        .current_dir(&suite.folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => {
            println!("cannot run {program}: {error}");
            return (false, Vec::new());
        }
    };
    let lines = Mutex::new(Vec::new());
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    // Two readers, so that neither stream fills up while the other is read; both end with the child.
    std::thread::scope(|scope| {
        scope.spawn(|| stdout.map(|stream| forward(stream, &lines, shown)));
        scope.spawn(|| stderr.map(|stream| forward(stream, &lines, shown)));
    });
    let ended_well = child.wait().is_ok_and(|status| status.success());
    let lines = lines.into_inner().unwrap_or_else(PoisonError::into_inner);
    (ended_well, lines)
}

fn forward(stream: impl Read, lines: &Mutex<Vec<String>>, shown: bool) {
    let mut reader = BufReader::new(stream);
    let mut bytes = Vec::new();
    while reader
        .read_until(b'\n', &mut bytes)
        .is_ok_and(|read| read > 0)
    {
        if shown {
            // A reader of ours that went away (`| head`) is no reason to stop counting.
            let _closed = std::io::stdout().write_all(&bytes);
        }
        let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
        lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(line);
        bytes.clear();
    }
}
