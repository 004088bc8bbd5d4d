//! A call as it is handed in, before it is sent.

use std::sync::Arc;

use daffi_link::Body;
use daffi_proto::Request;

use crate::call::options::CallOptions;
use crate::call::times::Times;
use crate::members::choose::Elsewhere;
use crate::members::route::Route;
use crate::members::target::Target;

/// A call as it is handed in.
pub(crate) struct Unsent {
    pub(crate) body: Body,
    pub(crate) options: CallOptions,
    pub(crate) times: Times,
    /// The one route it may take, where it is about something that lives with the route.
    pub(crate) route: Option<Arc<Route>>,
    /// How to find another candidate.
    pub(crate) elsewhere: Option<Elsewhere>,
}

impl Unsent {
    /// A call that is made now, and goes elsewhere where it is told how.
    #[inline]
    pub(crate) fn new(body: Body, options: CallOptions, elsewhere: Option<Elsewhere>) -> Self {
        Self {
            body,
            options,
            times: Times::of(&options),
            route: None,
            elsewhere,
        }
    }

    /// What precedes the arguments, and times among them: what is left of them now, as the call may have waited.
    #[inline]
    pub(crate) fn request(&mut self, target: &Target, route: &Route) -> Request {
        let options = &self.options;
        let (time_left, delay) = self.times.left(options);
        self.times.renew(&mut self.body.payload);
        Request {
            target: route.relayed.then_some(target.candidate.node),
            callback: target.candidate.number,
            time_left,
            delay,
            wanted: options.answer.wanted(),
            chain: options.chain,
        }
    }
}
