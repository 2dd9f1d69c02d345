//! `mls inspect` on small inputs: what it prints stands beside them. `UPDATE_INSPECT=1` writes the files anew.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

#[path = "../../mls-core/tests/common/mod.rs"]
mod common;

use std::path::PathBuf;
use std::sync::Arc;

use common::{Peer, group_of};
use interop::inspect::{Drawing, Form, Hints, Kind, Report, bytes_of, inspect, surroundings};
use mls_codec::DecodeErrorKind;
use mls_core::group::*;
use mls_core::tree::math::LeafIndex;
use mls_crypto_rustcrypto::RustCryptoProvider;
use mls_crypto_traits::CipherSuite;

const INPUTS: [&str; 7] = ["key-package", "group-info", "ratchet-tree", "welcome", "commit", "application", "export"];

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/inspect").join(name)
}

fn updating() -> bool {
    std::env::var_os("UPDATE_INSPECT").is_some()
}

fn input(name: &str) -> Vec<u8> {
    bytes_of(&std::fs::read(file(name).with_extension("hex")).unwrap()).1
}

fn report(bytes: &[u8]) -> Report {
    inspect(bytes, Hints::default(), &RustCryptoProvider::new()).unwrap()
}

/// The states of the checks: good, wrong or unknown.
fn states(report: &Report) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let checks = report.json()["checks"].as_array().unwrap().clone();
    checks.iter().map(|check| (text(&check["what"]), text(&check["state"]))).collect()
}

fn wrong(report: &Report) -> Vec<String> {
    states(report).into_iter().filter(|(_, state)| state == "wrong").map(|(what, _)| what).collect()
}

/// A member's state with a proposal, a message that is missing, and a past epoch; moved out.
fn export(peers: &mut [Peer]) -> Vec<u8> {
    let proposal = peers[1].propose(Proposing::Update(LeafChange::default()), &SendOptions::default());
    let _missing = peers[0].propose(Proposing::ExternalPsk(b"psk".to_vec()), &SendOptions::default());
    let late = peers[0].propose(Proposing::Update(LeafChange::default()), &SendOptions::default());
    peers[2].receive(&proposal);
    peers[2].receive(&late);
    let mover = &mut peers[2];
    let records = mover.store.read(&records_to_export(mover.group()));
    let group = mover.group.take().unwrap();
    let step = export_group(&group, records, &mut mover.world.env()).unwrap();
    mover.group = Some(group);
    mover.apply(step).as_bytes().to_vec()
}

/// The inputs: from a group of five of which one left and another came, so that the tree has a blank and unmerged leaves.
fn make_inputs() {
    let suite = CipherSuite(1);
    let mut peers = group_of(&["alice", "bob", "carol", "dave", "erin"], suite);
    let plan = |proposals, path| CommitPlan {
        proposals,
        path,
        options: SendOptions { encrypt: false, ..SendOptions::default() },
        ..CommitPlan::default()
    };
    let mut commit = Vec::new();
    let mut everybody = |peers: &mut Vec<Peer>, at: usize, plan: &CommitPlan| {
        let output = peers[at].commit(plan);
        peers[at].accept();
        let gone = plan.proposals.iter().any(|proposal| matches!(proposal, Proposing::Remove(_)));
        for (index, peer) in peers.iter_mut().enumerate() {
            if index != at && !(gone && index == 1) {
                peer.receive(&output.message);
            }
        }
        commit = output.message;
        output.welcome
    };
    for at in 1..5 {
        everybody(&mut peers, at, &plan(Vec::new(), PathPolicy::Always));
    }
    let bob = LeafIndex::new(1).unwrap();
    everybody(&mut peers, 0, &plan(vec![Proposing::Remove(bob)], PathPolicy::Always));
    peers.remove(1);
    let mut frank = Peer::new("frank", suite, 77);
    let frank_key_package = frank.key_package();
    let add = |key_package| vec![Proposing::Add(Arc::new(key_package))];
    let adding = plan(add(frank_key_package.key_package.clone()), PathPolicy::WhenRequired);
    let welcome = everybody(&mut peers, 1, &adding).unwrap();
    let tree = peers[0].run(|e: &ExportError| e.missing().cloned(), |group, _| export_ratchet_tree(group)).unwrap();
    let options = GroupInfoOptions { external_pub: false, ratchet_tree: true };
    let info = peers[0].run(|e: &ExportError| e.missing().cloned(), |group, env| group_info(group, options, env));
    let application = peers[0].send(b"hello");
    let made = [frank_key_package.message, info.unwrap(), tree, welcome, commit, application, export(&mut peers)];
    for (name, bytes) in INPUTS.iter().zip(made) {
        std::fs::write(file(name).with_extension("hex"), hex::encode(bytes) + "\n").unwrap();
    }
}

#[test]
fn reports_are_as_kept() {
    if updating() {
        std::fs::create_dir_all(file("")).unwrap();
        make_inputs();
    }
    let compare = |name: String, text: String| {
        if updating() {
            std::fs::write(file(&name), text).unwrap();
        } else {
            assert_eq!(std::fs::read_to_string(file(&name)).unwrap(), text, "{name}");
        }
    };
    for name in INPUTS {
        let report = report(&input(name));
        assert_eq!(wrong(&report), [""; 0], "{name}");
        compare(format!("{name}.txt"), report.text());
    }
    let report = report(&input("ratchet-tree"));
    for (drawing, extension) in [(Drawing::Text, "tree.txt"), (Drawing::Dot, "dot"), (Drawing::Svg, "svg")] {
        compare(format!("ratchet-tree.{extension}"), drawing.of(report.tree.as_ref().unwrap()));
    }
}

#[test]
fn everything_that_can_be_verified_is() {
    let good = |name: &str| states(&report(&input(name))).iter().filter(|(_, state)| state == "good").count();
    assert_eq!(good("key-package"), 8);
    assert_eq!(good("group-info"), 4);
    assert_eq!(good("ratchet-tree"), 5);
    assert_eq!(good("export"), 3);
    assert_eq!([good("welcome"), good("commit"), good("application")], [0; 3]);
}

/// All texts in a report.
fn texts(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) => found.push(text.clone()),
        serde_json::Value::Array(list) => list.iter().for_each(|value| texts(value, found)),
        serde_json::Value::Object(fields) => fields.values().for_each(|value| texts(value, found)),
        _ => (),
    }
}

#[test]
fn an_exports_secrets_are_printed_only_where_they_are_wanted() {
    let export = input("export");
    let look = |secrets| {
        let hints = Hints { secrets, ..Hints::default() };
        let mut found = Vec::new();
        texts(&inspect(&export, hints, &RustCryptoProvider::new()).unwrap().json()["object"], &mut found);
        found
    };
    let (hidden, shown) = (look(false), look(true));
    let secrets: Vec<_> = shown.iter().filter(|text| !hidden.contains(text)).collect();
    let marks = hidden.iter().filter(|text| text.starts_with("secret, ")).count();
    assert!(marks >= 12, "{marks}");
    assert_eq!(secrets.len(), marks);
    for (text, mark) in secrets.iter().zip(hidden.iter().filter(|text| text.starts_with("secret, "))) {
        assert_eq!(*mark, format!("secret, {} bytes", if *text == "(empty)" { 0 } else { text.len() / 2 }));
        assert!(text.len() < 16 || hidden.iter().all(|other| !other.contains(&***text)), "{text}");
    }
}

#[test]
fn a_spoilt_export_is_told_with_its_place() {
    let export = input("export");
    let failure = |bytes: &[u8]| {
        let hints = Hints { kind: Some(Kind::Export), ..Hints::default() };
        inspect(bytes, hints, &RustCryptoProvider::new()).unwrap_err().0[0].1
    };
    assert_eq!(failure(&export[..export.len() - 1]).kind(), DecodeErrorKind::LengthOverflow);
    // Another version, another group in the first key, another version of the first record.
    for (at, offset) in [(0, 0), (9, 7)] {
        let mut bytes = export.clone();
        bytes[at] ^= 1;
        assert_eq!((failure(&bytes).kind(), failure(&bytes).offset()), (DecodeErrorKind::UnknownValue, offset), "{at}");
    }
    // A tree that is not the header's.
    let place = export.windows(5).position(|bytes| bytes == b"carol").unwrap();
    let mut bytes = export;
    bytes[place] ^= 1;
    let wrong = wrong(&report(&bytes));
    assert!(wrong.contains(&"tree hash".to_owned()), "{wrong:?}");
}

/// One byte from the end of an input, changed.
fn spoilt(name: &str, from_end: usize) -> Report {
    let mut bytes = input(name);
    let at = bytes.len() - from_end;
    bytes[at] ^= 1;
    report(&bytes)
}

#[test]
fn a_spoilt_signature_is_seen() {
    assert_eq!(wrong(&spoilt("key-package", 3)), ["signature of the key package"]);
    assert_eq!(wrong(&spoilt("group-info", 3)), ["signature by the signer's leaf"]);
}

#[test]
fn a_tree_that_is_not_the_groups_is_seen() {
    let (info, mut tree) = (input("group-info"), input("ratchet-tree"));
    let look = |tree: &[u8]| {
        let hints = Hints { tree: Some(tree), ..Hints::default() };
        wrong(&inspect(&info, hints, &RustCryptoProvider::new()).unwrap())
    };
    assert_eq!(look(&tree), [""; 0]);
    // The last leaf's signature.
    let at = tree.len() - 3;
    tree[at] ^= 1;
    // It is below the sibling of a parent hash, too.
    let found = ["tree hash", "parent hashes", "the whole tree: leaves, signatures, keys, unmerged leaves"];
    assert_eq!(look(&tree), found);
}

#[test]
fn bad_input_is_told_with_its_place() {
    let mut bytes = input("key-package");
    bytes.truncate(100);
    let failures = inspect(&bytes, Hints::default(), &RustCryptoProvider::new()).unwrap_err().0;
    // The message got farthest; then come the other kinds.
    let (kind, error) = failures[0];
    assert_eq!(failures.len(), Kind::ALL.len());
    assert_eq!((kind, error.kind()), (Kind::Message, DecodeErrorKind::LengthOverflow));
    assert!(error.offset() > 60 && error.offset() < 100, "{error}");
    assert_eq!(surroundings(&[0, 1, 2, 3], 2), "0001 >0203");
    assert_eq!(surroundings(&[7; 40], 20), "..0707070707070707 >0707070707070707..");
    assert_eq!(surroundings(&[1], 5), "01 >");
}

#[test]
fn input_is_binary_hexadecimal_or_base64() {
    assert_eq!(bytes_of(b"00 01\n0aFF"), (Form::Hex, vec![0, 1, 10, 255]));
    for text in ["AAECAwT/", "AAEC\nAwT_"] {
        assert_eq!(bytes_of(text.as_bytes()), (Form::Base64, vec![0, 1, 2, 3, 4, 255]));
    }
    for text in ["AAECAwQ=", "AAECAwQ"] {
        assert_eq!(bytes_of(text.as_bytes()), (Form::Base64, vec![0, 1, 2, 3, 4]));
    }
    for bytes in [&b"\x00\x01\x00\x05"[..], b"", b"AAE=C", b"A====", b"AAAAA"] {
        assert_eq!(bytes_of(bytes), (Form::Binary, bytes.to_vec()));
    }
}
