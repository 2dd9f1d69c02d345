//! What this crate reads of a certificate, `x509-parser` reads as well: a reader that shares no code with ours.

use der::{Decode, Encode};
use x509_cert::Certificate;
use x509_parser::parse_x509_certificate;

use crate::openssl::{ALGORITHMS, Fixture};

fn without_sign(serial: &[u8]) -> &[u8] {
    let zeros = serial.iter().take_while(|octet| **octet == 0).count();
    &serial[zeros..]
}

#[test]
fn another_reader_reads_the_same() {
    let mut seen = 0;
    for (name, _) in ALGORITHMS {
        for der in Fixture::read(name).certificates() {
            let ours = Certificate::from_der(der).unwrap();
            let (rest, theirs) = parse_x509_certificate(der).unwrap();
            assert!(rest.is_empty());
            let tbs = ours.tbs_certificate();
            assert_eq!(without_sign(theirs.raw_serial()), without_sign(tbs.serial_number().as_bytes()), "{name}");
            assert_eq!(theirs.subject().as_raw(), tbs.subject().to_der().unwrap(), "{name}");
            assert_eq!(theirs.issuer().as_raw(), tbs.issuer().to_der().unwrap(), "{name}");
            let key = tbs.subject_public_key_info().subject_public_key.raw_bytes();
            assert_eq!(&*theirs.public_key().subject_public_key.data, key, "{name}");
            let seconds = |at: x509_parser::time::ASN1Time| u64::try_from(at.timestamp()).unwrap();
            let validity = tbs.validity();
            assert_eq!(
                seconds(theirs.validity().not_before),
                validity.not_before.to_unix_duration().as_secs(),
                "{name}"
            );
            assert_eq!(seconds(theirs.validity().not_after), validity.not_after.to_unix_duration().as_secs(), "{name}");
            let extensions = tbs.extensions().cloned().unwrap_or_default();
            assert_eq!(theirs.extensions().len(), extensions.len(), "{name}");
            for (theirs, ours) in theirs.extensions().iter().zip(&extensions) {
                assert_eq!(theirs.oid.to_id_string(), ours.extn_id.to_string(), "{name}");
                assert_eq!((theirs.critical, theirs.value), (ours.critical, ours.extn_value.as_bytes()), "{name}");
            }
            seen += 1;
        }
    }
    assert!(seen > 100, "{seen} certificates");
}
