//! Links over real descriptors: two ends in one process, a service that adds.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod bounds;
mod calls;
mod faults;
mod floods;
mod frozen;
mod given_up;
mod handed_in;
mod large;
mod life;
mod look;
mod services;
mod support;
mod takeover;
