//! What the operations of each suite take through `Suite` on each backend, and what the same work takes in bare calls of
//! the library: `make bench-crypto`.
//!
//! Both are measured in turn, in rounds of a millisecond or so; the medians are shown. With a path as argument, the
//! table is written there between its two marks. Another argument picks the backends that contain it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    reason = "a measurement"
)]

mod bare;
mod inputs;
mod measure;
mod table;

use mls_crypto_awslc::AwsLcProvider;
use mls_crypto_openssl::OpenSslProvider;
use mls_crypto_rustcrypto::RustCryptoProvider;
use mls_crypto_traits::CryptoProvider;

use bare::{Operations, aws_lc, openssl, rust_crypto};
use inputs::{Inputs, Ours};
use measure::{Pair, compare};
use table::Table;

/// Makes a suite's operations in bare calls.
type MakeBare = fn(&Inputs) -> Box<dyn Operations + '_>;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let wanted = |name: &str| arguments.iter().all(|argument| argument.ends_with(".md") || name.contains(argument));
    let openssl_provider = OpenSslProvider::new().unwrap();
    let backends: [(&'static str, &dyn CryptoProvider, MakeBare); 3] = [
        ("AWS-LC", &AwsLcProvider::new(), aws_lc::operations),
        ("OpenSSL", &openssl_provider, openssl::operations),
        ("RustCrypto", &RustCryptoProvider::new(), rust_crypto::operations),
    ];
    let mut table = Table::default();
    println!("{}", ::openssl::version::version());
    for (name, provider, make_bare) in backends {
        if !wanted(name) {
            continue;
        }
        for id in provider.cipher_suites() {
            let suite = provider.suite(id).unwrap();
            let inputs = Inputs::new(suite);
            let (mut ours, mut bare) = (Ours::new(suite, &inputs), make_bare(&inputs));
            let row = measure_all(&mut ours, &mut *bare);
            table.add(name, u16::from(id), row);
        }
    }
    println!("{table}");
    if let Some(path) = arguments.iter().find(|argument| argument.ends_with(".md")) {
        table.write_into(path);
    }
}

fn measure_all(ours: &mut dyn Operations, bare: &mut dyn Operations) -> [Pair; 8] {
    assert!(ours.verify() && bare.verify(), "a signature does not verify");
    [
        compare(&mut || ours.sign(), &mut || bare.sign()),
        compare(&mut || _ = ours.verify(), &mut || _ = bare.verify()),
        compare(&mut || ours.hpke_seal(), &mut || bare.hpke_seal()),
        compare(&mut || ours.hpke_open(), &mut || bare.hpke_open()),
        compare(&mut || ours.derive(), &mut || bare.derive()),
        compare(&mut || ours.hash(), &mut || bare.hash()),
        compare(&mut || ours.aead_seal(), &mut || bare.aead_seal()),
        compare(&mut || ours.aead_open(), &mut || bare.aead_open()),
    ]
}
