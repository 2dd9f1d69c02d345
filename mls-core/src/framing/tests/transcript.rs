//! Transcript hashes against the official vectors.

use mls_codec::{Decode, Encode};
use serde::Deserialize;

use super::fixtures;
use crate::framing::{
    AuthenticatedContent, ContentType, Framed, WireFormat, confirmed_transcript_hash, interim_transcript_hash,
};
use crate::key_schedule::tests::test_vectors::{self, Hex};

#[derive(Deserialize)]
struct Case {
    cipher_suite: u16,
    confirmation_key: Hex,
    authenticated_content: Hex,
    interim_transcript_hash_before: Hex,
    confirmed_transcript_hash_after: Hex,
    interim_transcript_hash_after: Hex,
}

// req: R-8.2-02, R-8.2-03, R-6.1-15
#[test]
fn transcript_hashes_are_those_of_the_vectors() {
    for case in test_vectors::load::<Case>("transcript-hashes.json") {
        let Some(suite) = test_vectors::suite(case.cipher_suite) else {
            continue;
        };
        let content = AuthenticatedContent::from_bytes(&case.authenticated_content.0).unwrap();
        assert_eq!(content.to_bytes().unwrap(), case.authenticated_content.0);
        assert_eq!(content.content.content_type(), ContentType::Commit);

        let before = &case.interim_transcript_hash_before.0;
        let confirmed = confirmed_transcript_hash(suite, before, &content).unwrap();
        assert_eq!(confirmed.as_bytes(), case.confirmed_transcript_hash_after.0);
        let tag = content.auth.confirmation_tag.unwrap();
        assert!(suite.verify_mac(&case.confirmation_key.0, &[&confirmed], &tag).unwrap());
        let interim = interim_transcript_hash(suite, &confirmed, &tag).unwrap();
        assert_eq!(interim.as_bytes(), case.interim_transcript_hash_after.0);
    }
}

// req: R-8.2-02
#[test]
fn the_confirmed_hash_covers_wire_format_content_and_signature_only() {
    let suite = fixtures::suite();
    let commit = fixtures::signed_commit(WireFormat::PublicMessage);
    let hash = |commit: &AuthenticatedContent| {
        let hash = confirmed_transcript_hash(suite, b"interim", commit).unwrap();
        // The same from what was encoded before.
        let framed = Framed::new(commit.clone()).unwrap();
        assert_eq!(framed.confirmed_transcript_hash(suite, b"interim").unwrap(), hash);
        hash
    };
    let base = hash(&commit);

    let mut tagless = commit.clone();
    tagless.auth.confirmation_tag = None;
    assert_eq!(hash(&tagless), base);

    let mut private = commit.clone();
    private.wire_format = WireFormat::PrivateMessage;
    assert_ne!(hash(&private), base);
    let mut later = commit.clone();
    later.content.epoch += 1;
    assert_ne!(hash(&later), base);
    let mut resigned = commit.clone();
    resigned.auth.signature[0] ^= 1;
    assert_ne!(hash(&resigned), base);
    assert_ne!(confirmed_transcript_hash(suite, b"", &commit).unwrap(), base);
}
