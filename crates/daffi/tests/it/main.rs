//! The runtime as a Rust program uses it: controllers, nodes and calls between them over real sockets.

mod calls;
mod chaos;
mod controller;
mod failover;
mod hostile;
mod late;
mod later;
mod life;
mod links;
mod place;
mod scripted;
mod soon;
mod start;
mod stop;
mod streams;
mod support;
mod tasks;
mod versions;
mod whole;
