//! The official secret-tree.json.

use alloc::vec::Vec;

use mls_crypto_traits::SecretBytes;
use serde::Deserialize;

use super::{
    super::*,
    APPLICATION, DEFAULT, HANDSHAKE, leaf,
    test_vectors::{Hex, load, suite},
};
use crate::key_schedule::SenderDataSecret;

#[derive(Deserialize)]
struct Case {
    cipher_suite: u16,
    encryption_secret: Hex,
    sender_data: SenderData,
    leaves: Vec<Vec<Generation>>,
}

#[derive(Deserialize)]
struct SenderData {
    sender_data_secret: Hex,
    ciphertext: Hex,
    key: Hex,
    nonce: Hex,
}

#[derive(Deserialize)]
struct Generation {
    generation: u32,
    application_key: Hex,
    application_nonce: Hex,
    handshake_key: Hex,
    handshake_nonce: Hex,
}

fn new_tree(case: &Case) -> SecretTree {
    let leaves = u32::try_from(case.leaves.len()).unwrap();
    let size = TreeSize::for_leaves(leaves).unwrap();
    SecretTree::new(size, EncryptionSecret::from_bytes(case.encryption_secret.secret()))
}

// req: R-9-01
// req: R-9-02
// req: R-9.1-01
#[test]
fn official_secret_tree() {
    for case in load::<Case>("secret-tree.json") {
        let Some(suite) = suite(case.cipher_suite) else {
            continue;
        };
        let mut receiver = new_tree(&case);
        let mut sender = new_tree(&case);
        for (index, generations) in (0..).zip(&case.leaves) {
            for want in generations {
                for (kind, key, nonce) in [
                    (HANDSHAKE, &want.handshake_key, &want.handshake_nonce),
                    (APPLICATION, &want.application_key, &want.application_nonce),
                ] {
                    let opened = receiver.plan_open(suite, leaf(index), kind, want.generation, &DEFAULT).unwrap();
                    let found = opened.message_key();
                    assert_eq!(found.key().as_bytes(), key.0);
                    assert_eq!(found.nonce().as_bytes(), nonce.0);
                    drop(receiver.apply(opened));

                    let sent = loop {
                        let sent = sender.plan_next_send(suite, leaf(index), kind).unwrap();
                        if sent.message_key().generation() == want.generation {
                            break sent;
                        }
                        drop(sender.apply(sent));
                    };
                    assert_eq!(sent.message_key().key().as_bytes(), key.0);
                    assert_eq!(sent.message_key().nonce().as_bytes(), nonce.0);
                    drop(sender.apply(sent));
                }
            }
        }
    }
}

#[test]
fn official_sender_data_keys() {
    for case in load::<Case>("secret-tree.json") {
        let Some(suite) = suite(case.cipher_suite) else {
            continue;
        };
        let want = &case.sender_data;
        let secret = SenderDataSecret::from_bytes(want.sender_data_secret.secret());
        let keys = secret.key_and_nonce(suite, &want.ciphertext.0).unwrap();
        assert_eq!(keys.key.as_bytes(), want.key.0);
        assert_eq!(keys.nonce.as_bytes(), want.nonce.0);
    }
}

#[test]
fn the_reuse_guard_covers_the_first_four_bytes() {
    let nonce = SecretBytes::from_slice(&[0xff, 0, 0xf0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    let key = MessageKey::new(0, SecretBytes::zeros(16), nonce);
    let guarded = key.guarded_nonce([0x0f, 0xaa, 0xff, 1]);
    assert_eq!(guarded.as_bytes(), [0xf0, 0xaa, 0x0f, 0, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(key.nonce().as_bytes()[0], 0xff);
}
