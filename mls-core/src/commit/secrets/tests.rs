use alloc::vec;

use mls_codec::{DecodeErrorKind, encode_opaque};
use proptest::collection;
use proptest::prelude::*;

use super::*;

impl EncryptedPathSecrets {
    /// Changes the list, for tests of what receivers refuse.
    pub(crate) fn edit(&mut self, edit: impl FnOnce(&mut Vec<HpkeCiphertext>)) {
        let mut all = self.iter().collect();
        edit(&mut all);
        *self = Self::new(&all).unwrap();
    }
}

fn sealed(kem_output: Vec<u8>, ciphertext: Vec<u8>) -> HpkeCiphertext {
    HpkeCiphertext { kem_output, ciphertext }
}

proptest! {
    // Lengths are few, so that there are lists in which all are alike and others.
    #[test]
    fn they_are_the_vector_of_ciphertexts(lens in collection::vec((0_usize..2, 0_usize..2), 0..5), fill: u8) {
        let all: Vec<_> = lens.iter().map(|(a, b)| sealed(vec![fill; *a], vec![fill ^ 1; *b])).collect();
        let secrets = EncryptedPathSecrets::new(&all).unwrap();
        let encoded = all.to_bytes().unwrap();
        prop_assert_eq!(secrets.to_bytes().unwrap(), encoded.clone());
        prop_assert_eq!(secrets.encoded_len(), encoded.len());
        let decoded = EncryptedPathSecrets::from_bytes(&encoded).unwrap();
        prop_assert_eq!(&decoded, &secrets);
        for secrets in [secrets, decoded] {
            prop_assert_eq!((secrets.len(), secrets.is_empty()), (all.len(), all.is_empty()));
            prop_assert_eq!(secrets.iter().collect::<Vec<_>>(), all.clone());
            for place in 0..=all.len() {
                prop_assert_eq!(secrets.get(place), all.get(place).cloned());
            }
        }
    }

    #[test]
    fn what_is_no_such_vector_is_refused_alike(bytes in collection::vec(0_u8..4, 0..12)) {
        let found = EncryptedPathSecrets::from_bytes(&bytes).map(|secrets| secrets.iter().collect::<Vec<_>>());
        prop_assert_eq!(found, Vec::<HpkeCiphertext>::from_bytes(&bytes));
    }
}

#[test]
fn a_ciphertext_cut_short_is_named() {
    let mut bytes = Vec::new();
    encode_opaque(&[1, 7, 2, 7], &mut bytes).unwrap();
    let error = EncryptedPathSecrets::from_bytes(&bytes).unwrap_err();
    assert_eq!((error.kind(), error.offset()), (DecodeErrorKind::LengthOverflow, 3));
}
