//! What a link keeps is bounded, whatever the peer does, and every wait on it ends.

use std::io::Read;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use daffi_link::{SendError, WaitEnd};
use daffi_proto::Limits;

use crate::support::*;

#[test]
fn calls_that_end_before_they_are_sent_do_not_pile_up() {
    // Each left its frame behind: a caller that tried again and again filled its memory while the peer stood still.
    let (here, mut there) = UnixStream::pair().unwrap();
    let link = caller(here, Limits::default());
    let mut refused = 0;
    for _ in 0..100 {
        let deadline = Instant::now() + Duration::from_millis(1);
        match link.call(
            &request(ADD),
            vec![1; 200_000].into(),
            Some(deadline),
            &mut never,
        ) {
            Ok(call) => drop(finish(&call)),
            Err(error) => {
                assert_eq!(error, SendError::TimedOut);
                refused += 1;
            }
        }
    }
    assert!(refused > 50, "{refused} of 100 calls were refused");
    // Nothing is wrong with the link: when the peer reads again, calls go out again.
    let reader = thread::spawn(move || {
        let (mut bytes, mut buffer) = (0, vec![0; 1 << 20]);
        while let Ok(read @ 1..) = there.read(&mut buffer) {
            bytes += read;
        }
        bytes
    });
    let call = link
        .call(&request(ADD), vec![1].into(), None, &mut never)
        .unwrap();
    call.cancel();
    link.close(daffi_link::Lost::Closed);
    assert!(reader.join().unwrap() < 8 << 20);
}

#[test]
fn interrupt_is_asked_though_a_follower_is_woken_all_the_time() {
    // Every wake-up began a new slice, so that one thread among many that call never heard Ctrl+C.
    let (here, there) = UnixStream::pair().unwrap();
    let link = caller(here, Limits::default());
    let (leads, follows) = (begin(&link, ADD, vec![1]), begin(&link, ADD, vec![2]));
    let (asked, is_asked) = channel();
    let leader = thread::spawn(move || {
        leads.wait(None, &mut || {
            let _ = asked.send(());
            false
        })
    });
    // Asked for the first time, it has led for a slice, and goes on.
    is_asked.recv_timeout(LONG).unwrap();
    let (ended, has_ended) = channel();
    let follower = thread::spawn(move || {
        let until = Instant::now() + LONG;
        ended.send(follows.wait(Some(until), &mut || true)).unwrap();
    });
    let mut woken = 0;
    let end = loop {
        follower.thread().unpark();
        woken += 1;
        if let Ok(end) = has_ended.recv_timeout(Duration::from_millis(5)) {
            break end;
        }
    };
    assert_eq!(end, WaitEnd::Interrupted);
    // 20 make a slice; the rest is a busy machine.
    assert!(woken < 150, "asked after {woken} wake-ups");
    drop(there);
    assert_eq!(leader.join().unwrap(), WaitEnd::Done);
    follower.join().unwrap();
}
