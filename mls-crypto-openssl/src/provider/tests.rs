#![allow(clippy::unwrap_used, reason = "tests")]

use mls_crypto_traits::SuiteParams;

use super::*;

fn provider() -> OpenSslProvider {
    OpenSslProvider::new().unwrap()
}

#[test]
fn suites_are_those_of_rfc_9420() {
    let have: Vec<u16> = provider().cipher_suites().into_iter().map(u16::from).collect();
    assert_eq!(have, [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(provider().clone().cipher_suites(), provider().cipher_suites());
}

#[test]
fn parameters_are_the_registered_ones() {
    // req: R-5.1-01, R-17.1-02
    let kems = [0x20, 0x10, 0x20, 0x21, 0x12, 0x21, 0x11];
    let all = provider();
    for id in all.cipher_suites() {
        let provider = all.provider(id).unwrap();
        assert_eq!(*provider.params(), SuiteParams::registered(id).unwrap());
        let kem = kems.get(usize::from(u16::from(id)) - 1).unwrap();
        assert_eq!(provider.kem().kem_id(), *kem);
    }
}

#[test]
fn other_suites_are_not_there() {
    for id in [0, 8, 0x0a0a, 0xf000, 0xffff] {
        assert!(provider().provider(CipherSuite::from(id)).is_none());
    }
}
