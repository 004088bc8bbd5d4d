//! No module stands on one that stands on it: the imports of a crate have no circle.
//!
//! A module and what is inside it may use each other; what is inside it must be in order without it. An import counts for
//! the module that defines the name, also where another hands the name on. What methods are called on a value is not seen.

mod graph;
mod modules;

use self::graph::Graph;
use self::modules::Crate;
use super::{Finding, exempt};
use crate::tree::Tree;

/// Crates that still have circles, and why. An entry that is no longer needed is a finding.
const STILL: &[(&str, &str)] = &[];

/// How many names of a tie are shown.
const SHOWN: usize = 4;

/// Circles of modules in the crates of the project.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    exempt::apply(found(tree), STILL, "xtask/src/tidy/circles/mod.rs")
}

fn found(tree: &Tree) -> Vec<Finding> {
    let libraries = tree.ending("/src/lib.rs");
    let roots = libraries.chain(tree.ending("/src/main.rs"));
    roots.flat_map(|root| of_crate(tree, &root.path)).collect()
}

fn of_crate(tree: &Tree, root: &str) -> Vec<Finding> {
    let all = match Crate::read(tree, root) {
        Ok(all) => all,
        Err(finding) => return vec![finding],
    };
    let graph = Graph::of(&all);
    let circles = graph.circles();
    let circles = circles.iter().map(|circle| {
        let way = graph.shortest_way(circle);
        describe(&all, &graph, circle.len(), &way)
    });
    circles.collect()
}

/// One circle, by the shortest way round it and what ties each to the next.
fn describe(all: &Crate, graph: &Graph, modules: usize, way: &[usize]) -> Finding {
    let path = |module: usize| all.modules[module].path.as_str();
    let mut message = format!("a circle of {modules} modules");
    let mut line = 1;
    for (place, ends) in way.windows(2).enumerate() {
        let arrow = &graph.arrows[&(ends[0], ends[1])];
        if place == 0 {
            line = arrow.line;
        }
        let mut names: Vec<&str> = arrow.names.iter().map(String::as_str).collect();
        let more = if names.len() > SHOWN { ", ..." } else { "" };
        names.truncate(SHOWN);
        let (from, to) = (path(ends[0]), path(ends[1]));
        let names = names.join(", ");
        message.push_str(&format!(
            "\n  {from}:{} uses {names}{more} of {to}",
            arrow.line
        ));
    }
    message.push_str(
        "\n  hint: move what both use into a module below them, or pass it in as a value or a trait",
    );
    let first = way.first().copied().unwrap_or(0);
    Finding::new(path(first), line, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circles(files: &[(&str, &str)]) -> Vec<String> {
        let all: Vec<(String, &str)> = files
            .iter()
            .map(|(path, text)| (format!("crates/x/src/{path}"), *text))
            .collect();
        let all: Vec<(&str, &str)> = all
            .iter()
            .map(|(path, text)| (path.as_str(), *text))
            .collect();
        let found = found(&Tree::of(&all));
        found.into_iter().map(|found| found.message).collect()
    }

    #[test]
    fn two_modules_that_use_each_other_are_found_with_what_ties_them() {
        let found = circles(&[
            ("lib.rs", "mod a;\nmod b;\n"),
            (
                "a.rs",
                "use std::io;\nuse crate::b::{B, Other as O};\npub(crate) struct A;\n",
            ),
            (
                "b.rs",
                "pub(crate) struct B;\npub(crate) struct Other;\nfn f(a: super::a::A) {}\n",
            ),
        ]);
        assert_eq!(found.len(), 1);
        let expected = "a circle of 2 modules\n  \
            crates/x/src/a.rs:2 uses B, Other of crates/x/src/b.rs\n  \
            crates/x/src/b.rs:3 uses A of crates/x/src/a.rs\n  hint: ";
        assert!(found[0].starts_with(expected), "{}", found[0]);
    }

    #[test]
    fn a_name_that_is_handed_on_leads_to_where_it_is_defined() {
        let files = |user: &'static str| {
            circles(&[
                ("lib.rs", "mod a;\nmod room;\npub use room::Low;\n"),
                ("a.rs", user),
                (
                    "room/mod.rs",
                    "mod low;\nmod high;\npub(crate) use self::low::*;\npub(crate) use high::High;\n",
                ),
                ("room/low.rs", "pub struct Low;\n"),
                (
                    "room/high.rs",
                    "use crate::a::A;\npub(crate) struct High;\n",
                ),
            ])
        };
        assert_eq!(
            files("use crate::Low;\nuse crate::room::Low as L;\npub(crate) struct A;\n").len(),
            0
        );
        assert_eq!(
            files("use crate::room::High;\npub(crate) struct A;\n").len(),
            1
        );
        assert_eq!(
            files("use crate::room;\npub(crate) struct A;\nfn f() { vec![room::High] }\n").len(),
            1
        );
    }

    #[test]
    fn a_module_and_what_is_inside_it_may_use_each_other() {
        let found = circles(&[
            ("lib.rs", "mod room;\nmod low;\npub struct Root;\n"),
            (
                "room/mod.rs",
                "mod a;\nmod b;\nuse self::a::A;\npub struct Room(A, b::B);\n",
            ),
            (
                "room/a.rs",
                "use super::b::B;\nuse super::Room;\nuse crate::Root;\npub struct A;\n",
            ),
            (
                "room/b.rs",
                "use crate::low::Low;\npub struct B;\nimpl super::Room {}\n",
            ),
            ("low.rs", "pub struct Low;\n"),
        ]);
        assert_eq!(found, [""; 0]);
    }

    #[test]
    fn what_is_inside_a_module_must_be_in_order_without_it() {
        let found = circles(&[
            ("lib.rs", "mod room;\n"),
            (
                "room/mod.rs",
                "mod a;\nmod b;\nmod c;\npub struct Room(a::A, c::C);\n",
            ),
            ("room/a.rs", "use super::{Room, b::B};\npub struct A;\n"),
            ("room/b.rs", "use super::c::C;\npub struct B;\n"),
            ("room/c.rs", "use super::a::A;\npub struct C;\n"),
        ]);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("a circle of 3 modules"),
            "{}",
            found[0]
        );
        assert!(
            !found[0].contains("mod.rs"),
            "the room is no part: {}",
            found[0]
        );
    }

    #[test]
    fn a_circle_between_rooms_is_found_though_each_is_in_order() {
        let found = circles(&[
            ("lib.rs", "mod one;\nmod two;\n"),
            (
                "one/mod.rs",
                "mod low;\npub use low::Low;\nuse crate::two::Two;\n",
            ),
            ("one/low.rs", "use super::Two;\npub struct Low;\n"),
            ("two.rs", "use crate::one::Low;\npub struct Two;\n"),
        ]);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].contains("one/low.rs:1 uses Two of crates/x/src/two.rs"),
            "{}",
            found[0]
        );
    }

    #[test]
    fn tests_models_and_documentation_are_no_imports() {
        let found = circles(&[
            ("lib.rs", "mod a;\nmod b;\n"),
            (
                "a.rs",
                "//! See [`crate::b::B`].\n#[cfg(doc)]\nuse crate::b::B;\n#[cfg(all(test, not(loom)))]\nuse crate::b::B as C;\n\
                 pub struct A;\nimpl A {\n#[cfg(test)]\nfn f(b: crate::b::B) {}\n}\n\
                 #[cfg(test)]\nmod tests { use crate::b::B; }\n#[cfg(loom)]\n#[path = \"x.rs\"]\nmod x;\n",
            ),
            (
                "b.rs",
                "#[cfg(not(loom))]\nuse crate::a::A;\npub struct B;\n",
            ),
        ]);
        assert_eq!(found, [""; 0]);
    }

    #[test]
    fn inline_modules_belong_to_their_file_and_paths_in_macros_count() {
        let found = circles(&[
            ("lib.rs", "mod a;\nmod b;\n"),
            (
                "a.rs",
                "pub(crate) use inner::A;\nmod inner { pub(crate) struct A; }\nfn f() { assert!(crate::b::is_it(1)); }\n",
            ),
            (
                "b.rs",
                "use crate::a::A;\npub fn is_it(_: u8) -> bool { true }\n",
            ),
        ]);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("a circle of 2 modules"),
            "{}",
            found[0]
        );
    }
}
