//! Tests of the credential codec.

#![allow(clippy::unwrap_used, reason = "tests")]

use alloc::vec;

use mls_codec::{Decode, DecodeError, DecodeErrorKind, Encode};

use super::*;

// req: R-5.3-01, R-17.5-01
#[test]
fn a_basic_credential_is_its_identity() {
    let credential = Credential::basic(*b"abc");
    assert_eq!(credential.credential_type(), CredentialType::BASIC);
    let bytes = [0, 1, 3, b'a', b'b', b'c'];
    assert_eq!(credential.to_bytes().unwrap(), bytes);
    assert_eq!(Credential::from_bytes(&bytes), Ok(credential));
}

// req: R-5.3-03, R-17.5-01
#[test]
fn an_x509_credential_is_a_vector_of_certificates() {
    let certificate = |byte| Certificate { cert_data: vec![byte; 2] };
    let credential = Credential::X509 { certificates: vec![certificate(7), certificate(8)] };
    let bytes = [0, 2, 6, 2, 7, 7, 2, 8, 8];
    assert_eq!(credential.to_bytes().unwrap(), bytes);
    assert_eq!(Credential::from_bytes(&bytes), Ok(credential));
    // An empty chain decodes: it is the identity check that refuses it.
    assert_eq!(Credential::from_bytes(&[0, 2, 0]), Ok(Credential::X509 { certificates: vec![] }));
}

#[test]
fn an_unknown_credential_keeps_type_and_body() {
    let bytes = [0x0a, 0x0a, 2, 5, 6];
    let credential = Credential::from_bytes(&bytes).unwrap();
    let want = Credential::Other { credential_type: CredentialType(0x0a0a), body: vec![5, 6] };
    assert_eq!(credential, want);
    assert_eq!(credential.to_bytes().unwrap(), bytes);
}

#[test]
fn a_certificate_beyond_its_vector_is_refused() {
    let want = DecodeError::new(DecodeErrorKind::LengthOverflow, 3);
    assert_eq!(Credential::from_bytes(&[0, 2, 2, 2, 7, 7]), Err(want));
}
