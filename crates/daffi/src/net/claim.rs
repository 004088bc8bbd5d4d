//! The claim of a controller on its folder: one listens there at a time, and what is somebody else's stays.
//!
//! Two things must be free: the lock, so that of two that start at once one gives way, and the socket itself, since files
//! in a folder for temporary files may be removed by whoever keeps it clean.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use daffi_link::fork::Registered;
use daffi_proto::Limits;
use rustix::fs::FlockOperation;

use crate::error::{Occupant, StartError};
use crate::net::address::{Dialled, no_socket, socket_path, with_owner};
use crate::net::occupant::who_answers;
use crate::net::socket::Socket;

/// A folder in which we listen, or are about to.
#[derive(Debug)]
pub(crate) struct Claim {
    // Before `lock`: see Registered.
    registered: Registered,
    /// The system frees it when its holder dies.
    lock: File,
    lock_path: PathBuf,
    socket: PathBuf,
    /// The file that we have bound; of another one in its place we know nothing.
    bound: Option<FileId>,
}

/// Which file it is, whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    fn of(found: &Metadata) -> Self {
        Self {
            device: found.dev(),
            inode: found.ino(),
        }
    }

    /// The file that a name stands for now.
    fn at(path: &Path) -> Option<Self> {
        fs::symlink_metadata(path).ok().as_ref().map(Self::of)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Some(bound) = self.bound {
            let _ = remove(&self.socket, bound);
        }
    }
}

impl Claim {
    /// Makes the place of the socket free: that of a dead controller is removed, nothing else is.
    pub(crate) async fn on(folder: &Path, limits: &Limits) -> Result<Self, StartError> {
        let socket = socket_path(folder);
        let endpoint = socket.display().to_string();
        let listen = |source| StartError::Listen {
            endpoint: endpoint.clone(),
            source,
        };
        let lock_path = folder.join(".lock");
        let lock = lock(&lock_path).map_err(|error| {
            let (kind, error) = (error.kind(), with_owner(error, &lock_path));
            listen(io::Error::new(
                kind,
                format!("its lock '{}': {error}", lock_path.display()),
            ))
        })?;
        let Some(lock) = lock else {
            return Err(StartError::EndpointTaken { endpoint });
        };
        let claim = Self {
            registered: Registered::new(lock.as_raw_fd()),
            lock,
            lock_path,
            socket,
            bound: None,
        };
        let found = match fs::symlink_metadata(&claim.socket) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(claim),
            Err(error) => return Err(listen(with_owner(error, &claim.socket))),
        };
        if let Some(what) = no_socket(&found) {
            let occupant = Occupant::NoSocket(what);
            return Err(StartError::Occupied { endpoint, occupant });
        }
        let dialled = Socket::dial(&Dialled::Path(claim.socket.clone())).await;
        match who_answers(dialled, limits).await {
            Ok(None) => remove(&claim.socket, FileId::of(&found)).map_err(listen)?,
            Ok(Some(found)) => return Err(found.at(endpoint)),
            Err(error) => return Err(listen(error)),
        }
        Ok(claim)
    }

    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    /// The socket is bound: from now on its file is ours.
    pub(crate) fn has_bound(&mut self) {
        self.bound = FileId::at(&self.socket);
    }

    /// What has become of the place that was ours.
    pub(crate) fn look(&self) -> Found {
        match FileId::at(&self.socket) {
            None => Found::Nothing,
            found if found == self.bound => Found::Ours,
            Some(_) => Found::Another,
        }
    }

    /// Makes the claim good again for a socket that was removed: its lock may have been removed with it, and another may
    /// have claimed the place since. Whether it is ours.
    pub(crate) fn renew(&mut self) -> io::Result<bool> {
        if FileId::at(&self.lock_path) == Some(FileId::of(&self.lock.metadata()?)) {
            return Ok(true);
        }
        let Some(lock) = lock(&self.lock_path)? else {
            return Ok(false);
        };
        self.registered = Registered::new(lock.as_raw_fd());
        self.lock = lock;
        Ok(true)
    }
}

/// What there is in the place of a socket that we have bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Ours,
    /// Whose it is we do not know.
    Another,
    Nothing,
}

/// Takes the lock; none where another has it.
fn lock(path: &Path) -> io::Result<Option<File>> {
    loop {
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .custom_flags(no_follow())
            .open(path)?;
        match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => (),
            Err(rustix::io::Errno::WOULDBLOCK) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        // One that was removed meanwhile keeps nobody out: the next finds another file.
        if FileId::at(path) == Some(FileId::of(&lock.metadata()?)) {
            return Ok(Some(lock));
        }
    }
}

/// Removes a file, unless another is in its place.
fn remove(path: &Path, meant: FileId) -> io::Result<()> {
    if FileId::at(path) != Some(meant) {
        return Ok(());
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(with_owner(error, path)),
        _ => Ok(()),
    }
}

/// A link that someone put in place of the lock is not followed.
fn no_follow() -> i32 {
    i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or_default()
}
