//! Direct links: dialling another node, and letting in those who dial this one.

use std::cell::{Cell, RefCell};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use daffi_link::ServeGroup;
use daffi_proto::{
    Endpoint, ExpectedCallers, Hello, NodeId, Purpose, RefusalReason, Refused, STOPPING, Ticket,
    Version, Welcome,
};
use tokio::task::spawn_local;

use super::farewell::see_off;
use super::routes::Met;
use super::settings::KeeperSettings;
use crate::net::address::{Address, Dialled};
use crate::net::handshake::{HandshakeError, greet, read_hello, refuse};
use crate::net::listener::{Listener, Rests};
use crate::net::socket::Socket;
use crate::net::system;
use crate::settings::Direct;

/// How long to dial one endpoint. 3 s: within the 10 s for which the ticket is good, three may be tried.
const DIAL: Duration = Duration::from_secs(3);

/// The most handshakes of callers under way at once. 256: they take microseconds, unless someone means ill.
const HANDSHAKES: usize = 256;

/// Dials other nodes.
pub(super) struct Dialler {
    settings: Rc<KeeperSettings>,
}

impl Dialler {
    pub(super) const fn new(settings: Rc<KeeperSettings>) -> Self {
        Self { settings }
    }

    /// Dials a node that was introduced; none where none of its endpoints answers.
    pub(super) async fn dial(
        &self,
        target: NodeId,
        endpoints: Vec<Endpoint>,
        ticket: Ticket,
    ) -> Option<Met> {
        for endpoint in endpoints {
            if self.settings.direct == Direct::TcpOnly && endpoint.is_local() {
                continue;
            }
            let Some(place) = Dialled::parse(&endpoint) else {
                continue;
            };
            match self.dial_one(target, &place, ticket).await {
                Ok((socket, version)) => match socket.into_wire() {
                    Ok(wire) => return Some(Met { wire, version }),
                    Err(error) => tracing::warn!(%error, "a dialled socket cannot be used"),
                },
                Err(error) => {
                    let is_frozen =
                        endpoint.is_local() && matches!(error, HandshakeError::TimedOut);
                    let endpoint = endpoint.as_str();
                    tracing::debug!(%error, endpoint, "a node cannot be dialled there");
                    if is_frozen {
                        // Its system takes the connection and it says nothing: no other address of it will do better.
                        break;
                    }
                }
            }
        }
        tracing::info!(%target, "a node cannot be reached directly, the controller relays");
        None
    }

    async fn dial_one(
        &self,
        target: NodeId,
        place: &Dialled,
        ticket: Ticket,
    ) -> Result<(Socket, Version), HandshakeError> {
        let meet = async {
            let socket = Socket::dial(place).await?;
            let node = self.settings.identity.id;
            let hello = Hello::new(Purpose::Direct { node, ticket });
            let welcome = greet(&socket, &hello, &self.settings.limits).await?;
            if welcome.acceptor == target.raw() {
                Ok((socket, welcome.version))
            } else {
                Err(HandshakeError::NotDaffi("another node answers there"))
            }
        };
        let in_time = tokio::time::timeout(DIAL, meet).await;
        in_time.unwrap_or(Err(HandshakeError::TimedOut))
    }
}

/// Lets in those who dial this node.
pub(super) struct Door {
    settings: Rc<KeeperSettings>,
    group: Arc<ServeGroup>,
    expected: RefCell<ExpectedCallers>,
    /// No new callers are let in any more.
    retired: Cell<bool>,
    /// The endpoint that is open on this host, so that a reconnect does not open it again.
    local: Cell<Option<Endpoint>>,
    /// The same on TCP.
    tcp: Cell<Option<(IpAddr, Endpoint)>>,
}

impl Door {
    pub(super) fn new(settings: Rc<KeeperSettings>, group: Arc<ServeGroup>) -> Self {
        Self {
            settings,
            group,
            expected: RefCell::default(),
            retired: Cell::new(false),
            local: Cell::default(),
            tcp: Cell::default(),
        }
    }

    /// Lets this caller in, once, until then.
    pub(super) fn expect(&self, caller: NodeId, ticket: Ticket, until: Instant) {
        let mut expected = self.expected.borrow_mut();
        expected.expect(Instant::now(), caller, ticket, until);
    }

    /// Lets in nobody any more.
    pub(super) fn retire(&self) {
        self.retired.set(true);
    }

    /// Opens the listeners that others can dial, where they are not open yet. `our_ip` is the address from which this
    /// process reaches its controller: from there, others reach this process.
    pub(super) async fn open(self: &Rc<Self>, our_ip: Option<IpAddr>) -> Vec<Endpoint> {
        let mut endpoints = Vec::new();
        if self.settings.direct == Direct::Any {
            endpoints.extend(self.local_endpoint());
        }
        let on_tcp = matches!(self.settings.address, Address::Tcp { .. });
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let ip = match self.settings.direct {
            Direct::Never => None,
            Direct::Any => our_ip.filter(|_| on_tcp),
            Direct::TcpOnly => Some(our_ip.unwrap_or(loopback)),
        };
        if let Some(ip) = ip {
            endpoints.extend(self.tcp_endpoint(ip).await);
        }
        endpoints
    }

    fn local_endpoint(self: &Rc<Self>) -> Option<Endpoint> {
        if let Some(endpoint) = self.local.take() {
            self.local.set(Some(endpoint.clone()));
            return Some(endpoint);
        }
        let opened = system::random::<8>().and_then(|random| {
            let name = format!(
                "daffi-{}-{:016x}",
                self.settings.identity.id,
                u64::from_le_bytes(random)
            );
            Listener::with_name(&name).map(|listener| (listener, name))
        });
        match opened {
            Ok((listener, name)) => {
                let endpoint = Endpoint::new(&format!("unix:@{name}")).ok();
                spawn_local(Rc::clone(self).let_callers_in(Rc::new(listener)));
                self.local.set(endpoint.clone());
                endpoint
            }
            Err(error) => {
                tracing::warn!(%error, "no local socket for direct calls, they go another way");
                None
            }
        }
    }

    async fn tcp_endpoint(self: &Rc<Self>, ip: IpAddr) -> Option<Endpoint> {
        if let Some((at, endpoint)) = self.tcp.take() {
            self.tcp.set(Some((at, endpoint.clone())));
            if at == ip {
                return Some(endpoint);
            }
        }
        let opened = Listener::tcp(&[SocketAddr::new(ip, 0)]).await;
        let opened = opened.and_then(|listener| match listener.local_address() {
            Some(address) => Ok((listener, address)),
            None => Err(io::ErrorKind::AddrNotAvailable.into()),
        });
        match opened {
            Ok((listener, address)) => {
                let endpoint = Endpoint::new(&format!("tcp:{address}")).ok()?;
                let listener = Rc::new(listener);
                spawn_local(Rc::clone(self).let_callers_in(listener));
                self.tcp.set(Some((ip, endpoint.clone())));
                Some(endpoint)
            }
            Err(error) => {
                tracing::warn!(%error, %ip, "no port for direct calls, they are relayed");
                None
            }
        }
    }

    /// Takes connections for as long as the thread lives.
    async fn let_callers_in(self: Rc<Self>, listener: Rc<Listener>) {
        let (under_way, mut rests) = (Rc::new(Cell::new(0)), Rests::default());
        loop {
            match listener.accept().await {
                // Beyond the limit whoever dials is relayed.
                Ok(_) if under_way.get() >= HANDSHAKES => (),
                Ok(socket) => {
                    under_way.set(under_way.get() + 1);
                    let (door, under_way) = (Rc::clone(&self), Rc::clone(&under_way));
                    // Ends within the time of a handshake.
                    spawn_local(async move {
                        if let Err(error) = door.let_in(socket).await {
                            tracing::debug!(%error, "a caller was not let in");
                        }
                        under_way.set(under_way.get() - 1);
                    });
                }
                Err(error) => {
                    if rests.rest().await {
                        tracing::warn!(%error, "no connection can be taken now");
                    }
                }
            }
        }
    }

    async fn let_in(&self, socket: Socket) -> Result<(), HandshakeError> {
        let limits = &self.settings.limits;
        let hello = read_hello(&socket, limits).await?;
        let refusal = |reason, text| Err(Refused::new(reason, text));
        let caller = match hello.purpose {
            Purpose::Direct { .. } if self.retired.get() => {
                refusal(RefusalReason::Stopping, STOPPING)
            }
            Purpose::Direct { node, ticket } => {
                let mut expected = self.expected.borrow_mut();
                if expected.admit(Instant::now(), node, ticket) {
                    Ok(node)
                } else {
                    refusal(RefusalReason::UnknownTicket, "the ticket is not expected")
                }
            }
            _ => refusal(
                RefusalReason::WrongPurpose,
                "this is a node, not a controller",
            ),
        };
        let answer = async {
            match caller {
                Err(refused) => refuse(&socket, &refused).await.map(|()| None),
                Ok(caller) => {
                    let mut bytes = Vec::new();
                    Welcome::new(self.settings.identity.id.raw(), None).encode(&mut bytes);
                    socket.write_all(&bytes).await.map(|()| Some(caller))
                }
            }
        };
        let answered = tokio::time::timeout(limits.handshake, answer).await;
        let answered = answered.map_err(|_| HandshakeError::TimedOut)?;
        if let Some(caller) = answered? {
            if self.retired.get() {
                // It has come while this process began to stop, and those before it are told already.
                return Ok(see_off(&socket).await?);
            }
            self.group.add(socket.into_wire()?, Some(caller));
        }
        Ok(())
    }
}
