//! Authorities, devices and providers for the tests. Everything is drawn from a seed.

use std::sync::Arc;

use mls_core::credential::Credential;
use mls_core::env::UnixTime;
use mls_core::identity::MemberId;
use mls_crypto_awslc::AwsLcProvider;
use mls_crypto_openssl::OpenSslProvider;
use mls_crypto_rustcrypto::RustCryptoProvider;
use mls_crypto_traits::{CipherSuite, CryptoError, CryptoProvider, Rng, SignaturePublicKey, SigningKey};
use mls_identity_x509::issue::{Authority, CertificateSpec, Validity};
use mls_identity_x509::{TrustAnchors, X509Error, X509Identity, X509IdentityBuilder, credential};

pub(crate) const DAY: u64 = 86_400;
/// The middle of 2026.
pub(crate) const NOW: UnixTime = UnixTime(1_782_864_000);
pub(crate) const URI: &str = "im:alice@example.org/phone";

/// 2026 and 2027.
pub(crate) const VALID: Validity = (UnixTime(1_767_225_600), UnixTime(1_830_297_600));
pub(crate) const PAST: Validity = (UnixTime(NOW.0 - 20 * DAY), UnixTime(NOW.0 - 10 * DAY));
pub(crate) const FUTURE: Validity = (UnixTime(NOW.0 + 10 * DAY), UnixTime(NOW.0 + 20 * DAY));

/// One suite for each signature scheme.
pub(crate) const SUITES: [CipherSuite; 5] = [
    CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519,
    CipherSuite::MLS_128_DHKEMP256_AES128GCM_SHA256_P256,
    CipherSuite::MLS_256_DHKEMX448_AES256GCM_SHA512_ED448,
    CipherSuite::MLS_256_DHKEMP521_AES256GCM_SHA512_P521,
    CipherSuite::MLS_256_DHKEMP384_AES256GCM_SHA384_P384,
];

pub(crate) type Crypto = Arc<dyn CryptoProvider>;

pub(crate) fn rustcrypto() -> Crypto {
    Arc::new(RustCryptoProvider::new())
}

pub(crate) fn backends() -> [Crypto; 3] {
    [rustcrypto(), Arc::new(OpenSslProvider::new().unwrap()), Arc::new(AwsLcProvider::new())]
}

/// Counts up: what it gives looks random enough, and is the same in every run.
pub(crate) struct Seeded(pub(crate) u64);

impl Rng for Seeded {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), CryptoError> {
        for byte in out {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = self.0.to_be_bytes()[0];
        }
        Ok(())
    }
}

pub(crate) type Key = Arc<dyn SigningKey>;

/// A key for a suite, by the pure Rust provider, which has them all.
pub(crate) fn key(suite: CipherSuite, seed: u64) -> Key {
    let crypto = rustcrypto();
    let suite = crypto.suite(suite).unwrap();
    let pair = suite.generate_signature_key_pair(&mut Seeded(seed)).unwrap();
    suite.signing_key(&pair.private).unwrap()
}

/// A root, an issuer below it and a device below that, all with keys of one suite.
pub(crate) struct Pki {
    pub(crate) root: Authority,
    pub(crate) issuer: Authority,
    pub(crate) device: Key,
    pub(crate) rng: Seeded,
}

impl Pki {
    pub(crate) fn new(suite: CipherSuite) -> Self {
        Self::with_issuer(suite, &CertificateSpec::authority("CN=Issuer,O=Example", VALID).unwrap())
    }

    pub(crate) fn with_issuer(suite: CipherSuite, issuer: &CertificateSpec) -> Self {
        let root = CertificateSpec::authority("CN=Root,O=Example", VALID).unwrap();
        Self::with(suite, &root, issuer)
    }

    pub(crate) fn with(suite: CipherSuite, root: &CertificateSpec, issuer: &CertificateSpec) -> Self {
        let mut rng = Seeded(7);
        let root = Authority::self_signed(root, key(suite, 1), &mut rng).unwrap();
        let issuer = below(&root, issuer, key(suite, 2), &mut rng);
        Self { root, issuer, device: key(suite, 3), rng }
    }

    /// A provider that trusts the root.
    pub(crate) fn provider(&self) -> X509IdentityBuilder {
        self.provider_with(rustcrypto())
    }

    pub(crate) fn provider_with(&self, crypto: Crypto) -> X509IdentityBuilder {
        X509Identity::builder(crypto, anchors(&[self.root.certificate()]))
    }

    /// The device's certificate as `spec` says.
    pub(crate) fn leaf(&mut self, spec: &CertificateSpec) -> Vec<u8> {
        self.issuer.issue(spec, self.device.public_key(), &mut self.rng).unwrap()
    }

    /// The good chain.
    pub(crate) fn chain(&mut self) -> Vec<Vec<u8>> {
        let leaf = self.leaf(&leaf_spec());
        vec![leaf, self.issuer.certificate().to_vec()]
    }

    /// The verdict on a chain for the device's key.
    pub(crate) fn verdict(&self, chain: Vec<Vec<u8>>) -> Result<MemberId, X509Error> {
        self.verdict_by(self.provider(), chain)
    }

    pub(crate) fn verdict_by(&self, provider: X509IdentityBuilder, chain: Vec<Vec<u8>>) -> Result<MemberId, X509Error> {
        provider.build().unwrap().verify(&credential(chain), self.device.public_key(), NOW)
    }
}

pub(crate) fn below(authority: &Authority, spec: &CertificateSpec, key: Key, rng: &mut Seeded) -> Authority {
    let certificate = authority.issue(spec, key.public_key(), rng).unwrap();
    Authority::new(certificate, key).unwrap()
}

pub(crate) fn leaf_spec() -> CertificateSpec {
    CertificateSpec::end_entity("CN=Alice", VALID).unwrap().uri(URI).unwrap()
}

pub(crate) fn alice() -> Result<MemberId, X509Error> {
    Ok(MemberId(URI.as_bytes().to_vec()))
}

pub(crate) fn anchors(certificates: &[&[u8]]) -> TrustAnchors {
    let mut anchors = TrustAnchors::new();
    for certificate in certificates {
        anchors.add_der(certificate).unwrap();
    }
    anchors
}

/// Verifies at [`NOW`].
pub(crate) fn verify(
    provider: &X509Identity,
    credential: &Credential,
    key: &SignaturePublicKey,
) -> Result<MemberId, X509Error> {
    provider.verify(credential, key, NOW)
}
