//! The serving side of a node: a request from the moment it is read to its answer.

mod admission;
mod builtins;
pub(crate) mod callback;
pub(crate) mod cancel;
mod cut_off;
pub(crate) mod delays;
pub(crate) mod failed_run;
pub(crate) mod gates;
pub(crate) mod generator;
pub(crate) mod offers;
pub(crate) mod responder;
pub(crate) mod service;
pub(crate) mod tasks;
mod under_way;
mod way_back;
