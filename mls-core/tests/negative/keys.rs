//! Public keys that no suite takes, in key packages that are otherwise in order (RFC 9420 sections 5.1.1 and 10).

use mls_core::group::{CommitError, CommitPlan, Proposing};
use mls_core::key_package::{KeyPackage, KeyPackageError};
use mls_core::proposal::ProposalListError;
use mls_core::tree::validate::LeafNodeError;
use mls_crypto_traits::{CipherSuite, CryptoError, HpkePublicKey};
use std::sync::Arc;

use crate::common::{Peer, group_of};

/// A key package with other HPKE keys, signed again.
fn key_package(suite: CipherSuite, change: impl FnOnce(&mut KeyPackage)) -> KeyPackage {
    let mut peer = Peer::new("erin", suite, 9);
    let mut package = peer.key_package().key_package;
    change(&mut package);
    let signer = peer.world.signers.0.get(&peer.signature_key).unwrap();
    let suite = peer.world.crypto.suite(suite).unwrap();
    package.leaf_node.sign(suite, signer.as_ref(), None).unwrap();
    package.sign(suite, signer.as_ref()).unwrap();
    package
}

/// Keys of no use: of small order or zero, off the curve, compressed, too short, too long, empty.
fn bad_keys(suite: CipherSuite) -> Vec<Vec<u8>> {
    let good = key_package(suite, |_| {}).init_key.as_bytes().to_vec();
    let mut short = good.clone();
    short.pop();
    let mut long = good.clone();
    long.push(0);
    let zero = vec![0; good.len()];
    let mut keys = vec![Vec::new(), short, long, zero];
    if good[0] == 4 && good.len() > 57 {
        let mut off = good.clone();
        *off.last_mut().unwrap() ^= 1;
        let half = good.len() / 2;
        let compressed = [&[2 + (good[good.len() - 1] & 1)], &good[1..=half]].concat();
        keys.extend([off, compressed, vec![0]]);
    } else {
        let mut one = vec![0; good.len()];
        one[0] = 1;
        keys.push(one);
    }
    keys
}

// req: R-10-03, R-10-05, R-7.3-01
// bad: key-02, key-03, key-04
#[test]
fn keys_that_no_suite_takes() {
    for suite in (1..=7).map(CipherSuite) {
        let mut peers = group_of(&["alice"], suite);
        for key in bad_keys(suite) {
            let init = key_package(suite, |package| package.init_key = HpkePublicKey::from(key.clone()));
            let leaf =
                key_package(suite, |package| package.leaf_node.encryption_key = HpkePublicKey::from(key.clone()));
            let invalid = CryptoError::InvalidPublicKey;
            let cases = [
                (init, KeyPackageError::InvalidInitKey(invalid)),
                (leaf, KeyPackageError::Leaf(LeafNodeError::InvalidEncryptionKey(invalid))),
            ];
            for (package, rule) in cases {
                let proposals = vec![Proposing::Add(Arc::new(package))];
                let error = peers[0].try_commit(&CommitPlan { proposals, ..CommitPlan::default() }).unwrap_err();
                let expected = CommitError::Proposals(ProposalListError::InvalidAdd(rule));
                assert_eq!(error, expected, "{suite:?} {key:02x?}");
            }
        }
    }
}
