//! HPKE.

use super::{
    hpke_vectors::{HpkeVector, VECTORS},
    report::{Recorder, SkipReason},
    unhex,
};
use crate::{
    CryptoError, HpkeCiphertext, HpkePublicKey, Suite,
    hpke::{self, Mode},
};

/// What RFC 9180 Appendix A encrypts in every case, with the `info`, the PSK and the exporter context.
const INFO: &[u8] = b"Ode on a Grecian Urn";
const PLAINTEXT: &[u8] = b"Beauty is truth, truth beauty";
const PSK: &str = "0247fd33b913760fa1fa51e1892d9f307fbe65eb171e8132c2af18555a738b82";
const PSK_ID: &[u8] = b"Ennyn Durin aran Moria";
const EXPORTER_CONTEXT: &[u8] = b"TestContext";

pub(super) fn run(suite: Suite<'_>, recorder: &mut Recorder<'_>) {
    let params = suite.provider().params();
    let ids = [suite.provider().kem().kem_id(), params.kdf_id, params.aead_id];
    let fitting = VECTORS.iter().filter(|vector| vector.ids == ids);
    if fitting.clone().count() == 0 {
        recorder.skip(SkipReason::OtherAlgorithm, 1);
    }
    for vector in fitting {
        let worked = run_vector(suite, vector, recorder);
        recorder.check(vector.name, worked.is_ok());
    }
}

fn run_vector(suite: Suite<'_>, vector: &HpkeVector, recorder: &mut Recorder<'_>) -> Result<(), CryptoError> {
    let name = vector.name;
    let psk = unhex(PSK);
    let mode = if vector.psk { Mode::Psk { psk: &psk, psk_id: PSK_ID } } else { Mode::Base };
    let pair = suite.derive_key_pair(&unhex(vector.ikm_r))?;
    recorder.check(std::format!("{name}: pkRm"), pair.public.as_bytes() == unhex(vector.public_r));
    let kem_output = unhex(vector.kem_output);
    let shared = suite.provider().kem().decap(pair.private.as_bytes(), &kem_output);
    recorder.gives(std::format!("{name}: shared_secret"), &shared, &unhex(vector.shared_secret));

    let mut receiver = hpke::setup_receiver(suite, mode, &pair.private, &kem_output, INFO)?;
    let wrong = receiver.open(b"Count-1", &unhex(vector.first));
    recorder.refuses(std::format!("{name}: wrong aad"), &wrong, CryptoError::InvalidCiphertext);
    for (number, ct) in [(0, vector.first), (1, vector.second)] {
        let aad = std::format!("Count-{number}");
        let opened = receiver.open(aad.as_bytes(), &unhex(ct));
        recorder.gives(std::format!("{name}: open {number}"), &opened, PLAINTEXT);
    }
    let exported = receiver.export(EXPORTER_CONTEXT, 32);
    recorder.gives(std::format!("{name}: export"), &exported, &unhex(vector.exported));

    send(suite, vector, mode, &pair.public, recorder)?;
    let single = HpkeCiphertext { kem_output, ciphertext: unhex(vector.first) };
    let opened = hpke::open(suite, mode, &pair.private, INFO, b"Count-0", &single);
    recorder.gives(std::format!("{name}: single shot"), &opened, PLAINTEXT);
    Ok(())
}

/// The sender's side: 257 messages, of which the RFC gives the first two and the last.
fn send(
    suite: Suite<'_>,
    vector: &HpkeVector,
    mode: Mode<'_>,
    public: &HpkePublicKey,
    recorder: &mut Recorder<'_>,
) -> Result<(), CryptoError> {
    let name = vector.name;
    let ikm_e = unhex(vector.ikm_e);
    let (kem_output, mut sender) = hpke::setup_sender_from_ikm(suite, mode, public, INFO, &ikm_e)?;
    let (again, _) = hpke::setup_sender_from_ikm(suite, mode, public, INFO, &ikm_e)?;
    if kem_output != again {
        recorder.skip(SkipReason::OwnRandomness, 1);
        return Ok(());
    }
    recorder.check(std::format!("{name}: enc"), kem_output == unhex(vector.kem_output));
    for number in 0..=256_u16 {
        let sealed = sender.seal(std::format!("Count-{number}").as_bytes(), PLAINTEXT);
        let want = match number {
            0 => vector.first,
            1 => vector.second,
            256 => vector.last,
            _ => continue,
        };
        recorder.gives(std::format!("{name}: seal {number}"), &sealed, &unhex(want));
    }
    let exported = sender.export(EXPORTER_CONTEXT, 32);
    recorder.gives(std::format!("{name}: sender's export"), &exported, &unhex(vector.exported));
    Ok(())
}
