//! What following a commit writes in a group of 10 000.

use std::sync::Arc;

use mls_core::group::{CommitPlan, SendOptions};
use mls_crypto_rustcrypto::RustCryptoProvider;
use mls_crypto_traits::CryptoProvider;

use crate::warm::warm_group;
use crate::watcher::Watcher;

const MEMBERS: u32 = 10_000;
/// log2 of the leaves of the tree: 16 384.
const DEPTH: usize = 14;

#[test]
fn following_a_commit_writes_a_path() {
    let crypto: Arc<dyn CryptoProvider> = Arc::new(RustCryptoProvider::new());
    let mut peers = warm_group(MEMBERS, &crypto);
    let mut watcher = Watcher::of(&mut peers[0]);
    assert!(watcher.store.writes > 2 * MEMBERS as usize - 100);
    let plan =
        CommitPlan { options: SendOptions { encrypt: false, ..SendOptions::default() }, ..CommitPlan::default() };
    let commit = peers[1].commit(&plan).message;
    (watcher.store.writes, watcher.store.bytes) = (0, 0);
    watcher.follow(&commit);
    println!("followed: {} records, {} bytes", watcher.store.writes, watcher.store.bytes);
    // A leaf, its path, header and status.
    assert!(watcher.store.writes <= DEPTH + 4, "{}", watcher.store.writes);
    assert!(watcher.store.bytes <= 3 * 1024, "{}", watcher.store.bytes);
    peers[1].accept();
    assert_eq!(watcher.observer.context(), peers[1].group().context());
}
