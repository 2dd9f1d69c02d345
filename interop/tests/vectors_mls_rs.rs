//! The vectors of our own making, and the official ones, as seen by mls-rs. What it exposes is whole clients, so these
//! are the passive clients; its checks of the other files are for its own tests only.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

use std::path::PathBuf;

use mls_codec::Decode;
use mls_core::framing::{MlsMessage as OurMessage, MlsMessageBody};
use mls_core::tree::leaf_node::LeafNodeSource;
use mls_crypto_traits::{CipherSuite as OurSuite, CryptoProvider as _};
use mls_rs::crypto::{HpkeSecretKey, SignatureSecretKey};
use mls_rs::group::ExportedTree;
use mls_rs::identity::SigningIdentity;
use mls_rs::identity::basic::{BasicCredential, BasicIdentityProvider};
use mls_rs::psk::{ExternalPskId, PreSharedKey};
use mls_rs::storage_provider::KeyPackageData;
use mls_rs::storage_provider::in_memory::InMemoryKeyPackageStorage;
use mls_rs::time::MlsTime;
use mls_rs::{CipherSuite, Client, CryptoProvider, MlsMessage};
use mls_rs_crypto_rustcrypto::RustCryptoProvider;
use serde_json::Value;

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn message(value: &Value) -> MlsMessage {
    MlsMessage::from_bytes(&bytes(value)).unwrap()
}

/// Follows one case; false where mls-rs lacks the suite.
fn follows(case: &Value) -> bool {
    let id = u16::try_from(case["cipher_suite"].as_u64().unwrap()).unwrap();
    if RustCryptoProvider::new().cipher_suite_provider(CipherSuite::from(id)).is_none() {
        return false;
    }
    let encoded = bytes(&case["key_package"]);
    let MlsMessageBody::KeyPackage(ours) = OurMessage::from_bytes(&encoded).unwrap().body else { panic!() };
    let LeafNodeSource::KeyPackage(lifetime) = ours.leaf_node.leaf_node_source else { panic!() };
    let rustcrypto = mls_crypto_rustcrypto::RustCryptoProvider::new();
    let reference = ours.reference(rustcrypto.suite(OurSuite(id)).unwrap()).unwrap();
    let [init, leaf] = ["init_priv", "encryption_priv"].map(|field| HpkeSecretKey::from(bytes(&case[field])));
    let storage = InMemoryKeyPackageStorage::new();
    // Version and wire format aside: the key package by itself.
    let data = KeyPackageData::new(encoded[4..].to_vec(), init, leaf, lifetime.not_after);
    storage.insert(reference.as_bytes().to_vec(), data);

    let credential = BasicCredential::new(b"listener".to_vec()).into_credential();
    let identity = SigningIdentity::new(credential, ours.leaf_node.signature_key.as_bytes().to_vec().into());
    let signer = SignatureSecretKey::from(bytes(&case["signature_priv"]));
    let mut builder = Client::builder()
        .identity_provider(BasicIdentityProvider::new())
        .crypto_provider(RustCryptoProvider::new())
        .key_package_repo(storage)
        .signing_identity(identity, signer, CipherSuite::from(id));
    for psk in case["external_psks"].as_array().unwrap() {
        builder = builder.psk(ExternalPskId::new(bytes(&psk["psk_id"])), PreSharedKey::new(bytes(&psk["psk"])));
    }
    let client = builder.build();
    let now = MlsTime::from(lifetime.not_before + 1);
    let tree = case["ratchet_tree"].as_str().map(|tree| ExportedTree::from_bytes(&hex::decode(tree).unwrap()).unwrap());
    let (mut group, _) = client.join_group(tree, &message(&case["welcome"]), Some(now)).unwrap();
    assert_eq!(group.epoch_authenticator().unwrap().as_bytes(), bytes(&case["initial_epoch_authenticator"]));
    for epoch in case["epochs"].as_array().unwrap() {
        for proposal in epoch["proposals"].as_array().unwrap() {
            group.process_incoming_message_with_time(message(proposal), now).unwrap();
        }
        group.process_incoming_message_with_time(message(&epoch["commit"]), now).unwrap();
        assert_eq!(group.epoch_authenticator().unwrap().as_bytes(), bytes(&epoch["epoch_authenticator"]));
    }
    true
}

#[test]
fn mls_rs_follows_the_passive_clients() {
    let files = ["passive-client-welcome", "passive-client-handling-commit", "passive-client-random"];
    let mut followed = 0;
    for file in files {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors").join(file).with_extension("json");
        let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        followed += cases.iter().filter(|case| follows(case)).count();
    }
    // Four suites: four, five and one case each.
    assert_eq!(followed, 4 * 10);
}
