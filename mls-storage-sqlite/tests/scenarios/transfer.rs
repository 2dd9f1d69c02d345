//! A group moves from one database to another.

use mls_client::{DriverError, GroupInfoOptions, LoadError, SendError};
use mls_core::group::{CommitError, EncryptError, Fault, ProposeError, Proposing, ReceiveError, Standing};
use mls_core::storage::StorageErrorKind;
use mls_crypto_traits::SecretBytes;
use mls_storage_sqlite::{SqliteOptions, SqliteStorage};

use crate::common::{Party, assert_talk, pair, text};

fn party() -> Party {
    Party::over(SqliteStorage::open_in_memory(&SqliteOptions::default()).unwrap())
}

fn fault(error: SendError) -> Fault {
    match error {
        SendError::Engine(EncryptError::Fault(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_moved_group_lives_in_one_place() {
    let (alice, bob, phone) = (party(), party(), party());
    let (mut at_alice, mut at_bob) = pair(&alice, &bob);
    assert_talk(&mut at_alice, &mut at_bob);
    let id = at_alice.id().clone();
    let waiting = at_bob.send(b"waiting").unwrap().message;
    let exported = alice.client.export_group(&id).unwrap();

    // The handle that was open finds out; the group refuses everything.
    assert!(matches!(at_alice.send(b"no"), Err(SendError::Driver(DriverError::Storage(_)))));
    at_alice.reload().unwrap();
    assert_eq!(fault(at_alice.send(b"no").unwrap_err()), Fault::Moved);
    let received = at_alice.receive(&waiting).unwrap_err();
    assert!(matches!(received, mls_client::ReceiveError::Engine(ReceiveError::Fault(Fault::Moved))), "{received:?}");
    let committed = at_alice.update().unwrap_err();
    assert!(matches!(committed, mls_client::CommitError::Engine(CommitError::Fault(Fault::Moved))), "{committed:?}");
    assert!(at_alice.group_info(GroupInfoOptions::default()).is_err());
    // What came out may be had again, should it be lost.
    assert!(alice.client.export_group(&id).unwrap().ct_eq(exported.as_bytes()));

    // The copy reads and does not send.
    let mut at_phone = phone.client.import_group(&exported).unwrap();
    assert_eq!(text(at_phone.receive(&waiting).unwrap()), b"waiting");
    assert_eq!(fault(at_phone.send(b"no").unwrap_err()), Fault::Imported(1));
    let proposed = at_phone.propose(&Proposing::Remove(at_bob.own_leaf())).unwrap_err();
    let refused = mls_client::ProposeError::Engine(ProposeError::Fault(Fault::Imported(1)));
    assert_eq!(format!("{proposed:?}"), format!("{refused:?}"));
    assert!(matches!(
        at_phone.update().unwrap_err(),
        mls_client::CommitError::Engine(CommitError::Fault(Fault::Imported(1)))
    ));
    // It stays so after a restart.
    at_phone.reload().unwrap();
    assert_eq!(fault(at_phone.send(b"no").unwrap_err()), Fault::Imported(1));

    // The next epoch makes it whole, with its signer.
    let commit = at_bob.update().unwrap();
    at_bob.accept_commit().unwrap();
    at_phone.receive(&commit.message).unwrap();
    assert_talk(&mut at_phone, &mut at_bob);
    assert_talk(&mut at_bob, &mut at_phone);
    let commit = at_phone.update().unwrap();
    at_phone.accept_commit().unwrap();
    at_bob.receive(&commit.message).unwrap();
    assert!(alice.store.delete_group(&id).unwrap());
}

#[test]
fn a_commit_that_was_on_its_way_moves_too() {
    let (alice, bob, phone) = (party(), party(), party());
    let (mut at_alice, mut at_bob) = pair(&alice, &bob);
    let commit = at_alice.update().unwrap().message;
    let exported = alice.client.export_group(at_alice.id()).unwrap();
    let mut at_phone = phone.client.import_group(&exported).unwrap();
    at_bob.receive(&commit).unwrap();
    // The delivery service took it: nobody was ever in that epoch at the source.
    at_phone.receive(&commit).unwrap();
    assert_talk(&mut at_phone, &mut at_bob);
}

#[test]
fn a_group_is_imported_once_and_whole() {
    let (alice, bob, phone) = (party(), party(), party());
    let (at_alice, _) = pair(&alice, &bob);
    let exported = alice.client.export_group(at_alice.id()).unwrap();
    for cut in [0, 1, 40, exported.len() - 1] {
        let part = SecretBytes::from_slice(&exported.as_bytes()[..cut]);
        assert!(matches!(phone.client.import_group(&part), Err(LoadError::Engine(Fault::Corrupt(_)))), "{cut}");
    }
    assert_eq!(phone.store.count_groups().unwrap(), 0);
    drop(phone.client.import_group(&exported).unwrap());
    let twice = phone.client.import_group(&exported).unwrap_err();
    let LoadError::Driver(DriverError::Storage(error)) = twice else { panic!("{twice:?}") };
    assert_eq!(error.kind(), StorageErrorKind::Conflict);
    assert_eq!(Standing::Imported, Standing::Imported);
}
