#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use mls_core::group::{CommitPlan, EncryptOptions, GroupInfoOptions};

use super::Driver;
use crate::{BasicIdentity, Client, MemoryStorage};

const fn may_move_between_threads<T: Send>(_: &T) {}

/// Never run: it compiles where the futures that an asynchronous face hands out are `Send`.
async fn operations(driver: &Driver, state: &mut mls_core::group::Group) {
    may_move_between_threads(&driver.receive(state, &[]));
    may_move_between_threads(&driver.receive_all(state, [&[][..]]));
    may_move_between_threads(&driver.send(state, &[], &EncryptOptions::default()));
    may_move_between_threads(&driver.commit(state, &CommitPlan::default()));
    may_move_between_threads(&driver.accept_commit(state));
    may_move_between_threads(&driver.group_info(state, GroupInfoOptions::default()));
    may_move_between_threads(&driver.view(state, mls_core::group::Group::members));
    may_move_between_threads(&driver.join(&[], None));
}

#[test]
fn futures_may_move_between_threads() {
    let _compiles = operations;
    let client = Client::builder(Arc::new(MemoryStorage::new()), Arc::new(BasicIdentity::new())).build().unwrap();
    let driver = client.driver();
    may_move_between_threads(&driver.load_signers());
    may_move_between_threads(&driver.groups());
    may_move_between_threads(&driver.resume(|join| join));
}
