//! Who imports whom, and which of that goes round: circles of modules, and the shortest way round each.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::modules::Crate;

/// The modules of a crate that stand in files of their own, and the arrows between them.
#[derive(Debug)]
pub(super) struct Graph {
    /// The module that each stands in.
    parents: BTreeMap<usize, Option<usize>>,
    pub(super) arrows: BTreeMap<(usize, usize), Arrow>,
}

/// One module uses another.
#[derive(Debug, Default)]
pub(super) struct Arrow {
    /// The first line that does.
    pub(super) line: usize,
    /// What it uses.
    pub(super) names: BTreeSet<String>,
}

impl Graph {
    pub(super) fn of(all: &Crate) -> Self {
        let mut graph = Self {
            parents: BTreeMap::new(),
            arrows: BTreeMap::new(),
        };
        for (index, module) in all.modules.iter().enumerate() {
            let from = all.in_file(index);
            if from == index {
                let parent = module.parent.map(|parent| all.in_file(parent));
                graph.parents.insert(index, parent);
            }
            for (path, line) in &module.paths {
                for (to, name) in all.resolve(index, path) {
                    graph.add((from, all.in_file(to)), name, *line);
                }
            }
        }
        graph
    }

    fn add(&mut self, (from, to): (usize, usize), name: String, line: usize) {
        if from != to {
            let arrow = self.arrows.entry((from, to)).or_default();
            if arrow.names.is_empty() || line < arrow.line {
                arrow.line = line;
            }
            arrow.names.insert(name);
        }
    }

    /// All circles that span more than a module and what is inside it.
    pub(super) fn circles(&self) -> Vec<BTreeSet<usize>> {
        self.circles_within(&self.parents.keys().copied().collect())
    }

    fn circles_within(&self, within: &BTreeSet<usize>) -> Vec<BTreeSet<usize>> {
        let mut found = Vec::new();
        for mut circle in self.components(within) {
            // A module may use what is inside it and be used by it; that has to be in order without the module.
            match circle
                .iter()
                .copied()
                .find(|top| self.holds_all(*top, &circle))
            {
                Some(top) => {
                    circle.remove(&top);
                    found.extend(self.circles_within(&circle));
                }
                None => found.push(circle),
            }
        }
        found
    }

    /// The sets of modules of which each leads to each.
    fn components(&self, within: &BTreeSet<usize>) -> Vec<BTreeSet<usize>> {
        let reached: BTreeMap<usize, BTreeSet<usize>> = within
            .iter()
            .map(|from| (*from, self.ways_from(*from, within).into_keys().collect()))
            .collect();
        let mut components = BTreeSet::new();
        for (from, theirs) in &reached {
            let mutual = |to: &&usize| reached[*to].contains(from);
            let component: BTreeSet<usize> = theirs.iter().filter(mutual).copied().collect();
            if component.len() > 1 {
                components.insert(component);
            }
        }
        components.into_iter().collect()
    }

    /// Every module that an arrow out of `from` leads to sooner or later, each with the one before it.
    fn ways_from(&self, from: usize, within: &BTreeSet<usize>) -> BTreeMap<usize, usize> {
        let mut before = BTreeMap::new();
        let mut next = VecDeque::from([from]);
        while let Some(module) = next.pop_front() {
            let arrows = self.arrows.range((module, 0)..=(module, usize::MAX));
            for (_, to) in arrows.map(|(ends, _)| *ends) {
                if within.contains(&to) && !before.contains_key(&to) {
                    before.insert(to, module);
                    next.push_back(to);
                }
            }
        }
        before
    }

    fn holds_all(&self, top: usize, circle: &BTreeSet<usize>) -> bool {
        circle.iter().all(|module| self.is_inside(*module, top))
    }

    fn is_inside(&self, module: usize, outer: usize) -> bool {
        let mut next = Some(module);
        while let Some(module) = next {
            if module == outer {
                return true;
            }
            next = self.parents.get(&module).copied().flatten();
        }
        false
    }

    /// The shortest way round a circle that makes it one, from a module back to itself.
    pub(super) fn shortest_way(&self, circle: &BTreeSet<usize>) -> Vec<usize> {
        let ways = self.arrows.keys().filter_map(|(from, to)| {
            if !circle.contains(from) || !circle.contains(to) {
                return None;
            }
            let before = self.ways_from(*to, circle);
            let mut way = vec![*from];
            while way.last() != Some(to) {
                way.push(*before.get(way.last()?)?);
            }
            way.push(*from);
            way.reverse();
            let is_one = !self
                .circles_within(&way.iter().copied().collect())
                .is_empty();
            is_one.then_some(way)
        });
        ways.min_by_key(Vec::len).unwrap_or_default()
    }
}
