//! Where a controller listens: an address as people give it, and as sockets take it.

use std::fmt;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf, absolute};

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
    /// The folder of the socket: absolute, unless that is impossible.
    Unix { folder: PathBuf },
}

impl Default for Address {
    fn default() -> Self {
        Self::unix(&temporary_folder().join("daffi"))
    }
}

impl Address {
    /// A folder as it is named now: the process may have another current folder later.
    pub(crate) fn unix(folder: &Path) -> Self {
        let folder = absolute(folder).unwrap_or_else(|_| folder.to_owned());
        Self::Unix { folder }
    }

    /// Refuses what no controller can ever listen at.
    pub(crate) fn check(&self) -> Result<(), StartError> {
        match self {
            Self::Tcp { .. } => Ok(()),
            Self::Unix { folder } => check_path(folder).map_err(|problem| StartError::Folder {
                path: folder.clone(),
                problem,
            }),
        }
    }
}

/// The folder for temporary files, chosen as Python's `tempfile.gettempdir()` does: processes of both languages meet.
fn temporary_folder() -> PathBuf {
    let named = ["TMPDIR", "TEMP", "TMP"].into_iter();
    let named = named.filter_map(|name| std::env::var_os(name).filter(|path| !path.is_empty()));
    let usual = ["/tmp", "/var/tmp", "/usr/tmp", "."].into_iter();
    let folders = named.map(PathBuf::from).chain(usual.map(PathBuf::from));
    let mut usable = folders.filter(|folder| {
        let access = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
        folder.is_dir() && rustix::fs::access(folder, access).is_ok()
    });
    usable.next().unwrap_or_else(|| PathBuf::from("/tmp"))
}

fn check_path(folder: &Path) -> Result<(), FolderProblem> {
    if folder.as_os_str().is_empty() {
        return Err(FolderProblem::Empty);
    }
    if !folder.is_absolute() {
        return Err(FolderProblem::NowhereRelative);
    }
    if folder.as_os_str().as_bytes().contains(&0) {
        return Err(FolderProblem::ZeroByte);
    }
    match socket_path(folder).as_os_str().len() {
        length if length > SOCKET_PATH_BYTES => Err(FolderProblem::TooLong(length)),
        _ => Ok(()),
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
    check_path(folder).map_err(problem)?;
    let made = fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder);
    made.and_then(|()| fs::metadata(folder))
        .map_err(|error| problem(why_not(folder, error)))
        .and_then(|found| check_folder(&found).map_err(problem))
}

/// Why a folder cannot be made, or be looked at.
fn why_not(folder: &Path, error: io::Error) -> FolderProblem {
    if let Ok(target) = fs::read_link(folder) {
        return FolderProblem::LeadsNowhere(target);
    }
    match error.kind() {
        io::ErrorKind::AlreadyExists => FolderProblem::NotAFolder,
        _ => FolderProblem::System(with_owner(error, folder)),
    }
}

/// A refusal for want of permission, together with whose the place is.
pub(crate) fn with_owner(error: io::Error, path: &Path) -> io::Error {
    if error.kind() != io::ErrorKind::PermissionDenied {
        return error;
    }
    // What cannot be looked at is behind the one that refuses.
    let mut places = path.ancestors();
    let found = places.find_map(|place| fs::metadata(place).ok().map(|found| (place, found)));
    let Some((place, found)) = found else {
        return error;
    };
    let text = format!(
        "permission denied: '{}' belongs to user {} and has mode {:o}, this process runs as user {}",
        place.display(),
        found.uid(),
        found.mode() & 0o7777,
        rustix::process::geteuid().as_raw(),
    );
    io::Error::new(io::ErrorKind::PermissionDenied, text)
}

/// A folder that was there before may let others in, since both sides of a unix socket check who the other is; but
/// nobody else may put a socket of their own there.
fn check_folder(found: &fs::Metadata) -> Result<(), FolderProblem> {
    const STICKY: u32 = 0o1000;
    const WRITABLE_BY_ALL: u32 = 0o002;
    let us = rustix::process::geteuid().as_raw();
    if !found.is_dir() {
        return Err(FolderProblem::NotAFolder);
    }
    if found.uid() != us {
        let owner = found.uid();
        return Err(FolderProblem::NotOurs { owner, us });
    }
    let mode = found.mode() & 0o7777;
    if mode & WRITABLE_BY_ALL != 0 && mode & STICKY == 0 {
        return Err(FolderProblem::Open(mode));
    }
    Ok(())
}

/// What is there in place of a socket, in words.
pub(crate) fn no_socket(found: &fs::Metadata) -> Option<&'static str> {
    let kind = found.file_type();
    if kind.is_socket() {
        None
    } else if kind.is_dir() {
        Some("a folder")
    } else if kind.is_symlink() {
        Some("a symbolic link")
    } else {
        Some("a file of another kind")
    }
}

/// Why a socket file cannot be dialled, as far as the file can tell.
pub(crate) fn why_not_dialled(error: io::Error, path: &Path) -> io::Error {
    let found = fs::symlink_metadata(path).ok();
    match found.as_ref().and_then(no_socket) {
        Some(what) => {
            let text = format!("in the place of the socket is {what}");
            io::Error::new(io::ErrorKind::InvalidInput, text)
        }
        None => with_owner(error, path),
    }
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
                problem: FolderProblem::TooLong(131),
                ..
            })
        ));
    }

    #[test]
    fn a_path_that_leads_nowhere_is_refused_with_the_reason() {
        let folder = tempfile::tempdir().expect("there is room");
        let inner = folder.path().join("daffi");
        std::os::unix::fs::symlink("/not/there", &inner).unwrap();
        let refusal = |path: &Path| prepare_folder(path).unwrap_err().to_string();
        assert!(refusal(&inner).contains("symbolic link to '/not/there'"));
        fs::remove_file(&inner).unwrap();
        fs::write(&inner, "").unwrap();
        assert!(refusal(&inner).contains("it is not a folder"));
        assert!(refusal(Path::new("")).contains("the path is empty"));
        assert!(refusal(Path::new("/tmp/zero\0byte")).contains("zero byte"));
    }

    #[test]
    fn a_refusal_for_want_of_permission_names_both_users() {
        let folder = tempfile::tempdir().expect("there is room");
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        let text = with_owner(denied, &folder.path().join("not/there")).to_string();
        let us = rustix::process::geteuid().as_raw();
        let place = folder.path().display();
        assert!(
            text.contains(&format!("'{place}' belongs to user {us}")),
            "{text}"
        );
        assert!(
            text.contains(&format!("this process runs as user {us}")),
            "{text}"
        );
    }

    #[test]
    fn an_address_is_absolute_at_once() {
        let Address::Unix { folder } = Address::unix(Path::new("place")) else {
            panic!("it is a folder");
        };
        assert_eq!(folder, std::env::current_dir().unwrap().join("place"));
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
