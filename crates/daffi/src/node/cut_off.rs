//! How callbacks are told of that are over before they are done: because of a stop, or because their caller has gone.

use std::fmt::Write;
use std::time::Instant;

use daffi_proto::{CallbackNumber, NodeId};

use super::shared::NodeShared;

/// The most callbacks that one line names. 8: a line that people still read.
const NAMED: usize = 8;

/// A request that has no answer yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unfinished {
    pub(super) callback: CallbackNumber,
    pub(super) since: Instant,
}

/// The caller of these has gone: what it waited for is cancelled. `caller` is not known of relayed calls.
pub(super) fn tell_in_vain(node: &NodeShared, caller: Option<NodeId>, unfinished: &[Unfinished]) {
    let Some(callbacks) = listed(node, unfinished) else {
        return;
    };
    let registry = node.registry();
    let member = caller.and_then(|caller| registry.member(caller));
    match member {
        Some(member) => {
            let caller = &member.identity.process;
            tracing::warn!(%caller, %callbacks, "a caller has gone, and what it waited for is cancelled");
        }
        None => {
            tracing::warn!(%callbacks, "a caller has gone, and what it waited for is cancelled");
        }
    }
}

/// These took longer than the stop of this process.
pub(super) fn tell_cut_off(node: &NodeShared, unfinished: &[Unfinished]) {
    let callbacks = listed(node, unfinished).unwrap_or_else(|| "none is known".to_owned());
    tracing::warn!(%callbacks, "callbacks did not end in time and are left to themselves");
}

/// Which they are and how long they have been under way; none where no user knows them.
fn listed(node: &NodeShared, unfinished: &[Unfinished]) -> Option<String> {
    let named = unfinished
        .iter()
        .filter_map(|one| Some((node.offers.name(one.callback)?, one.since.elapsed())));
    let mut text = String::new();
    let mut more = 0_usize;
    for (place, (name, took)) in named.enumerate() {
        if place >= NAMED {
            more += 1;
            continue;
        }
        let comma = if place == 0 { "" } else { ", " };
        // Text grows without an error.
        let _ = write!(text, "{comma}{name} after {:.1} s", took.as_secs_f32());
    }
    if more > 0 {
        let _ = write!(text, " and {more} more");
    }
    (!text.is_empty()).then_some(text)
}
