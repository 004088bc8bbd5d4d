//! A node's copy of who is there and what they offer: where every call looks up its name.
//!
//! A copy shares what it can with the original, so that the runtime can publish one after each change.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use strsim::levenshtein;

use crate::{CallbackInfo, CallbackNumber, Member, Name, NodeId, Signature};

/// One node that offers a callback of some name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The node.
    pub node: NodeId,
    /// The name of its process.
    pub process: Name,
    /// What to call the callback by.
    pub number: CallbackNumber,
    /// What it accepts.
    pub signature: Arc<Signature>,
}

/// The other nodes, in the order in which they came, and their callbacks, in order of registration.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    own: Option<NodeId>,
    members: Vec<Arc<Member>>,
    /// Ordered and not hashed, as others choose the names and could choose such that collide.
    by_name: BTreeMap<Name, Arc<Vec<Arc<Candidate>>>>,
    /// Who has gone and what it offered, the newest last; for messages.
    gone: Arc<VecDeque<Gone>>,
}

/// A process that has gone, or is about to.
#[derive(Clone, Debug)]
struct Gone {
    process: Name,
    callbacks: Vec<Name>,
}

/// How many processes are remembered after they have gone. 16: the hint that one has gone is asked for soon after.
const REMEMBERED: usize = 16;

impl Registry {
    /// An empty registry of the node `own`, which is never a candidate in it.
    pub fn new(own: NodeId) -> Self {
        Self {
            own: Some(own),
            ..Self::default()
        }
    }

    /// Everyone who offers a callback of this name: in order of joining, the callbacks of one node in order of
    /// registration.
    pub fn candidates(&self, name: &str) -> &[Arc<Candidate>] {
        self.by_name
            .get(name)
            .map_or(&[], |candidates| candidates.as_slice())
    }

    /// The node with this id.
    pub fn member(&self, node: NodeId) -> Option<&Arc<Member>> {
        self.members
            .iter()
            .find(|member| member.identity.id == node)
    }

    /// The node whose process has this name.
    pub fn process(&self, name: &str) -> Option<&Arc<Member>> {
        self.members
            .iter()
            .find(|member| member.identity.process.as_str() == name)
    }

    /// Everyone, in the order in which they came.
    pub fn members(&self) -> impl ExactSizeIterator<Item = &Arc<Member>> {
        self.members.iter()
    }

    /// Which process offers what, in order of joining and of registration.
    pub fn listing(&self) -> Vec<(Name, Vec<Name>)> {
        let names = |member: &Member| {
            member
                .callbacks
                .iter()
                .map(|callback| callback.name.clone())
                .collect()
        };
        self.members
            .iter()
            .map(|member| (member.identity.process.clone(), names(member)))
            .collect()
    }

    /// The name on offer that is most like `name`, where one is so like it that it may have been meant.
    pub fn nearest(&self, name: &str) -> Option<&Name> {
        nearest(name, self.by_name.keys())
    }

    /// The process whose name is most like `name`, in the same way.
    pub fn nearest_process(&self, name: &str) -> Option<&Name> {
        nearest(
            name,
            self.members.iter().map(|member| &member.identity.process),
        )
    }

    /// The process that offered the name last, of those that have gone; with `process`, only that one.
    pub fn last_offered_by(&self, name: &str, process: Option<&str>) -> Option<&Name> {
        let mut gone = self.gone.iter().rev();
        let last = gone.find(|gone| {
            let now = self.process(gone.process.as_str());
            // A process that stops takes its callbacks back some time before it leaves.
            now.is_none_or(|now| now.callbacks.is_empty())
                && process.is_none_or(|process| gone.process.as_str() == process)
                && gone
                    .callbacks
                    .iter()
                    .any(|callback| callback.as_str() == name)
        });
        last.map(|gone| &gone.process)
    }

    /// Whether a process of this name was there and has gone.
    pub fn has_gone(&self, process: &str) -> bool {
        let is_meant = |gone: &Gone| gone.process.as_str() == process;
        self.process(process).is_none() && self.gone.iter().any(is_meant)
    }

    /// A node has come, or has come back with other callbacks. Gives the id of the node with the same process name that
    /// it replaces, if there is one.
    pub fn join(&mut self, member: Member) -> Option<NodeId> {
        let id = member.identity.id;
        if Some(id) == self.own {
            return None;
        }
        let process = &member.identity.process;
        let replaced = self
            .process(process.as_str())
            .map(|other| other.identity.id)
            .filter(|other| *other != id);
        if let Some(replaced) = replaced {
            self.leave(replaced);
        }
        self.forget_callbacks(id, |_| true);
        let member = Arc::new(member);
        for callback in &member.callbacks {
            self.offer(&member, callback);
        }
        match self
            .members
            .iter_mut()
            .find(|other| other.identity.id == id)
        {
            Some(place) => *place = member,
            None => self.members.push(member),
        }
        replaced
    }

    /// A node has gone. Whether it was there.
    pub fn leave(&mut self, node: NodeId) -> bool {
        self.remember(node, |_| true);
        self.forget_callbacks(node, |_| true);
        let before = self.members.len();
        self.members.retain(|member| member.identity.id != node);
        self.members.len() < before
    }

    /// A node has more callbacks. One of a number it had before is replaced. Whether the node is there.
    pub fn register(&mut self, node: NodeId, callbacks: &[CallbackInfo]) -> bool {
        let Some(place) = self
            .members
            .iter()
            .position(|member| member.identity.id == node)
        else {
            return false;
        };
        let known = |number| callbacks.iter().any(|callback| callback.number == number);
        self.forget_callbacks(node, known);
        let Some(shared) = self.members.get_mut(place) else {
            return false;
        };
        CallbackInfo::merge(&mut Arc::make_mut(shared).callbacks, callbacks);
        let member = Arc::clone(shared);
        for callback in callbacks {
            self.offer(&member, callback);
        }
        true
    }

    /// A node has fewer callbacks. Whether the node is there.
    pub fn unregister(&mut self, node: NodeId, numbers: &[CallbackNumber]) -> bool {
        // A process that stops first takes its callbacks back.
        self.remember(node, |number| numbers.contains(&number));
        self.forget_callbacks(node, |number| numbers.contains(&number));
        let Some(shared) = self
            .members
            .iter_mut()
            .find(|member| member.identity.id == node)
        else {
            return false;
        };
        Arc::make_mut(shared)
            .callbacks
            .retain(|callback| !numbers.contains(&callback.number));
        true
    }

    /// Keeps the names of callbacks that go, and of their process.
    fn remember(&mut self, node: NodeId, goes: impl Fn(CallbackNumber) -> bool) {
        let Some(member) = self.member(node).cloned() else {
            return;
        };
        let callbacks = member.callbacks.iter();
        let callbacks = callbacks.filter(|callback| goes(callback.number));
        let mut callbacks: Vec<_> = callbacks.map(|callback| callback.name.clone()).collect();
        let process = &member.identity.process;
        let gone = Arc::make_mut(&mut self.gone);
        // A process takes its callbacks back, and then leaves: the entry of the first step is kept at the second.
        if let Some(place) = gone.iter().position(|gone| gone.process == *process) {
            let before = gone.remove(place).map(|gone| gone.callbacks);
            if callbacks.is_empty() {
                callbacks = before.unwrap_or_default();
            }
        }
        if gone.len() >= REMEMBERED {
            gone.pop_front();
        }
        gone.push_back(Gone {
            process: process.clone(),
            callbacks,
        });
    }

    fn offer(&mut self, member: &Member, callback: &CallbackInfo) {
        let candidate = Arc::new(Candidate {
            node: member.identity.id,
            process: member.identity.process.clone(),
            number: callback.number,
            signature: Arc::clone(&callback.signature),
        });
        Arc::make_mut(self.by_name.entry(callback.name.clone()).or_default()).push(candidate);
    }

    /// Takes the callbacks of a node with a number that is `meant` from the candidates.
    fn forget_callbacks(&mut self, node: NodeId, meant: impl Fn(CallbackNumber) -> bool) {
        let Some(member) = self.member(node).cloned() else {
            return;
        };
        for callback in member
            .callbacks
            .iter()
            .filter(|callback| meant(callback.number))
        {
            let Some(shared) = self.by_name.get_mut(&callback.name) else {
                continue;
            };
            let candidates = Arc::make_mut(shared);
            candidates
                .retain(|candidate| candidate.node != node || candidate.number != callback.number);
            if candidates.is_empty() {
                self.by_name.remove(&callback.name);
            }
        }
    }
}

/// The name that is most like `name`: `None` where none is so like it that it may have been meant.
fn nearest<'a>(name: &str, others: impl Iterator<Item = &'a Name>) -> Option<&'a Name> {
    let most = name.chars().count() / 3 + 1;
    others
        .map(|other| (levenshtein(name, other.as_str()), other))
        .filter(|(distance, _)| *distance <= most)
        .min()
        .map(|(_, other)| other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{HostIdentity, NodeIdentity};

    fn node(raw: u64) -> NodeId {
        NodeId::new(raw).expect("the number is not zero")
    }

    fn callbacks(names: &[(u32, &str)]) -> Vec<CallbackInfo> {
        let info = |(number, name): &(u32, &str)| CallbackInfo {
            number: CallbackNumber(*number),
            name: Name::new(name).expect("the text is a name"),
            signature: Arc::new(Signature::any()),
        };
        names.iter().map(info).collect()
    }

    fn member(id: u64, process: &str, names: &[(u32, &str)]) -> Member {
        let identity = NodeIdentity {
            id: node(id),
            process: Name::new(process).expect("the text is a name"),
            host: HostIdentity::new("host").expect("the text is a name"),
            pid: 1,
        };
        Member {
            identity,
            callbacks: callbacks(names),
        }
    }

    fn offers(registry: &Registry, name: &str) -> Vec<(u64, u32)> {
        let pair = |candidate: &Arc<Candidate>| (candidate.node.raw(), candidate.number.0);
        registry.candidates(name).iter().map(pair).collect()
    }

    #[test]
    fn candidates_stand_in_order_of_joining_and_registration() {
        let mut registry = Registry::new(node(9));
        registry.join(member(2, "two", &[(1, "add"), (2, "sub"), (3, "add")]));
        registry.join(member(1, "one", &[(7, "add")]));
        assert_eq!(offers(&registry, "add"), [(2, 1), (2, 3), (1, 7)]);
        assert_eq!(offers(&registry, "mul"), []);
    }

    #[test]
    fn a_node_is_no_candidate_for_itself() {
        let mut registry = Registry::new(node(1));
        registry.join(member(1, "self", &[(1, "add")]));
        assert_eq!(offers(&registry, "add"), []);
        assert_eq!(registry.members().len(), 0);
    }

    #[test]
    fn who_leaves_is_forgotten_with_its_callbacks() {
        let mut registry = Registry::new(node(9));
        registry.join(member(1, "one", &[(1, "add")]));
        registry.join(member(2, "two", &[(1, "add")]));
        assert!(registry.leave(node(1)));
        assert!(!registry.leave(node(1)));
        assert_eq!(offers(&registry, "add"), [(2, 1)]);
        assert!(registry.process("one").is_none());
    }

    #[test]
    fn who_has_gone_is_remembered_with_what_it_offered() {
        let mut registry = Registry::new(node(9));
        registry.join(member(1, "one", &[(1, "add")]));
        assert_eq!(registry.last_offered_by("add", None), None);
        registry.unregister(node(1), &[CallbackNumber(1)]);
        registry.leave(node(1));
        let last = |process| registry.last_offered_by("add", process).map(Name::as_str);
        assert_eq!(last(None), Some("one"));
        assert_eq!(last(Some("two")), None);
        assert!(registry.has_gone("one") && !registry.has_gone("two"));
        for id in 10..30 {
            registry.join(member(id, &format!("process {id}"), &[]));
            registry.leave(node(id));
        }
        assert_eq!(registry.last_offered_by("add", None), None);
    }

    #[test]
    fn callbacks_come_and_go_by_number() {
        let mut registry = Registry::new(node(9));
        registry.join(member(1, "one", &[(1, "add")]));
        assert!(registry.register(node(1), &callbacks(&[(2, "sub"), (3, "mul")])));
        assert!(registry.unregister(node(1), &[CallbackNumber(2)]));
        assert_eq!(offers(&registry, "sub"), []);
        assert_eq!(offers(&registry, "mul"), [(1, 3)]);
        let listing = registry.listing();
        let names: Vec<_> = listing
            .iter()
            .flat_map(|(_, names)| names)
            .map(Name::as_str)
            .collect();
        assert_eq!(names, ["add", "mul"]);
        assert!(!registry.register(node(5), &callbacks(&[(1, "add")])));
    }

    #[test]
    fn a_number_registered_again_replaces_what_it_was() {
        let mut registry = Registry::new(node(9));
        registry.join(member(1, "one", &[(1, "add")]));
        registry.register(node(1), &callbacks(&[(1, "sub")]));
        assert_eq!(offers(&registry, "add"), []);
        assert_eq!(offers(&registry, "sub"), [(1, 1)]);
    }

    #[test]
    fn what_is_replaced_keeps_its_place_in_the_listing() {
        let mut registry = Registry::new(node(9));
        registry.join(member(1, "one", &[(1, "add"), (2, "sub")]));
        registry.register(node(1), &callbacks(&[(1, "add")]));
        assert_eq!(offers(&registry, "add"), [(1, 1)]);
        let listing = registry.listing();
        let names: Vec<_> = listing
            .iter()
            .flat_map(|(_, names)| names)
            .map(Name::as_str)
            .collect();
        assert_eq!(names, ["add", "sub"]);
    }

    #[test]
    fn a_node_that_comes_back_offers_what_it_offers_now() {
        let mut registry = Registry::new(node(9));
        registry.join(member(1, "one", &[(1, "add")]));
        assert_eq!(registry.join(member(1, "one", &[(2, "sub")])), None);
        assert_eq!(offers(&registry, "add"), []);
        assert_eq!(registry.members().len(), 1);
    }

    #[test]
    fn a_name_lives_once() {
        let mut registry = Registry::new(node(9));
        registry.join(member(1, "one", &[(1, "add")]));
        assert_eq!(
            registry.join(member(2, "one", &[(1, "add")])),
            Some(node(1))
        );
        assert_eq!(offers(&registry, "add"), [(2, 1)]);
    }

    #[test]
    fn a_published_copy_does_not_change() {
        let mut registry = Registry::new(node(9));
        registry.join(member(1, "one", &[(1, "add")]));
        let published = registry.clone();
        registry.leave(node(1));
        assert_eq!(offers(&published, "add"), [(1, 1)]);
    }

    #[test]
    fn the_nearest_name_is_one_that_may_have_been_meant() {
        let mut registry = Registry::new(node(9));
        registry.join(member(1, "one", &[(1, "calculate"), (2, "sum")]));
        let nearest = |name| registry.nearest(name).map(Name::as_str);
        assert_eq!(nearest("calcluate"), Some("calculate"));
        assert_eq!(nearest("sum_"), Some("sum"));
        assert_eq!(nearest("publish"), None);
    }

    #[test]
    fn the_edit_distance_counts_letters() {
        for (left, right, distance) in [
            ("", "", 0),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
            ("é", "e", 1),
        ] {
            assert_eq!(levenshtein(left, right), distance);
            assert_eq!(levenshtein(right, left), distance);
        }
    }
}
