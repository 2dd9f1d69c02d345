//! Signature keys, signatures and what is refused of them.

use mls_crypto_traits::{SignaturePrivateKey, SignaturePublicKey, SignatureScheme, Suite};
use proptest::{collection::vec, prelude::*};

use crate::{
    Both,
    mutate::{Changes, changes},
};

#[derive(Clone, Debug)]
pub(crate) struct Input {
    ikm: Vec<u8>,
    content: Vec<Vec<u8>>,
    private: Changes,
    public: Changes,
    signature: Changes,
}

pub(crate) fn input() -> impl Strategy<Value = Input> {
    let content = vec(prop_oneof![vec(any::<u8>(), 0..40), vec(any::<u8>(), 0..700)], 0..4);
    (vec(any::<u8>(), 0..100), content, changes(), changes(), changes())
        .prop_map(|(ikm, content, private, public, signature)| Input { ikm, content, private, public, signature })
}

const LABEL: &[u8] = b"differential";

pub(crate) fn check(both: Both, input: &Input) {
    let content: Vec<&[u8]> = input.content.iter().map(Vec::as_slice).collect();
    let (private, public) = both
        .same(|suite| {
            let pair = suite.derive_signature_key_pair(&input.ikm)?;
            Ok((pair.private.as_bytes().to_vec(), pair.public))
        })
        .unwrap();
    let sign = |suite: Suite<'_>| {
        let key = suite.signing_key(&SignaturePrivateKey::from_bytes(private.clone())).unwrap();
        assert_eq!(*key.public_key(), public);
        suite.sign_with_label(&*key, LABEL, &content).unwrap()
    };
    let verify = |public: &SignaturePublicKey, content: &[&[u8]], signature: &[u8]| {
        both.same(|suite| suite.verify_with_label(public, LABEL, content, signature))
    };
    let (ours, others) = (sign(both.ours), sign(both.other));
    if both.ours.provider().params().signature == SignatureScheme::Ed25519 {
        assert_eq!(ours, others);
    }
    for signature in [&ours, &others] {
        assert_eq!(verify(&public, &content, signature), Ok(()));
        let more: Vec<&[u8]> = content.iter().copied().chain([&b"!"[..]]).collect();
        assert!(verify(&public, &more, signature).is_err());
        let _ = verify(&public, &content, &input.signature.apply(signature));
    }

    let changed = SignaturePublicKey::from(input.public.apply(public.as_bytes()));
    let _ = both.same(|suite| suite.check_signature_public_key(changed.as_bytes()));
    let _ = verify(&changed, &content, &ours);
    let _ = verify(&changed, &content, &input.signature.apply(&ours));

    let changed = input.private.apply(&private);
    let loaded = |suite: Suite<'_>| {
        suite.signing_key(&SignaturePrivateKey::from_bytes(changed.clone())).map(|key| key.public_key().clone())
    };
    let _ = both.same(loaded);
}
