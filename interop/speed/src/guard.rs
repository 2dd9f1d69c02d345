//! Operations whose instructions are counted, each from a state that was stored before.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mls_crypto_awslc::AwsLcProvider;
use mls_crypto_traits::{CipherSuite, SecretBytes};

use crate::count::one_core;
use crate::ours::{OurMember, Ours};
use crate::scenario::{Library, Tree, warm_up};

/// What is counted.
pub const OPERATIONS: [&str; 5] =
    ["process a path commit, beside", "process a path commit, other half", "add one", "send", "receive"];

/// Cryptography and nothing of ours: the same wherever the same code runs.
pub const CALIBRATION: &str = "calibration";

/// The sizes of the groups.
pub const SIZES: [u32; 2] = [100, 10_000];

/// The members whose states are stored: who commits, the leaf beside, and one in the other half of the tree.
const STORED: [&str; 3] = ["alice", "beside", "other-half"];

fn library() -> Ours {
    let crypto = Arc::new(AwsLcProvider::new());
    Ours {
        crypto,
        backend: "AWS-LC",
        suite: CipherSuite(1),
        sqlite: None,
        seed: Some(7),
        implementation: "ours",
        floor: None,
    }
}

/// Makes a warm group of a size, and stores its members and what they are to be given.
pub fn prepare(dir: &Path, members: u32) {
    fs::create_dir_all(dir).unwrap();
    let library = library();
    let (mut alice, mut others) = warm_up(&library, members);
    let last = others.len() - 1;
    let key_package = library.key_packages(1).remove(0);
    let write = |name: &str, bytes: &[u8]| fs::write(dir.join(name), bytes).unwrap();
    write("key-package", &key_package);
    write("message-1", &library.send(&mut alice, &[7; 1_024]));
    write("message-2", &library.send(&mut alice, &[7; 1_024]));
    write("beside", others[0].export().as_bytes());
    write("other-half", others[last].export().as_bytes());
    write("next-epoch", &library.update(&mut others[1]));
    write("alice", alice.export().as_bytes());
    let mut alice = OurMember::import(&library, &read(dir, "alice"));
    library.process(&mut alice, &fs::read(dir.join("next-epoch")).unwrap());
    write("commit", &library.update(&mut alice));
}

fn read(dir: &Path, name: &str) -> SecretBytes {
    fs::read(dir.join(name)).unwrap().into()
}

/// Runs one operation; only [`guarded`] is counted.
pub fn run(dir: &Path, operation: &str) {
    one_core();
    let library = library();
    let read = |name: &str| fs::read(dir.join(name)).unwrap();
    let member = |name: &str| {
        assert!(STORED.contains(&name));
        let mut member = OurMember::import(&library, &self::read(dir, name));
        library.load_rest(&mut member);
        member
    };
    // A group that was moved says nothing in its epoch: somebody else has to begin the next.
    let moved = || {
        let mut alice = member("alice");
        library.process(&mut alice, &read("next-epoch"));
        alice
    };
    match operation {
        "process a path commit, beside" | "process a path commit, other half" => {
            let mut member = member(if operation.ends_with("beside") { "beside" } else { "other-half" });
            // All that is needed is loaded by then.
            library.process(&mut member, &read("next-epoch"));
            let commit = read("commit");
            guarded(&mut || library.process(&mut member, &commit));
        }
        "add one" => {
            let (mut alice, key_package) = (moved(), read("key-package"));
            guarded(&mut || {
                library.add(&mut alice, core::slice::from_ref(&key_package), Tree::Elsewhere);
                library.apply(&mut alice);
            });
        }
        // The first message of an epoch derives the ratchet; the others are the rule.
        "send" => {
            let mut alice = moved();
            library.send(&mut alice, &[7; 1_024]);
            guarded(&mut || _ = library.send(&mut alice, &[7; 1_024]));
        }
        "receive" => {
            let mut member = member("beside");
            library.receive(&mut member, &read("message-1"));
            let message = read("message-2");
            guarded(&mut || library.receive(&mut member, &message));
        }
        CALIBRATION => calibrate(&library),
        other => panic!("{other}: no such operation"),
    }
}

/// A key pair, a signature and its verification, and an AEAD of some length.
fn calibrate(library: &Ours) {
    let suite = library.crypto.suite(library.suite).unwrap();
    let keys = suite.derive_signature_key_pair(&[2; 64]).unwrap();
    let signer = suite.signing_key(&keys.private).unwrap();
    let (key, nonce) = (vec![6; suite.aead_key_len()], vec![7; suite.aead_nonce_len()]);
    guarded(&mut || {
        suite.derive_key_pair(&[1; 32]).unwrap();
        let signature = suite.sign_with_label(&*signer, b"x", &[&[3; 256]]).unwrap();
        suite.verify_with_label(&keys.public, b"x", &[&[3; 256]], &signature).unwrap();
        suite.aead_seal(&key, &nonce, &[], &[8; 4_096]).unwrap();
    });
}

/// What is counted: Callgrind knows it by its name.
#[inline(never)]
pub fn guarded(operation: &mut dyn FnMut()) {
    operation();
}

/// Where the states of a size are.
pub fn dir_of(base: &Path, members: u32) -> PathBuf {
    base.join(members.to_string())
}
