//! How things are sent is policy where the caller does not say.

use std::sync::Arc;

use mls_client::mls_core::framing::{MlsMessage, MlsMessageBody};
use mls_client::mls_core::psk::PskValue;
use mls_client::mls_core::rules::{ProposalQuestion, Ruling, SendingDefaults};
use mls_client::mls_crypto_traits::SecretBytes;
use mls_client::{MlsRules, Proposing};
use mls_codec::Decode;

use crate::world::{Setup, message, pair};

/// Handshakes in the clear, and application data in spite of pending proposals.
struct InTheClear;

impl MlsRules for InTheClear {
    fn judge(&self, question: &ProposalQuestion) -> Ruling {
        question.accept()
    }

    fn sending(&self) -> SendingDefaults {
        let mut sending = SendingDefaults::default();
        sending.proposal.encrypt = false;
        sending.commit.options.encrypt = false;
        sending.application.allow_pending_proposals = true;
        sending
    }
}

fn is_public(bytes: &[u8]) -> bool {
    matches!(MlsMessage::from_bytes(bytes).unwrap().body, MlsMessageBody::PublicMessage(_))
}

// req: R-6-04
scenario! { fn the_policy_says_how_things_are_sent() {
    let (alice, mut at_alice, _, mut at_bob) = pair();
    let client = alice.client_with("in the clear", Setup { rules: Arc::new(InTheClear), ..Setup::default() });
    let mut plain = client.load_group(at_alice.id()).unwrap();
    let proposal = plain.propose(&Proposing::ExternalPsk(b"psk".to_vec())).unwrap().message;
    assert!(is_public(&proposal));
    at_bob.receive(&proposal).unwrap();
    let data = plain.send(b"before the commit").unwrap().message;
    assert_eq!(message(at_bob.receive(&data).unwrap()).data, b"before the commit");
    at_alice.reload().unwrap();
    assert!(at_alice.send(b"by default not").is_err());
    let secret = PskValue::from_bytes(SecretBytes::from_slice(&[7; 32]));
    client.store_psk(b"psk", &secret).unwrap();
    assert!(is_public(&plain.update().unwrap().message));
    plain.drop_commit().unwrap();
    at_alice.reload().unwrap();
    assert!(!is_public(&at_alice.update().unwrap().message));
} }
