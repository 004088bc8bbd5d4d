//! A node by hand: it speaks the protocol word by word, and stops or lies wherever a test wants it to.

use std::io::{Read, Write};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream};

use daffi::{Limits, Name, NodeId};
use daffi_proto::{
    CallId, CallbackInfo, ControlFrame, Endpoint, ExpectOutcome, Frame, FrameKind, Head, Hello,
    HostIdentity, IntroductionOutcome, NodeIdentity, Purpose, Request, Signature, Ticket, Wanted,
    Welcome,
};

use crate::support::{LONG, Place};

/// A connection that reads and writes whole frames, or less.
#[derive(Debug)]
pub(crate) struct Raw(pub(crate) UnixStream);

impl Raw {
    pub(crate) fn dial(place: &Place) -> Self {
        Self::of(UnixStream::connect(place.socket()).expect("the controller is there"))
    }

    pub(crate) fn dial_name(name: &str) -> Self {
        let address = SocketAddr::from_abstract_name(name).expect("it is a name");
        Self::of(UnixStream::connect_addr(&address).expect("somebody listens"))
    }

    fn of(socket: UnixStream) -> Self {
        // What a test waits for in vain shall fail it, not hang it.
        socket.set_read_timeout(Some(LONG)).expect("it is taken");
        Self(socket)
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).expect("the other side reads");
    }

    pub(crate) fn hello(&mut self, purpose: Purpose) {
        let mut bytes = Vec::new();
        Hello::new(purpose).encode(&mut bytes);
        self.write(&bytes);
    }

    pub(crate) fn send(&mut self, frame: &ControlFrame) {
        let mut bytes = Vec::new();
        frame.encode(&mut bytes);
        self.write(&bytes);
    }

    /// The next frame; `None` where the other side has hung up.
    pub(crate) fn frame(&mut self) -> Option<Frame> {
        let mut head = [0; Head::SIZE];
        if let Err(error) = self.0.read_exact(&mut head) {
            let waited = error.kind() == std::io::ErrorKind::WouldBlock;
            assert!(!waited, "nothing came, not even a hang-up");
            return None;
        }
        let head = Head::parse(head, &Limits::default()).expect("it speaks daffi");
        let mut body = vec![0; head.length as usize];
        self.0.read_exact(&mut body).ok()?;
        let kind = head.known_kind().expect("the kind is known");
        Some(Frame { head, kind, body })
    }

    /// The kind of the next frame; `None` where the other side has hung up.
    pub(crate) fn kind(&mut self) -> Option<FrameKind> {
        self.frame().map(|frame| frame.kind)
    }

    /// The next control frame that fits; those before it are passed over.
    pub(crate) fn wait_for<T>(&mut self, mut fits: impl FnMut(ControlFrame) -> Option<T>) -> T {
        loop {
            let frame = self.frame().expect("the controller does not hang up");
            let frame = ControlFrame::decode(&frame.head, &frame.body);
            if let Some(found) = fits(frame.expect("it can be read")) {
                return found;
            }
        }
    }

    /// Waits for the hang-up of the other side.
    pub(crate) fn hung_up(mut self) {
        while self.frame().is_some() {}
    }
}

/// A node that has joined.
#[derive(Debug)]
pub(crate) struct Scripted {
    pub(crate) control: Raw,
    pub(crate) id: NodeId,
    pub(crate) session: Ticket,
}

impl Scripted {
    /// Joins at a place on a unix socket; silent from then on, unless the test goes on.
    pub(crate) fn join(place: &Place, name: &str) -> Self {
        let id = NodeId::new(0xda_ff_00 + name.len() as u64).expect("it is not zero");
        let mut control = Raw::dial(place);
        control.hello(Purpose::Control(NodeIdentity {
            id,
            process: Name::new(name).expect("it is a name"),
            host: HostIdentity::new("elsewhere").expect("it is a name"),
            pid: 7,
        }));
        let welcome = control.frame().expect("it is welcome");
        assert_eq!(welcome.kind, FrameKind::Welcome);
        let welcome = Welcome::decode(&welcome.body).expect("it can be read");
        let callbacks = Vec::new();
        control.send(&ControlFrame::Register { callbacks });
        Self {
            control,
            id,
            session: welcome.session.expect("a node gets a session"),
        }
    }

    pub(crate) fn offer(&mut self, name: &str) {
        let callbacks = vec![CallbackInfo {
            number: daffi::CallbackNumber(0),
            name: Name::new(name).expect("it is a name"),
            signature: Signature::any().into(),
        }];
        self.control.send(&ControlFrame::Register { callbacks });
    }

    /// Opens its serve lane, as soon as the controller asks for that.
    pub(crate) fn opens_lane(&mut self, place: &Place) -> Raw {
        self.control
            .wait_for(|frame| (frame == ControlFrame::OpenLane).then_some(()));
        let (node, session) = (self.id, self.session);
        let mut lane = Raw::dial(place);
        lane.hello(Purpose::ServeLane { node, session });
        assert_eq!(lane.kind(), Some(FrameKind::Welcome));
        lane
    }

    /// The id of another node, as soon as it is known.
    pub(crate) fn find(&mut self, process: &str) -> NodeId {
        self.control.wait_for(|frame| {
            let members = match frame {
                ControlFrame::Snapshot { members, .. } => members,
                ControlFrame::Joined { member } => vec![member],
                _ => Vec::new(),
            };
            let mut members = members.into_iter().map(|member| member.identity);
            let found = members.find(|identity| identity.process.as_str() == process);
            found.map(|identity| identity.id)
        })
    }

    /// Asks to be introduced; gives the name of the other's local socket, and the ticket.
    pub(crate) fn introduce(&mut self, target: NodeId) -> (String, Ticket) {
        self.control.send(&ControlFrame::Introduce { target });
        let (endpoints, ticket) = self.control.wait_for(|frame| match frame {
            ControlFrame::Introduced {
                outcome: IntroductionOutcome::Meet { endpoints, ticket },
                ..
            } => Some((endpoints, ticket)),
            _ => None,
        });
        let local = endpoints
            .iter()
            .find_map(|endpoint| endpoint.as_str().strip_prefix("unix:@"));
        (local.expect("it listens locally").to_owned(), ticket)
    }

    /// Waits until somebody wants to call this node, and names where it listens.
    pub(crate) fn expect_caller(&mut self, at: &str) {
        let asked = self.wanted();
        self.expect(asked, at);
    }

    /// Waits until somebody wants to call this node.
    pub(crate) fn wanted(&mut self) -> (NodeId, Ticket) {
        self.control.wait_for(|frame| match frame {
            ControlFrame::Expect { caller, ticket } => Some((caller, ticket)),
            _ => None,
        })
    }

    /// Names to a caller where this node listens.
    pub(crate) fn expect(&mut self, (caller, ticket): (NodeId, Ticket), at: &str) {
        self.control.send(&ControlFrame::Expecting {
            caller,
            ticket,
            outcome: ExpectOutcome::At(vec![Endpoint::new(at).expect("it is a text")]),
        });
    }

    /// Opens the lane on which the controller relays calls to this node.
    pub(crate) fn serve_lane(&self, place: &Place) -> Raw {
        let (node, session) = (self.id, self.session);
        let mut lane = Raw::dial(place);
        lane.hello(Purpose::ServeLane { node, session });
        assert_eq!(lane.kind(), Some(FrameKind::Welcome));
        lane
    }

    /// Opens a direct link to another node.
    pub(crate) fn direct(&mut self, process: &str) -> Raw {
        let target = self.find(process);
        let (name, ticket) = self.introduce(target);
        let mut link = Raw::dial_name(&name);
        link.hello(Purpose::Direct {
            node: self.id,
            ticket,
        });
        assert_eq!(link.kind(), Some(FrameKind::Welcome));
        link
    }
}

/// A request without arguments for the first callback of a node, as bytes.
pub(crate) fn request(target: Option<NodeId>, call: u64) -> Vec<u8> {
    let request = Request {
        wanted: Wanted::Outcome,
        chain: None,
        target,
        callback: daffi::CallbackNumber(0),
        time_left: None,
        delay: std::time::Duration::ZERO,
    };
    // Typed, no positional and no keyword arguments.
    let payload = [1, 0x90, 0x80];
    let length = u32::try_from(Request::SIZE + payload.len()).expect("it is short");
    let head = Head::new(FrameKind::Request, 0, CallId(call), length);
    let mut bytes = head.to_bytes().to_vec();
    request.write(&mut bytes);
    bytes.extend_from_slice(&payload);
    bytes
}
