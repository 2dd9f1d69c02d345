//! What is kept, for how long, and where.

use core::sync::atomic::Ordering;

use mls_client::mls_core::group::{EncryptError, Fault};
use mls_client::{Disposition, GroupId, LoadError, SendError};

use crate::world::{Group, NOW, Party, Setup, assert_talk, deliver, message, pair};

const DAY: u64 = 24 * 60 * 60;

fn fault(group: &mut Group) -> Fault {
    let SendError::Engine(EncryptError::Fault(fault)) = group.send(b"no").unwrap_err() else { panic!("no fault") };
    fault
}

scenario! {
fn a_group_moves_to_another_store() {
    let (alice, mut at_alice, _, mut at_bob) = pair();
    let phone = Party::new("phone");
    let waiting = at_bob.send(b"waiting").unwrap().message;
    let exported = alice.client.export_group(at_alice.id()).unwrap();
    assert_eq!(at_alice.send(b"no").unwrap_err().disposition(), Disposition::Reload);
    at_alice.reload().unwrap();
    assert_eq!(fault(&mut at_alice), Fault::Moved);

    // Where it goes it reads, and sends from the next epoch on.
    let mut at_phone = phone.client.import_group(&exported).unwrap();
    assert!(phone.client.import_group(&exported).is_err());
    assert_eq!(message(at_phone.receive(&waiting).unwrap()).data, b"waiting");
    assert_eq!(fault(&mut at_phone), Fault::Imported(1));
    let commit = at_bob.update().unwrap();
    deliver(&mut at_bob, &commit, &mut [&mut at_phone]);
    assert_talk(&mut at_phone, &mut at_bob);
    let mut loaded = phone.group(at_bob.id());
    assert_talk(&mut loaded, &mut at_bob);
}
}

scenario! {
fn what_was_kept_for_long_enough_is_dropped() {
    let (_, mut at_alice, bob, mut at_bob) = pair();
    let mut late = Vec::new();
    for day in 0..3 {
        late.push(at_alice.send(b"late").unwrap().message);
        bob.clock.0.store(NOW + day * DAY, Ordering::SeqCst);
        let commit = at_alice.update().unwrap();
        deliver(&mut at_alice, &commit, &mut [&mut at_bob]);
    }
    bob.key_package();
    let dropped = |pruned: Vec<(GroupId, _)>| pruned.len();
    assert_eq!(dropped(bob.client.prune().unwrap().groups), 0);

    // Two fewer in number: what was the limit then is not the limit now.
    let mut setup = Setup::default();
    setup.limits.past_epochs = 2;
    let pruned = bob.client_with("fewer", setup).prune().unwrap();
    let [(id, epochs)] = &pruned.groups[..] else { panic!("{pruned:?}") };
    assert_eq!((id, &epochs.epochs[..], pruned.key_packages.len()), (at_bob.id(), &[1][..], 0));
    at_bob.reload().unwrap();
    assert!(at_bob.receive(&late[0]).is_err());
    assert_eq!(message(at_bob.receive(&late[1]).unwrap()).data, b"late");

    // A week after the second was left, and long after the key package has expired.
    bob.clock.0.store(NOW + 8 * DAY + DAY / 2, Ordering::SeqCst);
    assert_eq!(at_bob.prune().unwrap().epochs, [2]);
    assert_eq!(message(at_bob.receive(&late[2]).unwrap()).data, b"late");
    bob.clock.0.store(NOW + 100 * DAY, Ordering::SeqCst);
    let pruned = bob.client.prune().unwrap();
    assert_eq!((pruned.groups[0].1.epochs.as_slice(), pruned.key_packages.len()), (&[3][..], 1));
    assert!(pruned.failed.is_empty());
    let mut at_bob = bob.group(at_alice.id());
    assert_talk(&mut at_alice, &mut at_bob);
    assert!(matches!(bob.client.load_group(&b"none".to_vec().into()), Err(LoadError::NoSuchGroup)));
}
}
