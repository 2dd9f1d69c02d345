//! Message keys taken out of the group.

use mls_core::group::*;

use crate::common::{Peer, group_of};
use crate::{SUITE, leaf};

fn next(peer: &mut Peer) -> TakenMessageKey {
    let step = peer.run(|e: &TakeKeyError| e.missing().cloned(), take_next_message_key).unwrap();
    peer.apply(step)
}

fn take(peer: &mut Peer, sender: u32, generation: u32) -> Result<TakenMessageKey, TakeKeyError> {
    let step = peer.run(
        |e: &TakeKeyError| e.missing().cloned(),
        |group, env| take_message_key(group, leaf(sender), generation, env),
    )?;
    Ok(peer.apply(step))
}

#[test]
fn a_taken_key_is_shared_and_used_up() {
    let mut peers = group_of(&["alice", "bob"], SUITE);
    let early = peers[0].send(b"first");
    let (ours, then) = (next(&mut peers[0]), peers[0].send(b"after"));
    assert_eq!((ours.leaf, ours.epoch, ours.generation), (leaf(0), 1, 1));
    // A restart does not bring it back, nor what was reserved with it.
    peers[0].restart();
    assert_eq!(next(&mut peers[0]).generation, 32);

    let theirs = take(&mut peers[1], 0, 1).unwrap();
    assert!(theirs.key.ct_eq(ours.key.as_bytes()) && theirs.nonce.ct_eq(ours.nonce.as_bytes()));
    assert_eq!((ours.key.len(), ours.nonce.len()), (16, 12));
    assert_eq!(take(&mut peers[1], 0, 1).err(), Some(TakeKeyError::KeyConsumed));
    // Messages before and after are not disturbed.
    assert_eq!(peers[1].receive(&then).data(), b"after");
    assert_eq!(peers[1].receive(&early).data(), b"first");

    assert_eq!(take(&mut peers[1], 1, 0).err(), Some(TakeKeyError::NoSuchSender(leaf(1))));
    assert_eq!(take(&mut peers[1], 7, 0).err(), Some(TakeKeyError::NoSuchSender(leaf(7))));
    assert_eq!(take(&mut peers[1], 0, 5000).err(), Some(TakeKeyError::TooFarAhead));
}
