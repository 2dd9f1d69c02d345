#![allow(clippy::arithmetic_side_effects, clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use mls_crypto_traits::{CryptoError, Dh};

use super::{
    nist::{Nist, NistCurve},
    xdh::Xdh,
};

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

fn agree<D: Dh>(dh: &D, private: &str, public: &str) -> String {
    let private = dh.load_private(&bytes(private)).unwrap();
    let public = dh.load_public(&bytes(public)).unwrap();
    hex::encode(dh.agree(&private, &public).unwrap().as_bytes())
}

fn public_of<D: Dh>(dh: &D, private: &str) -> String {
    hex::encode(dh.public_key(&dh.load_private(&bytes(private)).unwrap()).unwrap())
}

/// Both sides of a published exchange; each side is a private and a public key.
fn exchange<D: Dh>(dh: &D, one: [&str; 2], other: [&str; 2], shared: &str) {
    assert_eq!(public_of(dh, one[0]), one[1]);
    assert_eq!(public_of(dh, other[0]), other[1]);
    assert_eq!(agree(dh, one[0], other[1]), shared);
    assert_eq!(agree(dh, other[0], one[1]), shared);
    let curve = dh.curve();
    assert_eq!(one[0].len(), 2 * curve.private_key_len());
    assert_eq!(one[1].len(), 2 * curve.public_key_len());
    assert_eq!(shared.len(), 2 * curve.shared_point_len());
}

fn refuses_other_lengths<D: Dh>(dh: &D) {
    let curve = dh.curve();
    let lengths = |len: usize| [0, 1, len - 1, len + 1];
    for len in lengths(curve.private_key_len()) {
        let result = dh.load_private(&vec![1; len]).map(|_| ());
        assert_eq!(result, Err(CryptoError::InvalidPrivateKey), "{curve:?}, {len} bytes");
    }
    for len in lengths(curve.public_key_len()) {
        let result = dh.load_public(&vec![4; len]).map(|_| ());
        assert_eq!(result, Err(CryptoError::InvalidPublicKey), "{curve:?}, {len} bytes");
    }
}

#[test]
fn x25519_is_that_of_rfc_7748() {
    exchange(
        &Xdh::X25519,
        [
            "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
            "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
        ],
        [
            "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
            "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
        ],
        "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
    );
    // Section 5.2, the second vector: the top bit of the coordinate is ignored.
    assert_eq!(
        agree(
            &Xdh::X25519,
            "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
            "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
        ),
        "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"
    );
    refuses_other_lengths(&Xdh::X25519);
}

#[test]
fn x448_is_that_of_rfc_7748() {
    let alice = [
        "9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28d\
         d9c9baf574a9419744897391006382a6f127ab1d9ac2d8c0a598726b",
        "9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c\
         22c5d9bbc836647241d953d40c5b12da88120d53177f80e532c41fa0",
    ];
    let bob = [
        "1c306a7ac2a0e2e0990b294470cba339e6453772b075811d8fad0d1d\
         6927c120bb5ee8972b0d3e21374c9c921b09d1b0366f10b65173992d",
        "3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b430\
         27d8b972fc3e34fb4232a13ca706dcb57aec3dae07bdc1c67bf33609",
    ];
    let shared = "07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282b\
        b60c0b56fd2464c335543936521c24403085d59a449a5037514a879d";
    exchange(&Xdh::X448, alice, bob, shared);
    // p + 5, another form of the base point: RFC 7748 takes coordinates modulo p.
    let base = "04000000000000000000000000000000000000000000000000000000\
        ffffffffffffffffffffffffffffffffffffffffffffffffffffffff";
    assert_eq!(agree(&Xdh::X448, alice[0], base), alice[1]);
    refuses_other_lengths(&Xdh::X448);
}

#[test]
fn points_of_small_order_are_refused() {
    let refuses = |dh: Xdh, points: &[String]| {
        for point in points {
            let private = dh.load_private(&vec![0x11; dh.curve().private_key_len()]).unwrap();
            let public = dh.load_public(&bytes(point)).unwrap();
            let result = dh.agree(&private, &public).map(|_| ());
            assert_eq!(result, Err(CryptoError::SharedSecretZero), "{point}");
        }
    };
    refuses(Xdh::X25519, &["00".repeat(32), format!("01{}", "00".repeat(31))]);
    let minus_one = format!("fe{}fe{}", "ff".repeat(27), "ff".repeat(27));
    refuses(Xdh::X448, &["00".repeat(56), format!("01{}", "00".repeat(55)), minus_one]);
}

#[test]
fn other_forms_of_a_point_are_refused() {
    for name in [NistCurve::P256, NistCurve::P384, NistCurve::P521] {
        let dh = Nist::new(name).unwrap();
        let len = dh.curve().private_key_len();
        let one = [&vec![0; len - 1][..], &[1]].concat();
        let base = dh.public_key(&dh.load_private(&one).unwrap()).unwrap();
        assert!(dh.load_public(&base).is_ok());
        let parity = base[2 * len] & 1;
        let mut off = base.clone();
        off[2 * len] ^= 1;
        for (case, point) in [
            ("infinity", vec![0]),
            ("compressed", [&[2 | parity], &base[1..=len]].concat()),
            ("hybrid", [&[6 | parity], &base[1..]].concat()),
            ("off the curve", off),
            ("beyond p", [&[4], &vec![0xff; 2 * len][..]].concat()),
        ] {
            let result = dh.load_public(&point).map(|_| ());
            assert_eq!(result, Err(CryptoError::InvalidPublicKey), "{name:?}, {case}");
        }
    }
}

#[test]
fn nist_curves_are_those_of_rfc_5903() {
    exchange(
        &Nist::new(NistCurve::P256).unwrap(),
        [
            "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433",
            "04dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180\
             5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3",
        ],
        [
            "c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53",
            "04d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63\
             56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
        ],
        "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de",
    );
    exchange(
        &Nist::new(NistCurve::P384).unwrap(),
        [
            "099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655\
             e35b538041e649ee3faef896783ab194",
            "04667842d7d180ac2cde6f74f37551f55755c7645c20ef73e31634fe72b4c55ee6\
             de3ac808acb4bdb4c88732aee95f41aa9482ed1fc0eeb9cafc4984625ccfc23f\
             65032149e0e144ada024181535a0f38eeb9fcff3c2c947dae69b4c634573a81c",
        ],
        [
            "41cb0779b4bdb85d47846725fbec3c9430fab46cc8dc5060855cc9bda0aa2942\
             e0308312916b8ed2960e4bd55a7448fc",
            "04e558dbef53eecde3d3fccfc1aea08a89a987475d12fd950d83cfa41732bc509d\
             0d1ac43a0336def96fda41d0774a3571dcfbec7aacf3196472169e838430367f\
             66eebe3c6e70c416dd5f0c68759dd1fff83fa40142209dff5eaad96db9e6386c",
        ],
        "11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4\
         d603135569b9e9d09cf5d4a270f59746",
    );
    exchange(
        &Nist::new(NistCurve::P521).unwrap(),
        [
            "0037ade9319a89f4dabdb3ef411aaccca5123c61acab57b5393dce47608172a095aa\
             85a30fe1c2952c6771d937ba9777f5957b2639bab072462f68c27a57382d4a52",
            "040015417e84dbf28c0ad3c278713349dc7df153c897a1891bd98bab4357c9ecbee1e3\
             bf42e00b8e380aeae57c2d107564941885942af5a7f4601723c4195d176ced3e\
             017cae20b6641d2eeb695786d8c946146239d099e18e1d5a514c739d7cb4a10a\
             d8a788015ac405d7799dc75e7b7d5b6cf2261a6a7f1507438bf01beb6ca3926f9582",
        ],
        [
            "0145ba99a847af43793fdd0e872e7cdfa16be30fdc780f97bccc3f078380201e9c67\
             7d600b343757a3bdbf2a3163e4c2f869cca7458aa4a4effc311f5cb151685eb9",
            "0400d0b3975ac4b799f5bea16d5e13e9af971d5e9b984c9f39728b5e5739735a219b97\
             c356436adc6e95bb0352f6be64a6c2912d4ef2d0433ced2b6171640012d9460f\
             015c68226383956e3bd066e797b623c27ce0eac2f551a10c2c724d9852077b87\
             220b6536c5c408a1d2aebb8e86d678ae49cb57091f4732296579ab44fcd17f0fc56a",
        ],
        "01144c7d79ae6956bc8edb8e7c787c4521cb086fa64407f97894e5e6b2d79b04d142\
         7e73ca4baa240a34786859810c06b3c715a3a8cc3151f2bee417996d19f3ddea",
    );
    refuses_other_lengths(&Nist::new(NistCurve::P256).unwrap());
    refuses_other_lengths(&Nist::new(NistCurve::P384).unwrap());
    refuses_other_lengths(&Nist::new(NistCurve::P521).unwrap());
}
