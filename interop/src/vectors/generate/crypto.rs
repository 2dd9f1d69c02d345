//! The files about primitives and derivations.

use hex::encode as hex;
use mls_codec::{Encode, encode_header};
use mls_core::commit::Commit;
use mls_core::framing::{
    AuthenticatedContent, Content, FramedContent, Sender, WireFormat, confirmed_transcript_hash,
    interim_transcript_hash,
};
use mls_core::key_schedule::{
    CommitSecret, ConfirmationKey, EncryptionSecret, InitSecret, JoinerSecret, PskSecret, SenderDataSecret,
    confirmation_tag,
};
use mls_core::psk::{PreSharedKeyId, Psk, PskValue, psk_secret as combine};
use mls_core::secret_tree::{RatchetType, SecretTree, SecretTreeLimits};
use mls_core::tree::math::{LeafIndex, TreeSize};
use mls_crypto_traits::SecretBytes;
use serde_json::{Value, json};
use std::sync::Arc;

use super::super::cases::{must, some};
use super::source::{Source, encoded};

pub(super) fn deserialization() -> Result<Vec<Value>, String> {
    let lengths = [0, 1, 62, 63, 64, 65, 16_382, 16_383, 16_384, 16_385, 1_000_000, 1_073_741_822, 1_073_741_823_usize];
    let case = |length| {
        let mut header = Vec::new();
        must("header", encode_header(length, &mut header))?;
        Ok(json!({"vlbytes_header": hex(header), "length": length}))
    };
    lengths.into_iter().map(case).collect()
}

pub(super) fn crypto_basics(source: &mut Source<'_>) -> Result<Vec<Value>, String> {
    let suite = source.suite;
    let [value, secret, context, content] = [source.hash(), source.hash(), source.hash(), source.hash()];
    let generation = source.below(u32::MAX);
    let signer = source.signer()?;
    let pair = source.key_pair()?;
    let plaintext = source.bytes(32);
    let (ref_label, label): (&[u8], &[u8]) = (b"RefHash", b"ExpandWithLabel");
    let expanded = must("expand", suite.expand_with_label(&secret, label, &context, suite.aead_key_len()))?;
    let derived = must("derive", suite.derive_secret(&secret, b"DeriveSecret"))?;
    let len = suite.hash_len();
    let in_tree = must("derive", suite.derive_tree_secret(&secret, b"DeriveTreeSecret", generation, len))?;
    let signature = must("sign", suite.sign_with_label(signer.key.as_ref(), b"SignWithLabel", &[&content]))?;
    let rng = &mut source.rng;
    let sealed = suite.encrypt_with_label(&pair.public, b"EncryptWithLabel", &context, &plaintext, rng);
    let sealed = must("encrypt", sealed)?;
    Ok(vec![json!({
        "cipher_suite": suite.id().0,
        "ref_hash": {
            "label": "RefHash",
            "value": hex(&value),
            "out": hex(must("hash", suite.ref_hash(ref_label, &value))?.as_bytes()),
        },
        "expand_with_label": {
            "secret": hex(&secret),
            "label": "ExpandWithLabel",
            "context": hex(&context),
            "length": suite.aead_key_len(),
            "out": hex(expanded.as_bytes()),
        },
        "derive_secret": {"secret": hex(&secret), "label": "DeriveSecret", "out": hex(derived.as_bytes())},
        "derive_tree_secret": {
            "secret": hex(&secret),
            "label": "DeriveTreeSecret",
            "generation": generation,
            "length": len,
            "out": hex(in_tree.as_bytes()),
        },
        "sign_with_label": {
            "priv": hex(&signer.private),
            "pub": hex(signer.key.public_key().as_bytes()),
            "content": hex(&content),
            "label": "SignWithLabel",
            "signature": hex(signature),
        },
        "encrypt_with_label": {
            "priv": hex(pair.private.as_bytes()),
            "pub": hex(pair.public.as_bytes()),
            "label": "EncryptWithLabel",
            "context": hex(&context),
            "plaintext": hex(&plaintext),
            "kem_output": hex(sealed.kem_output),
            "ciphertext": hex(sealed.ciphertext),
        },
    })])
}

pub(super) fn key_schedule(source: &mut Source<'_>) -> Result<Vec<Value>, String> {
    let (group_id, initial) = (source.hash(), source.hash());
    let mut init = InitSecret::from_bytes(SecretBytes::from_slice(&initial));
    let mut epochs = Vec::new();
    for epoch in 0..u64::from(source.size) {
        let (made, next) = key_schedule_epoch(source, &group_id, epoch, init)?;
        epochs.push(made);
        init = next;
    }
    Ok(vec![json!({
        "cipher_suite": source.suite.id().0,
        "group_id": hex(group_id),
        "initial_init_secret": hex(initial),
        "epochs": epochs,
    })])
}

fn key_schedule_epoch(
    source: &mut Source<'_>,
    group_id: &[u8],
    epoch: u64,
    init: InitSecret,
) -> Result<(Value, InitSecret), String> {
    let suite = source.suite;
    let [tree_hash, commit_secret, psk_secret, context] = [(); 4].map(|()| source.hash());
    let group_context = source.context(group_id, epoch, &tree_hash);
    let bytes = encoded("GroupContext", &group_context)?;
    let commit = CommitSecret::from_bytes(SecretBytes::from_slice(&commit_secret));
    let joiner = must("joiner", JoinerSecret::derive(suite, init, &commit, &bytes))?;
    let psk = PskSecret::from_bytes(SecretBytes::from_slice(&psk_secret));
    let intermediate = must("psk", joiner.mix_psk(suite, &psk))?;
    let welcome = must("welcome", intermediate.welcome_secret(suite))?;
    let secrets = must("epoch", intermediate.enter_epoch(suite, &bytes))?;
    let external = must("external", secrets.external.key_pair(suite))?;
    // The files print the label as it is, in digits of a hash.
    let label = hex(source.hash());
    let exported = secrets.exporter.export(suite, label.as_bytes(), &context, suite.hash_len());
    let made = json!({
        "tree_hash": hex(&tree_hash),
        "commit_secret": hex(&commit_secret),
        "psk_secret": hex(&psk_secret),
        "confirmed_transcript_hash": hex(&group_context.confirmed_transcript_hash),
        "group_context": hex(&bytes),
        "joiner_secret": hex(joiner.as_bytes()),
        "welcome_secret": hex(welcome.as_bytes()),
        "init_secret": hex(secrets.init.as_bytes()),
        "sender_data_secret": hex(secrets.sender_data.as_bytes()),
        "encryption_secret": hex(secrets.encryption.as_bytes()),
        "exporter_secret": hex(secrets.exporter.as_bytes()),
        "epoch_authenticator": hex(secrets.epoch_authenticator.as_bytes()),
        "external_secret": hex(secrets.external.as_bytes()),
        "confirmation_key": hex(secrets.confirmation_key.as_bytes()),
        "membership_key": hex(secrets.membership_key.as_bytes()),
        "resumption_psk": hex(secrets.resumption_psk.as_bytes()),
        "external_pub": hex(external.public.as_bytes()),
        "exporter": {
            "label": label,
            "context": hex(&context),
            "length": suite.hash_len(),
            "secret": hex(must("export", exported)?.as_bytes()),
        },
    });
    Ok((made, secrets.init))
}

pub(super) fn psk_secret(source: &mut Source<'_>) -> Result<Vec<Value>, String> {
    let size = source.size;
    let case = |count| {
        let mut psks = Vec::new();
        for _ in 0..count {
            psks.push((source.hash(), source.hash(), source.hash()));
        }
        let values: Vec<_> = psks
            .iter()
            .map(|(psk_id, psk, psk_nonce)| {
                let psk_id = Psk::External { psk_id: psk_id.clone() };
                let id = PreSharedKeyId { psk: psk_id, psk_nonce: psk_nonce.clone() };
                (id, PskValue::from_bytes(SecretBytes::from_slice(psk)))
            })
            .collect();
        let values: Vec<_> = values.iter().map(|(id, value)| (id, value)).collect();
        let secret = must("psk_secret", combine(source.suite, &values))?;
        let psks =
            psks.iter().map(|(id, psk, nonce)| json!({"psk_id": hex(id), "psk": hex(psk), "psk_nonce": hex(nonce)}));
        let psks: Vec<_> = psks.collect();
        Ok(json!({"cipher_suite": source.suite.id().0, "psks": psks, "psk_secret": hex(secret.as_bytes())}))
    };
    (0..=size).map(case).collect()
}

pub(super) fn secret_tree(source: &mut Source<'_>) -> Result<Vec<Value>, String> {
    [1, source.size].into_iter().map(|leaves| secret_tree_of(source, leaves)).collect()
}

fn secret_tree_of(source: &mut Source<'_>, leaves: u32) -> Result<Value, String> {
    let suite = source.suite;
    let [encryption, sender_data, ciphertext] = [source.hash(), source.hash(), source.bytes(77)];
    let size = some("size", TreeSize::for_leaves(leaves))?;
    let mut tree = SecretTree::new(size, EncryptionSecret::from_bytes(SecretBytes::from_slice(&encryption)));
    let mut list = Vec::new();
    for leaf in 0..leaves {
        let index = some("leaf", LeafIndex::new(leaf))?;
        let mut generations = Vec::new();
        for generation in [0, 15] {
            let mut keys = Vec::new();
            for kind in [RatchetType::Application, RatchetType::Handshake] {
                let step = tree.plan_open(suite, index, kind, generation, &SecretTreeLimits::DEFAULT);
                let step = must("ratchet", step)?;
                keys.push(hex(step.message_key().key().as_bytes()));
                keys.push(hex(step.message_key().nonce().as_bytes()));
                drop(tree.apply(step));
            }
            let [application_key, application_nonce, handshake_key, handshake_nonce] = keys.as_slice() else {
                return Err("keys".to_owned());
            };
            generations.push(json!({
                "generation": generation,
                "application_key": application_key,
                "application_nonce": application_nonce,
                "handshake_key": handshake_key,
                "handshake_nonce": handshake_nonce,
            }));
        }
        list.push(generations);
    }
    let secret = SenderDataSecret::from_bytes(SecretBytes::from_slice(&sender_data));
    let opener = must("sender data", secret.key_and_nonce(suite, &ciphertext))?;
    Ok(json!({
        "cipher_suite": suite.id().0,
        "encryption_secret": hex(encryption),
        "sender_data": {
            "sender_data_secret": hex(sender_data),
            "ciphertext": hex(ciphertext),
            "key": hex(opener.key.as_bytes()),
            "nonce": hex(opener.nonce.as_bytes()),
        },
        "leaves": list,
    }))
}

pub(super) fn transcript_hashes(source: &mut Source<'_>) -> Result<Vec<Value>, String> {
    let suite = source.suite;
    let [group_id, tree_hash, before, key] = [(); 4].map(|()| source.hash());
    let context = source.context(&group_id, 7, &tree_hash);
    let signer = source.signer()?;
    let content = FramedContent {
        group_id,
        epoch: 7,
        sender: Sender::Member(some("leaf", LeafIndex::new(source.below(9)))?),
        authenticated_data: source.bytes(5),
        content: Content::Commit(Arc::new(Commit { proposals: Vec::new(), path: None })),
    };
    let context = encoded("GroupContext", &context)?;
    let wire_format = WireFormat::PublicMessage;
    let signed = AuthenticatedContent::sign(suite, signer.key.as_ref(), wire_format, content, Some(&context));
    let mut commit = must("sign", signed)?;
    let confirmed = must("confirmed", confirmed_transcript_hash(suite, &before, &commit))?;
    let tag_key = ConfirmationKey::from_bytes(SecretBytes::from_slice(&key));
    let tag = must("tag", confirmation_tag(suite, &tag_key, confirmed.as_bytes()))?.as_bytes().to_vec();
    let interim = must("interim", interim_transcript_hash(suite, confirmed.as_bytes(), &tag))?;
    commit.auth.confirmation_tag = Some(tag);
    Ok(vec![json!({
        "cipher_suite": suite.id().0,
        "confirmation_key": hex(key),
        "authenticated_content": hex(must("commit", commit.to_bytes())?),
        "interim_transcript_hash_before": hex(before),
        "confirmed_transcript_hash_after": hex(confirmed.as_bytes()),
        "interim_transcript_hash_after": hex(interim.as_bytes()),
    })])
}
