//! What a house-keeper is started with.

use std::sync::Arc;

use daffi_proto::{Limits, NodeIdentity};

use crate::host::Host;
use crate::net::address::Address;
use crate::settings::Direct;

/// What a house-keeper needs to know.
pub(crate) struct KeeperSettings {
    pub(crate) identity: NodeIdentity,
    pub(crate) address: Address,
    pub(crate) direct: Direct,
    pub(crate) limits: Limits,
    pub(crate) host: Arc<dyn Host>,
}
