//! Tells people of callbacks that were cut off: by a stop, or because their caller has gone.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use daffi_proto::{CallbackNumber, Name, NodeId, Registry};

use crate::serve::offers::Offers;

/// The most callbacks that one line names. 8: a line that people still read.
const NAMED: usize = 8;

/// A request that has no answer yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unfinished {
    pub(crate) callback: CallbackNumber,
    pub(crate) since: Instant,
}

/// The caller of these has gone: what it waited for is cancelled. `caller` is not known of relayed calls.
pub(crate) fn tell_caller_gone(
    offers: &Offers,
    registry: &Registry,
    caller: Option<NodeId>,
    unfinished: &[Unfinished],
) {
    let Some(callbacks) = listed(|number| offers.name(number), unfinished) else {
        return;
    };
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
pub(crate) fn tell_cut_off(offers: &Offers, unfinished: &[Unfinished]) {
    let Some(callbacks) = listed(|number| offers.name(number), unfinished) else {
        return tracing::debug!("serving threads did not end in time and are left to themselves");
    };
    tracing::warn!(%callbacks, "callbacks did not end in time and are left to themselves");
}

/// Which they are and how long they have been under way; none where no user knows them.
fn listed(
    name_of: impl Fn(CallbackNumber) -> Option<Name>,
    unfinished: &[Unfinished],
) -> Option<String> {
    let mut by_callback = BTreeMap::new();
    for one in unfinished {
        let (count, longest) = by_callback
            .entry(one.callback)
            .or_insert((0_usize, Duration::ZERO));
        *count += 1;
        *longest = one.since.elapsed().max(*longest);
    }
    let named = by_callback
        .into_iter()
        .filter_map(|(callback, found)| Some((name_of(callback)?, found)));
    let mut parts: Vec<_> = named
        .map(|(name, (count, longest))| {
            let seconds = longest.as_secs_f32();
            match count {
                1 => format!("{name} after {seconds:.1} s"),
                _ => format!("{count} of {name}, the first after {seconds:.1} s"),
            }
        })
        .collect();
    let more = parts.len().saturating_sub(NAMED);
    parts.truncate(NAMED);
    if more > 0 {
        parts.push(format!("and {more} more"));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_calls_of_one_callback_are_named_once() {
        let [often, once, unknown] = [0, 1, 77].map(CallbackNumber);
        let name_of = |number: CallbackNumber| {
            let names = ["often", "once"];
            let text = names.get(usize::try_from(number.0).ok()?)?;
            Name::new(text).ok()
        };
        let since = Instant::now();
        let unfinished = |callback| Unfinished { callback, since };
        let text = listed(name_of, &[often, once, often].map(unfinished));
        let text = text.expect("they have names");
        assert!(text.starts_with("2 of often, the first after 0."), "{text}");
        assert!(text.contains(", once after 0."), "{text}");
        let none = listed(name_of, &[unknown].map(unfinished));
        assert_eq!(none, None, "no user knows it");
    }
}
