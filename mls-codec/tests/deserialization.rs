//! The official vectors `deserialization.json`: headers of vectors and the lengths that they mean.

use std::path::{Path, PathBuf};

use mls_codec::{Encode, Reader, decode_header, encode_header, header_len};

fn directory() -> PathBuf {
    std::env::var_os("MLS_TEST_VECTORS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/test-vectors"), PathBuf::from)
}

// req: R-2.1.2-01, R-2.1.2-02
#[test]
fn deserialization() {
    let path = directory().join("deserialization.json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: no vectors at {}", path.display());
        return;
    };
    let cases: serde_json::Value = serde_json::from_str(&text).unwrap();
    let cases = cases.as_array().unwrap();
    assert_eq!(cases.len(), 14);
    for case in cases {
        let header = hex::decode(case["vlbytes_header"].as_str().unwrap()).unwrap();
        let len = usize::try_from(case["length"].as_u64().unwrap()).unwrap();

        let mut r = Reader::new(&header);
        assert_eq!(decode_header(&mut r), Ok(len), "{case}");
        assert!(r.is_empty(), "{case}");

        let mut encoded = Vec::new();
        encode_header(len, &mut encoded).unwrap();
        assert_eq!(encoded, header, "{case}");
        assert_eq!(header_len(len), header.len(), "{case}");

        // The vector itself, where it is of a size to make.
        if len <= 1 << 20 {
            let body = vec![0x5a; len];
            let vector = body.to_bytes().unwrap();
            assert_eq!(vector, [header, body.clone()].concat(), "{case}");
            assert_eq!(Reader::new(&vector).opaque(), Ok(&body[..]), "{case}");
        }
    }
}
