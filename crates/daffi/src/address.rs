//! Where a controller listens: an address as people give it, and as sockets take it.

use std::fmt;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use daffi_proto::Endpoint;

use crate::error::{FolderProblem, StartError};

/// The file of the socket in its folder.
const SOCKET_FILE: &str = ".sock";
/// The longest path that fits a socket address, without its final zero.
const SOCKET_PATH_BYTES: usize = 107;

/// Where the controller is, as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// A host by name or number; a controller without port takes a free one.
    Tcp { host: String, port: Option<u16> },
    /// The folder of the socket.
    Unix { folder: PathBuf },
}

impl Default for Address {
    fn default() -> Self {
        Self::Unix {
            folder: std::env::temp_dir().join("daffi"),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port: None } => f.write_str(host),
            Self::Tcp {
                host,
                port: Some(port),
            } => write!(f, "{host}:{port}"),
            Self::Unix { folder } => write!(f, "{}", socket_path(folder).display()),
        }
    }
}

/// The socket in its folder.
pub(crate) fn socket_path(folder: &Path) -> PathBuf {
    folder.join(SOCKET_FILE)
}

/// Makes the folder, for us alone, if it is not there; one that is there must be ours.
pub(crate) fn prepare_folder(folder: &Path) -> Result<(), StartError> {
    let problem = |problem| StartError::Folder {
        path: folder.to_owned(),
        problem,
    };
    if socket_path(folder).as_os_str().len() > SOCKET_PATH_BYTES {
        return Err(problem(FolderProblem::TooLong));
    }
    let made = fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder);
    made.map_err(|error| problem(error.into()))?;
    check_folder(folder).map_err(problem)
}

/// A folder that was there before may let others in, since both sides of a unix socket check who the other is; but
/// nobody else may put a socket of their own there.
fn check_folder(folder: &Path) -> Result<(), FolderProblem> {
    const STICKY: u32 = 0o1000;
    const WRITABLE_BY_ALL: u32 = 0o002;
    let found = fs::metadata(folder)?;
    let us = rustix::process::geteuid().as_raw();
    if !found.is_dir() {
        return Err(FolderProblem::NotAFolder);
    }
    if found.uid() != us {
        return Err(FolderProblem::NotOurs(found.uid()));
    }
    let mode = found.mode() & 0o7777;
    if mode & WRITABLE_BY_ALL != 0 && mode & STICKY == 0 {
        return Err(FolderProblem::Open(mode));
    }
    Ok(())
}

/// Something that can be dialled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Dialled {
    Tcp(SocketAddr),
    /// A socket file.
    Path(PathBuf),
    /// A name in the abstract space of Linux.
    Abstract(String),
}

impl Dialled {
    /// Reads an endpoint that another node named; `None` for a form this version does not know.
    pub(crate) fn parse(endpoint: &Endpoint) -> Option<Self> {
        let text = endpoint.as_str();
        if let Some(name) = text.strip_prefix("unix:@") {
            return Some(Self::Abstract(name.to_owned()));
        }
        if let Some(path) = text.strip_prefix("unix:/") {
            return Some(Self::Path(Path::new("/").join(path)));
        }
        let address = text.strip_prefix("tcp:")?;
        address.parse().ok().map(Self::Tcp)
    }
}

/// The addresses of a host.
pub(crate) async fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = host.parse() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let found: Vec<_> = tokio::net::lookup_host((host, port)).await?.collect();
    if found.is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::NotFound,
            "the name has no address",
        ));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_folder_that_anyone_may_write_to_is_refused() {
        let folder = tempfile::tempdir().expect("there is room");
        let inner = folder.path().join("daffi");
        prepare_folder(&inner).expect("a new folder is ours alone");
        fs::set_permissions(&inner, fs::Permissions::from_mode(0o777)).unwrap();
        let refused = prepare_folder(&inner).map_err(|error| error.to_string());
        assert!(refused.unwrap_err().contains("777"));
    }

    #[test]
    fn a_path_too_long_for_a_socket_is_refused() {
        let refused = prepare_folder(Path::new(&format!("/tmp/{}", "x".repeat(120))));
        assert!(matches!(
            refused,
            Err(StartError::Folder {
                problem: FolderProblem::TooLong,
                ..
            })
        ));
    }

    #[test]
    fn endpoints_are_read_and_unknown_ones_left_out() {
        let read = |text| Dialled::parse(&Endpoint::new(text).unwrap());
        assert_eq!(
            read("unix:@daffi-1"),
            Some(Dialled::Abstract("daffi-1".into()))
        );
        assert_eq!(read("unix:/tmp/x"), Some(Dialled::Path("/tmp/x".into())));
        assert_eq!(
            read("tcp:[::1]:80"),
            Some(Dialled::Tcp("[::1]:80".parse().unwrap()))
        );
        assert_eq!(read("quic:1.2.3.4:5"), None);
    }
}
