//! Good and bad chains, for every signature scheme of the suites: one thing is changed in each.

use der::Decode;
use der::Encode;
use der::asn1::{Ia5String, ObjectIdentifier, OctetString};
use mls_core::credential::Credential;
use mls_core::env::UnixTime;
use mls_crypto_traits::CipherSuite;
use mls_identity_x509::issue::{Authority, CertificateSpec};
use mls_identity_x509::{ExtendedKeyUsage, ID_KP_IM_URI, Pin, X509Error, credential};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::constraints::name::{GeneralSubtree, NameConstraints};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{KeyUsage, KeyUsages};

use crate::support::*;

const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
const ANY_USAGE: &str = "2.5.29.37.0";

fn issuer_spec() -> CertificateSpec {
    CertificateSpec::authority("CN=Issuer,O=Example", VALID).unwrap()
}

fn for_every_suite(test: impl Fn(CipherSuite)) {
    SUITES.into_iter().for_each(test);
}

/// A PKI whose issuer's certificate is as `spec` says, and the verdict on its good leaf.
fn with_issuer(suite: CipherSuite, spec: &CertificateSpec) -> Result<mls_core::identity::MemberId, X509Error> {
    let mut pki = Pki::with_issuer(suite, spec);
    let chain = pki.chain();
    pki.verdict(chain)
}

fn with_leaf(suite: CipherSuite, spec: &CertificateSpec) -> Result<mls_core::identity::MemberId, X509Error> {
    let mut pki = Pki::new(suite);
    let chain = vec![pki.leaf(spec), pki.issuer.certificate().to_vec()];
    pki.verdict(chain)
}

#[test]
fn a_good_chain_names_its_member() {
    for_every_suite(|suite| {
        let mut pki = Pki::new(suite);
        let chain = pki.chain();
        assert_eq!(pki.verdict(chain), alice());
    });
}

#[test]
fn the_root_may_be_included_or_not_and_issuers_come_in_any_order() {
    for_every_suite(|suite| {
        let mut pki = Pki::new(suite);
        let [leaf, issuer] = <[_; 2]>::try_from(pki.chain()).unwrap();
        let root = pki.root.certificate().to_vec();
        assert_eq!(pki.verdict(vec![leaf.clone(), issuer.clone(), root.clone()]), alice());
        assert_eq!(pki.verdict(vec![leaf, root, issuer]), alice());
    });
}

// req: R-5.3-04
#[test]
fn a_configured_issuer_may_be_left_out() {
    for_every_suite(|suite| {
        let mut pki = Pki::new(suite);
        let leaf = pki.leaf(&leaf_spec());
        assert_eq!(pki.verdict(vec![leaf.clone()]), Err(X509Error::UnknownIssuer));
        let provider = pki.provider().intermediate(pki.issuer.certificate()).unwrap();
        assert_eq!(pki.verdict_by(provider, vec![leaf]), alice());
    });
}

#[test]
fn a_certificate_outside_of_its_validity_is_refused() {
    for_every_suite(|suite| {
        for (validity, error) in [(PAST, X509Error::Expired), (FUTURE, X509Error::NotYetValid)] {
            let leaf = CertificateSpec::end_entity("CN=Alice", validity).unwrap().uri(URI).unwrap();
            assert_eq!(with_leaf(suite, &leaf), Err(error));
            let issuer = CertificateSpec::authority("CN=Issuer,O=Example", validity).unwrap();
            assert_eq!(with_issuer(suite, &issuer), Err(error));
        }
    });
}

#[test]
fn both_ends_of_validity_belong_to_it() {
    let mut pki = Pki::new(SUITES[0]);
    let chain = credential(pki.chain());
    let provider = pki.provider().build().unwrap();
    let at = |now| provider.verify(&chain, pki.device.public_key(), UnixTime(now));
    let (begin, end) = (VALID.0.0, VALID.1.0);
    assert_eq!(at(begin), alice());
    assert_eq!(at(end), alice());
    assert_eq!(at(begin - 1), Err(X509Error::NotYetValid));
    assert_eq!(at(end + 1), Err(X509Error::Expired));
    assert_eq!(at(u64::MAX), Err(X509Error::Expired));
    assert_eq!(at(0), Err(X509Error::NotYetValid));
}

#[test]
fn a_validity_that_ends_before_it_begins_is_refused() {
    let leaf = CertificateSpec::end_entity("CN=Alice", (VALID.1, VALID.0)).unwrap().uri(URI).unwrap();
    assert_eq!(with_leaf(SUITES[0], &leaf), Err(X509Error::InvalidValidity));
}

#[test]
fn an_issuer_of_another_name_or_key_is_refused() {
    for_every_suite(|suite| {
        let mut pki = Pki::new(suite);
        // Of another name: nobody has issued it.
        let other = CertificateSpec::authority("CN=Another,O=Example", VALID).unwrap();
        let other = below(&pki.root, &other, key(suite, 9), &mut pki.rng);
        let leaf = other.issue(&leaf_spec(), pki.device.public_key(), &mut pki.rng).unwrap();
        let chain = vec![leaf, pki.issuer.certificate().to_vec()];
        assert_eq!(pki.verdict(chain), Err(X509Error::UnknownIssuer));
        // Of the same name with another key: the signature is another's.
        let impostor = Authority::self_signed(&issuer_spec(), key(suite, 9), &mut pki.rng).unwrap();
        let leaf = impostor.issue(&leaf_spec(), pki.device.public_key(), &mut pki.rng).unwrap();
        let chain = vec![leaf, pki.issuer.certificate().to_vec()];
        assert_eq!(pki.verdict(chain), Err(X509Error::InvalidSignature));
    });
}

#[test]
fn a_broken_signature_is_refused() {
    for_every_suite(|suite| {
        let mut pki = Pki::new(suite);
        let good = pki.chain();
        for index in [0, 1] {
            let mut chain = good.clone();
            // The last byte belongs to S: what results is another number, mostly in range.
            let at = chain[index].len() - 20;
            chain[index][at] ^= 1;
            assert_eq!(pki.verdict(chain), Err(X509Error::InvalidSignature), "{suite:?}, certificate {index}");
        }
    });
}

#[test]
fn an_issuer_without_the_ca_bit_is_refused() {
    for_every_suite(|suite| {
        let issuer = CertificateSpec::end_entity("CN=Issuer,O=Example", VALID).unwrap();
        let issuer = issuer.key_usage(Some(KeyUsage(KeyUsages::KeyCertSign.into())));
        assert_eq!(with_issuer(suite, &issuer), Err(X509Error::IssuerNotCa));
    });
}

#[test]
fn a_path_that_is_too_long_is_refused() {
    for_every_suite(|suite| {
        for (length, verdict) in [(0, Err(X509Error::PathLengthExceeded)), (1, alice())] {
            let mut pki = Pki::with_issuer(suite, &issuer_spec().path_length(length));
            let sub = CertificateSpec::authority("CN=Sub,O=Example", VALID).unwrap();
            let sub = below(&pki.issuer, &sub, key(suite, 5), &mut pki.rng);
            let leaf = sub.issue(&leaf_spec(), pki.device.public_key(), &mut pki.rng).unwrap();
            let chain = vec![leaf, sub.certificate().to_vec(), pki.issuer.certificate().to_vec()];
            assert_eq!(pki.verdict(chain), verdict);
        }
    });
}

#[test]
fn key_usages_are_looked_at() {
    for_every_suite(|suite| {
        let agreement = Some(KeyUsage(KeyUsages::KeyAgreement.into()));
        assert_eq!(with_leaf(suite, &leaf_spec().key_usage(agreement)), Err(X509Error::LeafKeyUsage));
        assert_eq!(with_leaf(suite, &leaf_spec().key_usage(None)), alice());
        let signature = Some(KeyUsage(KeyUsages::DigitalSignature.into()));
        assert_eq!(with_issuer(suite, &issuer_spec().key_usage(signature)), Err(X509Error::CaKeyUsage));
        assert_eq!(with_issuer(suite, &issuer_spec().key_usage(None)), alice());
    });
}

#[test]
fn extended_key_usages_are_looked_at() {
    for_every_suite(|suite| {
        let of = |usages: &[&str]| leaf_spec().extended_key_usage(usages).unwrap();
        let (none, server, both) = (of(&[]), of(&[SERVER_AUTH]), of(&[SERVER_AUTH, ID_KP_IM_URI]));
        let missing = || Err(X509Error::LeafExtendedKeyUsage);
        // Which of the leaves pass: none, serverAuth, serverAuth and imUri.
        let table = [
            (ExtendedKeyUsage::any(), [alice(), alice(), alice()]),
            (ExtendedKeyUsage::default(), [alice(), missing(), alice()]),
            (ExtendedKeyUsage::im_uri(), [missing(), missing(), alice()]),
            (ExtendedKeyUsage::one_of(&[SERVER_AUTH]).unwrap(), [missing(), alice(), alice()]),
        ];
        for (wanted, verdicts) in table {
            for (spec, verdict) in [&none, &server, &both].into_iter().zip(verdicts) {
                let mut pki = Pki::new(suite);
                let chain = vec![pki.leaf(spec), pki.issuer.certificate().to_vec()];
                let provider = pki.provider().extended_key_usage(wanted.clone());
                assert_eq!(pki.verdict_by(provider, chain), verdict, "{wanted:?}");
            }
        }
    });
}

#[test]
fn an_issuer_may_be_restricted_to_other_usages() {
    let of = |usages: &[&str]| issuer_spec().extended_key_usage(usages).unwrap();
    assert_eq!(with_issuer(SUITES[0], &of(&[SERVER_AUTH])), Err(X509Error::CaExtendedKeyUsage));
    assert_eq!(with_issuer(SUITES[0], &of(&[ID_KP_IM_URI])), alice());
    assert_eq!(with_issuer(SUITES[0], &of(&[ANY_USAGE])), alice());
}

fn constraints(permitted: Option<GeneralName>, excluded: Option<GeneralName>) -> Extension {
    let tree = |name: GeneralName| vec![GeneralSubtree { base: name, minimum: 0, maximum: None }];
    let value = NameConstraints { permitted_subtrees: permitted.map(tree), excluded_subtrees: excluded.map(tree) };
    Extension {
        extn_id: ObjectIdentifier::new("2.5.29.30").unwrap(),
        critical: true,
        extn_value: OctetString::new(value.to_der().unwrap()).unwrap(),
    }
}

fn ia5(text: &str) -> Ia5String {
    Ia5String::new(text).unwrap()
}

#[test]
fn a_name_outside_of_the_constraints_is_refused() {
    for_every_suite(|suite| {
        let dns = GeneralName::DnsName(ia5("example.org"));
        let issuer = issuer_spec().extension(constraints(Some(dns.clone()), None));
        let verdict = |name: &str| {
            let mut pki = Pki::with_issuer(suite, &issuer);
            let chain = vec![pki.leaf(&leaf_spec().dns(name).unwrap()), pki.issuer.certificate().to_vec()];
            pki.verdict(chain)
        };
        assert_eq!(verdict("phone.example.org"), alice());
        assert_eq!(verdict("phone.example.com"), Err(X509Error::NameConstraintViolated));
        let issuer = issuer_spec().extension(constraints(None, Some(dns)));
        let mut pki = Pki::with_issuer(suite, &issuer);
        let chain = vec![pki.leaf(&leaf_spec().dns("a.example.org").unwrap()), pki.issuer.certificate().to_vec()];
        assert_eq!(pki.verdict(chain), Err(X509Error::NameConstraintViolated));
    });
}

#[test]
fn constraints_on_uris_are_not_supported() {
    for_every_suite(|suite| {
        let uri = || GeneralName::UniformResourceIdentifier(ia5("example.org"));
        for extension in [constraints(Some(uri()), None), constraints(None, Some(uri()))] {
            let refused = Err(X509Error::UnsupportedNameConstraint);
            assert_eq!(with_issuer(suite, &issuer_spec().extension(extension.clone())), refused);
            // In the root, too.
            let root = CertificateSpec::authority("CN=Root,O=Example", VALID).unwrap().extension(extension);
            let mut pki = Pki::with(suite, &root, &issuer_spec());
            let chain = pki.chain();
            assert_eq!(pki.verdict(chain), refused);
        }
    });
}

#[test]
fn unknown_critical_extensions_are_refused() {
    let unknown = |critical| Extension {
        extn_id: ObjectIdentifier::new("1.3.6.1.4.1.99999.1").unwrap(),
        critical,
        extn_value: OctetString::new([5, 0]).unwrap(),
    };
    for_every_suite(|suite| {
        let refused = Err(X509Error::UnknownCriticalExtension);
        assert_eq!(with_leaf(suite, &leaf_spec().extension(unknown(true))), refused);
        assert_eq!(with_issuer(suite, &issuer_spec().extension(unknown(true))), refused);
        assert_eq!(with_leaf(suite, &leaf_spec().extension(unknown(false))), alice());
        assert_eq!(with_issuer(suite, &issuer_spec().extension(unknown(false))), alice());
    });
}

// req: R-5.3-03
#[test]
fn the_end_entity_is_first() {
    for_every_suite(|suite| {
        let mut pki = Pki::new(suite);
        let [leaf, issuer] = <[_; 2]>::try_from(pki.chain()).unwrap();
        assert_eq!(pki.verdict(vec![issuer.clone(), leaf.clone()]), Err(X509Error::EndEntityNotFirst));
        // Behind somebody else's.
        let other = pki.issuer.issue(&leaf_spec(), key(suite, 8).public_key(), &mut pki.rng).unwrap();
        assert_eq!(pki.verdict(vec![other, leaf, issuer.clone()]), Err(X509Error::EndEntityNotFirst));
        assert_eq!(pki.verdict(vec![issuer]), Err(X509Error::EndEntityIsCa));
    });
}

#[test]
fn a_certificate_twice_is_refused() {
    for_every_suite(|suite| {
        let mut pki = Pki::new(suite);
        let chain = pki.chain();
        for (copied, index) in [(0, 2), (1, 2)] {
            let mut chain = chain.clone();
            chain.push(chain[copied].clone());
            assert_eq!(pki.verdict(chain), Err(X509Error::DuplicateCertificate { index }));
        }
    });
}

// req: R-5.3-02
#[test]
fn another_key_than_the_leafs_is_refused() {
    for_every_suite(|suite| {
        let mut pki = Pki::new(suite);
        let chain = credential(pki.chain());
        let provider = pki.provider().build().unwrap();
        for other in SUITES.map(|other| key(other, 9)) {
            let verdict = provider.verify(&chain, other.public_key(), NOW);
            assert_eq!(verdict, Err(X509Error::LeafKeyMismatch));
        }
    });
}

/// The same 32 bits as a key of X25519, the same point as one of another curve.
#[test]
fn a_key_of_another_algorithm_is_refused() {
    let replace = |der: &[u8], from: &[u8], to: &[u8]| {
        let at = der.windows(from.len()).rposition(|window| window == from).unwrap();
        [&der[..at], to, &der[at + from.len()..]].concat()
    };
    let oid = |dotted: &str| ObjectIdentifier::new(dotted).unwrap().to_der().unwrap();
    // The identifier of the key is the last of its kind in the certificate's body but for the signature's: take the
    // place before the key itself.
    let (ed25519, p256) = (SUITES[0], SUITES[1]);
    let mut pki = Pki::new(ed25519);
    let [leaf, issuer] = <[_; 2]>::try_from(pki.chain()).unwrap();
    let bits = pki.device.public_key().as_bytes();
    let spki = |id: &str| [&[0x30, 0x05][..], &oid(id), &[0x03, 0x21, 0x00], bits].concat();
    let x25519 = replace(&leaf, &spki("1.3.101.112"), &spki("1.3.101.110"));
    assert_eq!(pki.verdict(vec![x25519, issuer]), Err(X509Error::UnsupportedLeafKey));

    let mut pki = Pki::new(p256);
    let [leaf, issuer] = <[_; 2]>::try_from(pki.chain()).unwrap();
    let before_key =
        [&oid("1.2.840.10045.3.1.7")[..], &[0x03, 0x42, 0x00], pki.device.public_key().as_bytes()].concat();
    // prime192v2 has an identifier of the same length.
    let after = [&oid("1.2.840.10045.3.1.2")[..], &[0x03, 0x42, 0x00], pki.device.public_key().as_bytes()].concat();
    let other_curve = replace(&leaf, &before_key, &after);
    assert_eq!(pki.verdict(vec![other_curve, issuer]), Err(X509Error::UnsupportedLeafKey));
}

#[test]
fn the_algorithm_of_a_signature_is_that_of_the_key() {
    // Both identifiers say Ed448 where the key is for Ed25519, or only one of them does.
    let mut pki = Pki::new(SUITES[0]);
    let [leaf, issuer] = <[_; 2]>::try_from(pki.chain()).unwrap();
    let ed25519 = [0x06, 0x03, 0x2b, 0x65, 0x70];
    let places: Vec<usize> = (0..leaf.len() - 5).filter(|at| leaf[*at..*at + 5] == ed25519).collect();
    let [inner, _, outer] = <[usize; 3]>::try_from(places).unwrap();
    let confused = |places: &[usize]| {
        let mut leaf = leaf.clone();
        for at in places {
            leaf[at + 4] = 0x71;
        }
        pki.verdict(vec![leaf, issuer.clone()])
    };
    assert_eq!(confused(&[inner, outer]), Err(X509Error::AlgorithmMismatch));
    assert_eq!(confused(&[outer]), Err(X509Error::SignatureAlgorithmMismatch));
    assert_eq!(confused(&[inner]), Err(X509Error::SignatureAlgorithmMismatch));
}

#[test]
fn suites_may_be_mixed_on_a_path() {
    for root in SUITES {
        for issuer in SUITES {
            let mut rng = Seeded(1);
            let root_spec = CertificateSpec::authority("CN=Root,O=Example", VALID).unwrap();
            let root = Authority::self_signed(&root_spec, key(root, 1), &mut rng).unwrap();
            let issuer = below(&root, &issuer_spec(), key(issuer, 2), &mut rng);
            let device = key(SUITES[1], 3);
            let mut pki = Pki { root, issuer, device, rng };
            let chain = pki.chain();
            assert_eq!(pki.verdict(chain), alice());
        }
    }
}

#[test]
fn bytes_behind_a_certificate_are_refused() {
    for_every_suite(|suite| {
        let mut pki = Pki::new(suite);
        let good = pki.chain();
        for index in [0, 1] {
            let mut chain = good.clone();
            chain[index].push(0);
            assert_eq!(pki.verdict(chain), Err(X509Error::TrailingData { index }));
        }
    });
}

// req: R-5.3-03
#[test]
fn chains_of_the_wrong_kind_or_size_are_refused() {
    let mut pki = Pki::new(SUITES[0]);
    let provider = pki.provider().build().unwrap();
    let key = pki.device.public_key().clone();
    assert_eq!(verify(&provider, &Credential::basic("alice"), &key), Err(X509Error::NotX509));
    assert_eq!(verify(&provider, &credential([]), &key), Err(X509Error::EmptyChain));
    let [leaf, issuer] = <[_; 2]>::try_from(pki.chain()).unwrap();
    let many = core::iter::once(leaf.clone()).chain(core::iter::repeat_n(issuer.clone(), 8));
    assert_eq!(pki.verdict(many.collect()), Err(X509Error::TooManyCertificates));
    assert_eq!(pki.verdict(vec![leaf.clone(), vec![0x30; 65_536]]), Err(X509Error::ChainTooLong));
    let trailing = |index| X509Error::TrailingData { index };
    let malformed = |index| X509Error::Malformed { index };
    let cases: [(Vec<u8>, &dyn Fn(usize) -> X509Error); 3] =
        [(vec![0x30; 16_384], &trailing), (vec![0xff; 16_384], &malformed), (vec![], &malformed)];
    for (junk, error) in cases {
        assert_eq!(pki.verdict(vec![junk.clone()]), Err(error(0)));
        assert_eq!(pki.verdict(vec![leaf.clone(), junk]), Err(error(1)));
    }
    // A SEQUENCE of the right length with junk inside.
    let mut junk = vec![0x30, 0x82, 0x40, 0x00];
    junk.extend(vec![0x5a; 16_384]);
    assert_eq!(pki.verdict(vec![junk, issuer]), Err(X509Error::Malformed { index: 0 }));
}

#[test]
fn a_pin_is_met_by_the_path_alone() {
    let mut pki = Pki::new(SUITES[0]);
    let chain = pki.chain();
    let leaf = chain[0].clone();
    for pinned in [&leaf[..], pki.issuer.certificate(), pki.root.certificate()] {
        let provider = pki.provider().pin(Pin::key_of(pinned).unwrap());
        assert_eq!(pki.verdict_by(provider, chain.clone()), alice());
    }
    // An authority that stands beside the path.
    let other = CertificateSpec::authority("CN=Other,O=Example", VALID).unwrap();
    let other = below(&pki.root, &other, key(SUITES[0], 8), &mut pki.rng);
    let provider = || pki.provider().pin(Pin::key_of(other.certificate()).unwrap());
    let refused = Err(X509Error::NotPinned);
    assert_eq!(pki.verdict_by(provider(), chain.clone()), refused);
    let appended = [chain, vec![other.certificate().to_vec()]].concat();
    assert_eq!(pki.verdict_by(provider(), appended), refused);
}

#[test]
fn what_is_issued_is_strict_der_with_the_fields_that_were_asked_for() {
    let mut pki = Pki::new(SUITES[0]);
    let leaf = pki.leaf(&leaf_spec());
    let read = x509_cert::Certificate::from_der(&leaf).unwrap();
    assert_eq!(read.to_der().unwrap(), leaf);
    assert_eq!(read.tbs_certificate().serial_number().as_bytes().len(), 16);
}

/// Seven issuers of one name, each of which might have issued each: the search gives up.
#[test]
fn a_maze_of_issuers_is_left() {
    let spec = CertificateSpec::authority("CN=Maze", VALID).unwrap();
    let mut rng = Seeded(1);
    let root = Authority::self_signed(&spec, key(SUITES[0], 1), &mut rng).unwrap();
    let issuers: Vec<_> = (2..9)
        .map(|number| {
            let impostor = Authority::self_signed(&spec, key(SUITES[0], 100), &mut rng).unwrap();
            below(&impostor, &spec, key(SUITES[0], number), &mut rng)
        })
        .collect();
    let mut pki = Pki { root, issuer: issuers[0].clone(), device: key(SUITES[0], 50), rng };
    let mut chain = vec![pki.leaf(&leaf_spec())];
    chain.extend(issuers.iter().map(|issuer| issuer.certificate().to_vec()));
    assert_eq!(pki.verdict(chain), Err(X509Error::PathTooComplex));
}
