//! What depends on the machine: where this process runs, random numbers, and the name it gets if nobody gives one.

use std::fs;
use std::io;

use daffi_proto::{HostIdentity, Name, NodeId, Ticket};
use rustix::rand::{GetRandomFlags, getrandom};

/// Random bytes of the system: for ids and tickets that nobody can guess.
pub(crate) fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    let mut filled = 0;
    while filled < N {
        match getrandom(&mut bytes[filled..], GetRandomFlags::empty()) {
            Ok(more) => filled += more,
            Err(rustix::io::Errno::INTR) => (),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(bytes)
}

/// A number for a node, or for one start of a controller.
pub(crate) fn random_node_id() -> io::Result<NodeId> {
    loop {
        if let Some(id) = NodeId::new(u64::from_le_bytes(random()?)) {
            return Ok(id);
        }
    }
}

pub(crate) fn random_ticket() -> io::Result<Ticket> {
    random().map(Ticket)
}

/// Boot, network namespace and user: processes that agree on all three can meet over an abstract unix socket.
pub(crate) fn host_identity() -> HostIdentity {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let network = fs::read_link("/proc/self/ns/net").unwrap_or_default();
    let user = rustix::process::geteuid().as_raw();
    let text = format!("{}/{}/{user}", boot.trim(), network.display());
    HostIdentity::new(&text)
        .expect("boot id, namespace and user make a text of some 60 printable bytes")
}

/// Host, process and a short random part, so that logs can be read.
pub(crate) fn default_process_name() -> io::Result<Name> {
    let system = rustix::system::uname();
    let host: String = system
        .nodename()
        .to_string_lossy()
        .chars()
        .filter(|letter| !letter.is_control())
        .take(48)
        .collect();
    let random = u16::from_le_bytes(random()?);
    let text = format!("{host}-{}-{random:04x}", std::process::id());
    Ok(Name::new(&text).expect("48 characters and two numbers are a name"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_name_tells_the_process() {
        let name = default_process_name().expect("the system gives random bytes");
        assert!(name.as_str().contains(&std::process::id().to_string()));
    }

    #[test]
    fn one_process_has_one_host_identity() {
        assert_eq!(host_identity(), host_identity());
    }
}
