//! The rules in a world without sockets: N nodes and a controller, virtual time, and everything that can go wrong.
//!
//! Each seed is one history: nodes come, call, cancel, crash, freeze, lose connections and links, and the controller
//! restarts. While it runs, and when it has come to rest, the promises are checked.

#![expect(
    clippy::unwrap_used,
    reason = "a simulator that is wrong should stop where it is"
)]

mod calls;
mod controller;
mod node;
mod rng;
mod world;

use world::World;

/// Enough histories to meet every pair of faults, few enough for a few seconds.
const SEEDS: u64 = 200;

#[test]
fn every_history_keeps_the_promises() {
    for seed in 0..SEEDS {
        let mut world = World::new(seed);
        world.run();
        world.check_promises();
    }
}

#[test]
fn the_histories_reach_what_they_are_meant_to_test() {
    let mut reached = world::Reached::default();
    for seed in 0..SEEDS / 3 {
        let mut world = World::new(seed);
        world.run();
        reached += world.reached;
    }
    reached.assert_everything();
}

#[test]
fn the_same_seed_gives_the_same_history() {
    for seed in 0..10 {
        let traces = [(); 2].map(|()| {
            let mut world = World::new(seed);
            world.trace = Some(0);
            world.run();
            world.trace
        });
        assert_eq!(traces[0], traces[1], "seed {seed}");
    }
}
