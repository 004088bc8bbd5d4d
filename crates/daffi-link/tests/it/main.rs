//! Links over real descriptors: two ends in one process, a service that adds.

mod calls;
mod faults;
mod support;
mod takeover;
