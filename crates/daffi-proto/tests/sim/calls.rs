//! Calls between simulated nodes: sent on a link or a lane, run for a while, answered, cancelled.

use daffi_proto::{
    CallId, FrameKind, Head, InFlight, NodeEvent, NodeId, RelayFrame, ReplyStatus, Request,
};

use crate::controller::frame;
use crate::node::Use;
use crate::world::{Call, Conn, End, Event, Wire, World};

/// A call that was sent, on whichever connection.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) call: usize,
    pub(crate) target: NodeId,
}

impl World {
    pub(crate) fn call_someone(&mut self, node: usize) {
        let registry = self.nodes[node].state.registry();
        if !self.nodes[node].lives || registry.members().len() == 0 {
            return;
        }
        let member = self.rng.below(registry.members().len() as u64) as usize;
        let target = registry.members().nth(member).unwrap().identity.id;
        let call = self.calls.len();
        self.calls.push(Call {
            target,
            ends: Vec::new(),
        });
        if self.rng.percent(10) {
            let delay = self.rng.millis(0, 100);
            self.after(delay, Event::GiveUp { node, call });
        }
        if let Some(conn) = self.nodes[node]
            .conn(Use::Calls(target))
            .filter(|conn| self.nodes[node].up.contains(conn))
        {
            self.send_call(node, conn, call);
        } else if self.nodes[node].relayed.contains(&target) {
            self.send_relayed(node, call);
        } else {
            self.nodes[node]
                .waiting
                .entry(target)
                .or_default()
                .push(call);
            self.node_event(node, NodeEvent::Want(target));
        }
    }

    pub(crate) fn send_relayed(&mut self, node: usize, call: usize) {
        match self.nodes[node].conn(Use::CallLane) {
            Some(conn) if self.nodes[node].up.contains(&conn) => self.send_call(node, conn, call),
            lane => {
                self.nodes[node].for_the_lane.push(call);
                if lane.is_none() {
                    let session = self.nodes[node].session.expect("relays need a controller");
                    self.open_lane(node, Use::CallLane, session);
                }
            }
        }
    }

    pub(crate) fn send_call(&mut self, node: usize, conn: Conn, call: usize) {
        self.nodes[node].next_call += 1;
        let id = CallId(self.nodes[node].next_call);
        let target = self.calls[call].target;
        let wants_reply = self.rng.percent(90);
        let flags = match (wants_reply, self.rng.percent(20)) {
            (true, true) => Request::NO_VALUE,
            (true, false) => 0,
            (false, _) => Request::NO_REPLY,
        };
        let request = RelayFrame {
            target: Some(target),
            ..self.message(FrameKind::Request, flags, id)
        };
        let blobs = request.blobs.clone();
        self.send(conn, End::Dialler, Wire::Call(request));
        self.send_chunks(conn, End::Dialler, id, &blobs);
        if wants_reply {
            let sent = self.nodes[node]
                .sent
                .entry(conn)
                .or_insert_with(|| InFlight::new(1 << 16));
            sent.insert(id, Sent { call, target }, None).unwrap();
        } else {
            self.end_call(call, "sent");
        }
    }

    pub(crate) fn message(&mut self, kind: FrameKind, flags: u8, id: CallId) -> RelayFrame {
        let count = if self.rng.percent(15) {
            1 + self.rng.below(3)
        } else {
            0
        };
        let blobs = (0..count).map(|_| 1 + self.rng.below(4 << 20)).collect();
        RelayFrame {
            blobs,
            ..frame(Head::new(kind, flags, id, 40))
        }
    }

    pub(crate) fn send_chunks(&mut self, conn: Conn, from: End, id: CallId, blobs: &[u64]) {
        for blob in blobs {
            let mut left = *blob;
            while left > 0 {
                let length = left.min(1 << 20);
                left -= length;
                let head = Head::new(FrameKind::Chunk, 0, id, length as u32);
                self.send(conn, from, Wire::Call(frame(head)));
            }
        }
    }

    pub(crate) fn request_arrives(&mut self, node: usize, conn: Conn, request: &RelayFrame) {
        let key = (conn, request.head.call);
        let blobs = request.blobs.iter().sum();
        let earlier = self.nodes[node].running.insert(key, (blobs, request.head));
        assert!(
            earlier.is_none(),
            "seed {}: a call id came twice",
            self.seed
        );
        self.run_if_whole(node, key);
    }

    pub(crate) fn run_if_whole(&mut self, node: usize, key: (Conn, CallId)) {
        if let Some((0, head)) = self.nodes[node].running.get(&key).copied() {
            let delay = self.rng.millis(0, 40);
            self.after(
                delay,
                Event::Finished {
                    node,
                    conn: key.0,
                    head,
                },
            );
        }
    }

    pub(crate) fn reply(&mut self, node: usize, conn: Conn, request: Head) {
        let was_running = self.nodes[node]
            .running
            .remove(&(conn, request.call))
            .is_some();
        if !was_running || !self.nodes[node].lives || request.flags & Request::NO_REPLY != 0 {
            return;
        }
        let end = if self.nodes[node].uses[&conn] == Use::Serves {
            End::Acceptor
        } else {
            End::Dialler
        };
        let reply = self.message(FrameKind::Reply, ReplyStatus::Value.flags(), request.call);
        let blobs = reply.blobs.clone();
        self.send(conn, end, Wire::Call(reply));
        self.send_chunks(conn, end, request.call, &blobs);
    }

    pub(crate) fn reply_arrives(&mut self, node: usize, conn: Conn, reply: &RelayFrame) {
        let key = (conn, reply.head.call);
        let blobs: u64 = reply.blobs.iter().sum();
        let is_failure = reply.head.flags == ReplyStatus::Failed.flags();
        let earlier = self.nodes[node].replies.remove(&key);
        assert!(
            earlier.is_none() || is_failure,
            "seed {}: two replies",
            self.seed
        );
        if blobs > 0 {
            self.nodes[node].replies.insert(key, blobs);
        } else {
            self.replied(node, key, if is_failure { "failed" } else { "replied" });
        }
    }

    pub(crate) fn replied(&mut self, node: usize, key: (Conn, CallId), how: &'static str) {
        let sent = self.nodes[node].sent.get_mut(&key.0);
        if let Some(sent) = sent.and_then(|sent| sent.complete(key.1)) {
            self.reached.replies += 1;
            self.end_call(sent.call, how);
        }
    }

    pub(crate) fn chunk_arrives(&mut self, node: usize, conn: Conn, head: Head) {
        let key = (conn, head.call);
        if let Some((left, _)) = self.nodes[node].running.get_mut(&key) {
            *left = left
                .checked_sub(head.length.into())
                .expect("no chunk comes that was not announced");
            self.run_if_whole(node, key);
        } else if let Some(left) = self.nodes[node].replies.get_mut(&key) {
            *left = left
                .checked_sub(head.length.into())
                .expect("no chunk comes that was not announced");
            if *left == 0 {
                self.nodes[node].replies.remove(&key);
                self.replied(node, key, "replied");
            }
        }
    }

    /// The caller does not want to know any more.
    pub(crate) fn give_up(&mut self, node: usize, call: usize) {
        for (conn, mut sent) in std::mem::take(&mut self.nodes[node].sent) {
            let (this, others): (Vec<_>, Vec<_>) = sent
                .drain_all()
                .into_iter()
                .partition(|(_, sent)| sent.call == call);
            for (id, other) in others {
                sent.insert(id, other, None).unwrap();
            }
            self.nodes[node].sent.insert(conn, sent);
            for (id, _) in this {
                self.reached.cancelled += 1;
                self.nodes[node].replies.remove(&(conn, id));
                self.end_call(call, "cancelled");
                self.send(
                    conn,
                    End::Dialler,
                    Wire::Call(frame(Head::new(FrameKind::Cancel, 0, id, 0))),
                );
            }
        }
    }
}
