#![allow(clippy::unwrap_used, reason = "tests")]

use mls_crypto_traits::SuiteParams;

use super::*;

const PROVIDER: AwsLcProvider = AwsLcProvider::new();

#[test]
fn suites_are_those_of_rfc_9420() {
    let have: Vec<u16> = PROVIDER.cipher_suites().into_iter().map(u16::from).collect();
    assert_eq!(have, [1, 2, 3, 5, 7]);
}

#[test]
fn parameters_are_the_registered_ones() {
    // req: R-5.1-01, R-17.1-02
    let kems = [0x20, 0x10, 0x20, 0x21, 0x12, 0x21, 0x11];
    for id in PROVIDER.cipher_suites() {
        let provider = PROVIDER.provider(id).unwrap();
        assert_eq!(*provider.params(), SuiteParams::registered(id).unwrap());
        let kem = kems.get(usize::from(u16::from(id)) - 1).unwrap();
        assert_eq!(provider.kem().kem_id(), *kem);
    }
}

#[test]
fn other_suites_are_not_there() {
    for id in [0, 4, 6, 8, 0x0a0a, 0xf000, 0xffff] {
        assert!(PROVIDER.provider(CipherSuite::from(id)).is_none());
    }
}
