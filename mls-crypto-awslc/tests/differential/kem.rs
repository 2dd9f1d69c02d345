//! Key derivation, encapsulation and encryption with labels.

use mls_crypto_traits::{HpkeCiphertext, HpkePrivateKey, HpkePublicKey};
use proptest::{collection::vec, prelude::*};

use crate::{
    Both, Replay, exposed,
    mutate::{Changes, changes},
};

#[derive(Clone, Debug)]
pub(crate) struct Input {
    ikm: Vec<u8>,
    ikm_e: Vec<u8>,
    public: Changes,
    private: Changes,
    kem_output: Changes,
}

pub(crate) fn input() -> impl Strategy<Value = Input> {
    (vec(any::<u8>(), 0..100), vec(any::<u8>(), 0..100), changes(), changes(), changes())
        .prop_map(|(ikm, ikm_e, public, private, kem_output)| Input { ikm, ikm_e, public, private, kem_output })
}

pub(crate) fn check(both: Both, input: &Input) {
    let (private, public) = both
        .same(|suite| {
            let pair = suite.derive_key_pair(&input.ikm)?;
            Ok((pair.private.as_bytes().to_vec(), pair.public))
        })
        .unwrap();
    let encap = |public: &[u8]| {
        both.same(|suite| {
            let encapsulation = suite.provider().kem().encap(public, &input.ikm_e)?;
            Ok((encapsulation.kem_output, exposed(encapsulation.shared_secret)))
        })
    };
    let decap = |private: &[u8], kem_output: &[u8]| {
        both.same(|suite| suite.provider().kem().decap(private, kem_output).map(exposed))
    };
    let (kem_output, shared) = encap(public.as_bytes()).unwrap();
    assert_eq!(decap(&private, &kem_output), Ok(shared));

    let changed = input.public.apply(public.as_bytes());
    let checked = both.same(|suite| suite.check_hpke_public_key(&changed));
    assert_eq!(encap(&changed).map(|_| ()), checked);
    let _ = decap(&private, &input.kem_output.apply(&kem_output));

    let changed = input.private.apply(&private);
    let _ = both.same(|suite| suite.provider().kem().public_key(&changed));
    let _ = decap(&changed, &kem_output);
}

#[derive(Clone, Debug)]
pub(crate) struct SealedInput {
    ikm: Vec<u8>,
    seed: u64,
    label: Vec<u8>,
    context: Vec<u8>,
    plaintext: Vec<u8>,
    public: Changes,
    kem_output: Changes,
    ciphertext: Changes,
}

pub(crate) fn sealed_input() -> impl Strategy<Value = SealedInput> {
    let texts = (vec(any::<u8>(), 0..40), vec(any::<u8>(), 0..300), vec(any::<u8>(), 0..300));
    (vec(any::<u8>(), 0..100), any::<u64>(), texts, changes(), changes(), changes()).prop_map(
        |(ikm, seed, (label, context, plaintext), public, kem_output, ciphertext)| SealedInput {
            ikm,
            seed,
            label,
            context,
            plaintext,
            public,
            kem_output,
            ciphertext,
        },
    )
}

pub(crate) fn check_sealed(both: Both, input: &SealedInput) {
    let SealedInput { label, context, plaintext, seed, .. } = input;
    let pair = both.ours.derive_key_pair(&input.ikm).unwrap();
    let seal = |public: &HpkePublicKey| {
        let seal = |suite: mls_crypto_traits::Suite<'_>| {
            suite.encrypt_with_label(public, label, context, plaintext, &mut Replay { seed: *seed })
        };
        both.same(seal)
    };
    let open = |private: &HpkePrivateKey, sealed: &HpkeCiphertext| {
        both.same(|suite| suite.decrypt_with_label(private, label, context, sealed).map(exposed))
    };
    let sealed = seal(&pair.public).unwrap();
    assert_eq!(open(&pair.private, &sealed).as_ref(), Ok(plaintext));

    let _ = seal(&HpkePublicKey::from(input.public.apply(pair.public.as_bytes())));
    let changed = HpkeCiphertext {
        kem_output: input.kem_output.apply(&sealed.kem_output),
        ciphertext: input.ciphertext.apply(&sealed.ciphertext),
    };
    let _ = open(&pair.private, &changed);

    let external = both.same(|suite| {
        let (kem_output, secret) = suite.external_init_sender(&pair.public, &mut Replay { seed: *seed })?;
        Ok((kem_output, exposed(secret)))
    });
    let (kem_output, secret) = external.unwrap();
    let received = both.same(|suite| suite.external_init_receiver(&pair.private, &kem_output).map(exposed));
    assert_eq!(received, Ok(secret));
}
