//! The first frames of every connection: who dials, what for, and whether that is accepted.
//!
//! ```text
//! dialler                          acceptor
//!    | ---- Hello ------------------> |   magic, version, purpose, authentication
//!    | <--- Welcome  or  Refused ---- |   after Refused the connection ends
//! ```

use core::fmt;

use crate::{
    BodyReader, BodyWriter, DecodeError, FrameKind, HostIdentity, Limits, Name, NodeId, Ticket,
};

/// A version of the protocol. Equal majors understand each other, whatever their minors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Changes when an older side could not follow.
    pub major: u16,
    /// Changes when something optional is added.
    pub minor: u16,
}

impl Version {
    /// What this code speaks.
    pub const CURRENT: Self = Self { major: 1, minor: 1 };

    /// Whether a side of this version shows that it lives while it owes something; one that does not is not judged.
    pub const fn shows_life(self) -> bool {
        self.minor >= 1
    }

    fn write(self, writer: &mut BodyWriter<'_>) {
        writer.u16(self.major);
        writer.u16(self.minor);
    }

    fn read(reader: &mut BodyReader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            major: reader.u16()?,
            minor: reader.u16()?,
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// What a connection is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A node joins a controller.
    Control(NodeIdentity),
    /// A node of the controller opens the lane for the relayed calls it makes.
    CallLane {
        /// The node that dials.
        node: NodeId,
        /// What the Welcome of its control connection gave it.
        session: Ticket,
    },
    /// A node of the controller opens the lane for the relayed calls made to it.
    ServeLane {
        /// The node that dials.
        node: NodeId,
        /// What the Welcome of its control connection gave it.
        session: Ticket,
    },
    /// A node dials another to call it.
    Direct {
        /// The node that dials.
        node: NodeId,
        /// What the controller gave both.
        ticket: Ticket,
    },
}

/// Who a node is, as it tells its controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeIdentity {
    /// The node's own random id.
    pub id: NodeId,
    /// The name of its process, unique among those that live.
    pub process: Name,
    /// Where it runs.
    pub host: HostIdentity,
    /// The number of its process there, for people to read.
    pub pid: u32,
}

impl NodeIdentity {
    pub(crate) fn write(&self, writer: &mut BodyWriter<'_>) {
        writer.u64(self.id.raw());
        writer.short_text(self.process.as_str());
        writer.short_text(self.host.as_str());
        writer.u32(self.pid);
    }

    pub(crate) fn read(reader: &mut BodyReader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            id: reader.node()?,
            process: reader.name()?,
            host: HostIdentity::new(reader.short_text()?)?,
            pid: reader.u32()?,
        })
    }
}

/// What the dialler shows to be let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authentication {
    /// Which method; 0 is none. Others are yet to come.
    pub method: u8,
    /// What the method makes of it; left unread by those who do not know the method.
    pub bytes: Vec<u8>,
}

impl Authentication {
    /// No authentication: the socket itself says who is there.
    pub const NONE: Self = Self {
        method: 0,
        bytes: Vec::new(),
    };
}

/// The first frame of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// What the dialler speaks.
    pub version: Version,
    /// What the dialler shows to be let in; stands before the purpose, so that it can be checked first.
    pub authentication: Authentication,
    /// What the connection is for.
    pub purpose: Purpose,
}

/// A first frame that is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HelloError {
    /// The magic is not there: something else than daffi dials.
    #[error("this is not a daffi hello")]
    NotDaffi,
    /// The major versions differ.
    #[error("the dialler speaks version {theirs} of the protocol, this side {ours}")]
    OtherMajor {
        /// What the dialler speaks.
        theirs: Version,
        /// What this side speaks.
        ours: Version,
    },
    /// The hello breaks off or holds nonsense.
    #[error("the hello cannot be read: {0}")]
    Malformed(#[from] DecodeError),
}

impl HelloError {
    /// What to answer; `None` where the dialler would not understand any answer.
    pub fn refusal(&self) -> Option<Refused> {
        let reason = match self {
            Self::NotDaffi => return None,
            Self::OtherMajor { .. } => RefusalReason::OtherVersion,
            Self::Malformed(_) => RefusalReason::BadHello,
        };
        Some(Refused::new(reason, &self.to_string()))
    }
}

impl Hello {
    /// The first bytes of every hello. The last two show a connection that rewrites line ends.
    pub const MAGIC: [u8; 8] = *b"daffi\0\r\n";
    /// The longest body of a hello, in bytes. 4 KiB: two names and three kibibytes of authentication.
    pub const MAX_BYTES: u32 = 4 << 10;

    /// A hello in this version without authentication.
    pub const fn new(purpose: Purpose) -> Self {
        Self {
            version: Version::CURRENT,
            authentication: Authentication::NONE,
            purpose,
        }
    }

    /// The limits for reading the frames of a handshake: as `limits`, with short frames.
    pub fn limits(limits: &Limits) -> Limits {
        Limits {
            frame_bytes: Self::MAX_BYTES,
            ..limits.clone()
        }
    }

    /// Appends the whole frame.
    pub fn encode(&self, out: &mut Vec<u8>) {
        BodyWriter::frame(out, FrameKind::Hello, |writer| {
            writer.bytes(&Self::MAGIC);
            self.version.write(writer);
            writer.u8(self.authentication.method);
            writer.long_bytes(&self.authentication.bytes);
            write_purpose(writer, &self.purpose);
        });
    }

    /// Reads a body. Bytes after what this version knows are left unread.
    ///
    /// # Errors
    /// [`HelloError`], whose [`HelloError::refusal`] is the answer.
    pub fn decode(body: &[u8]) -> Result<Self, HelloError> {
        let mut reader = BodyReader::new(body);
        if reader.array() != Ok(Self::MAGIC) {
            return Err(HelloError::NotDaffi);
        }
        let version = Version::read(&mut reader)?;
        if version.major != Version::CURRENT.major {
            return Err(HelloError::OtherMajor {
                theirs: version,
                ours: Version::CURRENT,
            });
        }
        let method = reader.u8()?;
        let bytes = reader.long_bytes()?.to_vec();
        let purpose = read_purpose(&mut reader)?;
        Ok(Self {
            version,
            authentication: Authentication { method, bytes },
            purpose,
        })
    }
}

const CONTROL: u8 = 1;
const CALL_LANE: u8 = 2;
const SERVE_LANE: u8 = 3;
const DIRECT: u8 = 4;

fn write_purpose(writer: &mut BodyWriter<'_>, purpose: &Purpose) {
    let (number, node, secret) = match purpose {
        Purpose::Control(identity) => {
            writer.u8(CONTROL);
            return identity.write(writer);
        }
        Purpose::CallLane { node, session } => (CALL_LANE, node, session),
        Purpose::ServeLane { node, session } => (SERVE_LANE, node, session),
        Purpose::Direct { node, ticket } => (DIRECT, node, ticket),
    };
    writer.u8(number);
    writer.u64(node.raw());
    writer.bytes(&secret.0);
}

fn read_purpose(reader: &mut BodyReader<'_>) -> Result<Purpose, DecodeError> {
    Ok(match reader.u8()? {
        CONTROL => Purpose::Control(NodeIdentity::read(reader)?),
        CALL_LANE => Purpose::CallLane {
            node: reader.node()?,
            session: reader.ticket()?,
        },
        SERVE_LANE => Purpose::ServeLane {
            node: reader.node()?,
            session: reader.ticket()?,
        },
        DIRECT => Purpose::Direct {
            node: reader.node()?,
            ticket: reader.ticket()?,
        },
        number => {
            return Err(DecodeError::Unknown {
                what: "purpose",
                number,
            });
        }
    })
}

/// The hello is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Welcome {
    /// What the acceptor speaks.
    pub version: Version,
    /// Who accepts: a node's id, or the number a controller chose when it started.
    pub acceptor: u64,
    /// On a control connection what the node's lanes show; nothing elsewhere.
    pub session: Option<Ticket>,
}

impl Welcome {
    /// A welcome in this version.
    pub const fn new(acceptor: u64, session: Option<Ticket>) -> Self {
        Self {
            version: Version::CURRENT,
            acceptor,
            session,
        }
    }

    /// Appends the whole frame.
    pub fn encode(&self, out: &mut Vec<u8>) {
        BodyWriter::frame(out, FrameKind::Welcome, |writer| {
            self.version.write(writer);
            writer.u64(self.acceptor);
            writer.u8(self.session.is_some().into());
            if let Some(session) = self.session {
                writer.bytes(&session.0);
            }
        });
    }

    /// Reads a body. Bytes after what this version knows are left unread.
    ///
    /// # Errors
    /// [`DecodeError`]: the other side is not daffi, or broken.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = BodyReader::new(body);
        let version = Version::read(&mut reader)?;
        let acceptor = reader.u64()?;
        let session = match reader.u8()? {
            0 => None,
            1 => Some(reader.ticket()?),
            number => {
                return Err(DecodeError::Unknown {
                    what: "session",
                    number,
                });
            }
        };
        Ok(Self {
            version,
            acceptor,
            session,
        })
    }
}

/// Why a hello is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum RefusalReason {
    /// The major versions differ.
    OtherVersion = 1,
    /// The hello cannot be read.
    BadHello = 2,
    /// What was shown does not let the dialler in.
    NotAuthenticated = 3,
    /// A live node has the name of the process.
    NameTaken = 4,
    /// The session of a lane is not, or no longer, that of the node.
    UnknownSession = 5,
    /// The ticket of a direct link was not expected, was used before, or is too old.
    UnknownTicket = 6,
    /// The acceptor does not take connections for this purpose.
    WrongPurpose = 7,
    /// The controller has as many nodes as it takes.
    Full = 8,
    /// The acceptor is stopping.
    Stopping = 9,
    /// A reason that this version does not know; the text says it.
    Other = 0xff,
}

impl RefusalReason {
    const fn from_wire(raw: u8) -> Self {
        match raw {
            1 => Self::OtherVersion,
            2 => Self::BadHello,
            3 => Self::NotAuthenticated,
            4 => Self::NameTaken,
            5 => Self::UnknownSession,
            6 => Self::UnknownTicket,
            7 => Self::WrongPurpose,
            8 => Self::Full,
            9 => Self::Stopping,
            _ => Self::Other,
        }
    }
}

/// The hello is refused; the connection ends. This frame stays as it is in every version, so that every dialler can say why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What the acceptor speaks.
    pub version: Version,
    /// Why, for code.
    pub reason: RefusalReason,
    /// Why, for people.
    pub text: String,
}

impl Refused {
    /// A refusal in this version.
    pub fn new(reason: RefusalReason, text: &str) -> Self {
        Self {
            version: Version::CURRENT,
            reason,
            text: text.to_owned(),
        }
    }

    /// Appends the whole frame.
    pub fn encode(&self, out: &mut Vec<u8>) {
        BodyWriter::frame(out, FrameKind::Refused, |writer| {
            self.version.write(writer);
            writer.u8(self.reason as u8);
            writer.text(&self.text);
        });
    }

    /// Reads a body. Bytes after what this version knows are left unread.
    ///
    /// # Errors
    /// [`DecodeError`]: the other side is not daffi, or broken.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = BodyReader::new(body);
        let version = Version::read(&mut reader)?;
        let reason = RefusalReason::from_wire(reader.u8()?);
        Ok(Self {
            version,
            reason,
            text: reader.text()?.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BadHead, FrameDecoder, Head};

    fn hello() -> Hello {
        let node = NodeId::new(1).expect("the number is not zero");
        Hello::new(Purpose::Direct {
            node,
            ticket: Ticket([1; 16]),
        })
    }

    fn body(hello: &Hello) -> Vec<u8> {
        let mut bytes = Vec::new();
        hello.encode(&mut bytes);
        bytes.split_off(Head::SIZE)
    }

    #[test]
    fn another_major_is_refused_naming_both_versions() {
        for major in [0, 2, 0xffff] {
            let other = Hello {
                version: Version { major, minor: 3 },
                ..hello()
            };
            // Whatever an other major has behind its version is not looked at.
            let error = Hello::decode(&body(&other)[..12]).expect_err("the major differs");
            let refused = error.refusal().expect("a dialler of daffi is told");
            assert_eq!(refused.reason, RefusalReason::OtherVersion);
            assert!(
                refused.text.contains(&format!("{major}.3")),
                "{}",
                refused.text
            );
            assert!(
                refused.text.contains(&Version::CURRENT.to_string()),
                "{}",
                refused.text
            );
        }
    }

    #[test]
    fn a_newer_minor_is_welcome() {
        let newer = Hello {
            version: Version {
                minor: 99,
                ..Version::CURRENT
            },
            ..hello()
        };
        assert_eq!(Hello::decode(&body(&newer)), Ok(newer));
    }

    #[test]
    fn what_is_not_daffi_gets_no_answer() {
        for garbage in [&b""[..], b"GET / HTTP/1.1\r\n\r\n", b"daffi\0\n\n\0\0\0\0"] {
            let error = Hello::decode(garbage).expect_err("it is no hello");
            assert_eq!((&error, error.refusal()), (&HelloError::NotDaffi, None));
        }
    }

    #[test]
    fn a_hello_that_breaks_off_is_refused() {
        let whole = body(&hello());
        for end in 8..whole.len() {
            let error = Hello::decode(&whole[..end]).expect_err("it is cut");
            assert_eq!(
                error.refusal().map(|refused| refused.reason),
                Some(RefusalReason::BadHello)
            );
        }
    }

    #[test]
    fn a_browser_is_recognised_by_its_first_sixteen_bytes() {
        let mut decoder = FrameDecoder::new(Hello::limits(&Limits::default()));
        decoder.feed(b"GET / HTTP/1.1\r\n");
        assert!(matches!(
            decoder.next_frame(),
            Err(BadHead::TooLong {
                limit: Hello::MAX_BYTES,
                ..
            })
        ));
    }

    #[test]
    fn the_longest_refusal_fits_the_limits_of_a_handshake() {
        let mut bytes = Vec::new();
        Refused::new(RefusalReason::BadHello, &"é".repeat(10_000)).encode(&mut bytes);
        let mut decoder = FrameDecoder::new(Hello::limits(&Limits::default()));
        decoder.feed(&bytes);
        let frame = decoder
            .next_frame()
            .expect("it is not too long")
            .expect("it is whole");
        let refused = Refused::decode(&frame.body).expect("it ends with a whole letter");
        assert_eq!(refused.text.len(), BodyWriter::TEXT_BYTES);
    }

    #[test]
    fn a_reason_of_a_newer_version_is_still_a_refusal() {
        let mut bytes = Vec::new();
        Refused::new(RefusalReason::Full, "no room").encode(&mut bytes);
        let mut body = bytes.split_off(Head::SIZE);
        body[4] = 200;
        let refused = Refused::decode(&body).expect("the rest is as it was");
        assert_eq!(
            (refused.reason, refused.text.as_str()),
            (RefusalReason::Other, "no room")
        );
    }
}
