use mls_codec::{Decode, Encode};

use super::*;
use crate::{CryptoProvider, tests::mock::Mock};

// req: R-5.1-01, R-17.1-02
#[test]
fn the_registry_maps_suites_to_algorithms() {
    use SignatureScheme::{EcdsaP256, EcdsaP384, EcdsaP521, Ed448, Ed25519};
    let rows = [
        (1, 1, 1, 16, 32, Ed25519),
        (2, 1, 1, 16, 32, EcdsaP256),
        (3, 1, 3, 32, 32, Ed25519),
        (4, 3, 2, 32, 64, Ed448),
        (5, 3, 2, 32, 64, EcdsaP521),
        (6, 3, 3, 32, 64, Ed448),
        (7, 2, 2, 32, 48, EcdsaP384),
    ];
    for (id, kdf_id, aead_id, aead_key_len, hash_len, signature) in rows {
        let want = SuiteParams {
            cipher_suite: CipherSuite(id),
            hash_len,
            aead_id,
            aead_key_len,
            aead_nonce_len: 12,
            aead_tag_len: 16,
            kdf_id,
            signature,
        };
        assert_eq!(SuiteParams::registered(CipherSuite(id)), Some(want));
    }
}

// req: R-17.1-03
#[test]
fn unknown_suites_are_kept_and_not_had() {
    let unknown = CipherSuite::from_bytes(&[0x0a, 0x0a]);
    assert_eq!(unknown, Ok(CipherSuite(0x0a0a)));
    assert_eq!(CipherSuite(0x0a0a).to_bytes(), Ok(alloc::vec![0x0a, 0x0a]));
    for id in [CipherSuite(0), CipherSuite(8), CipherSuite(0x0a0a)] {
        assert_eq!(SuiteParams::registered(id), None);
        assert!(CryptoProvider::suite(&Mock::new(), id).is_none());
    }
    assert!(CipherSuite(0xf000).is_private_use());
    assert!(CipherSuite(0xffff).is_private_use());
    assert!(!CipherSuite(0xefff).is_private_use());
}
