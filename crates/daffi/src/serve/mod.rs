//! The serving side of a node: a request from the moment it is read to its answer.

mod admission;
mod builtins;
pub(crate) mod callback;
mod cut_off;
pub(crate) mod delays;
pub(crate) mod gate;
pub(crate) mod gates;
pub(crate) mod generator;
pub(crate) mod offers;
pub(crate) mod pool;
pub(crate) mod service;
pub(crate) mod tasks;
mod under_way;
