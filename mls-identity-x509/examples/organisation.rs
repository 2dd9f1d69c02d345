//! An organisation with a root, an issuer and two devices for each person makes a group, renews a certificate in a
//! commit, revokes a device and removes it.
//!
//! `cargo run -p mls-identity-x509 --features issue --example organisation`

use core::error::Error;
use std::sync::Arc;

use mls_client::mls_crypto_rustcrypto::{OsRng, RustCryptoProvider};
use mls_client::{
    CipherSuite, Client, Clock, CommitOutput, CommitPlan, Event, Group, Identity, LeafChange, LeafIndex, MemoryStorage,
    UnixTime,
};
use mls_crypto_traits::{CryptoProvider, SignaturePrivateKey, SignaturePublicKey, SigningKey};
use mls_identity_x509::issue::{Authority, CertificateSpec, Request, Validity, request};
use mls_identity_x509::{
    ExtendedKeyUsage, ReplaceableLists, Revocation, RevocationLists, TrustAnchors, X509Error, X509Identity, credential,
};

const SUITE: CipherSuite = CipherSuite::MLS_128_DHKEMP256_AES128GCM_SHA256_P256;
const DAY: u64 = 86_400;
/// 1 July 2026: an organisation of flesh and blood takes the system's clock.
const TODAY: UnixTime = UnixTime(1_782_864_000);

type Result<T> = core::result::Result<T, Box<dyn Error>>;

/// A root that is kept offline, and an issuer that is not.
pub(crate) struct Organisation {
    root: Authority,
    issuer: Authority,
    lists: Arc<ReplaceableLists>,
    revoked: Vec<Vec<u8>>,
    updates: u32,
}

/// A person's phone or laptop.
pub(crate) struct Device {
    name: &'static str,
    client: Client,
    identity: Identity,
    certificate: Vec<u8>,
}

impl Organisation {
    pub(crate) fn new() -> Result<Self> {
        let ten_years = days(3650);
        let root = CertificateSpec::authority("CN=Root,O=Example", ten_years)?.path_length(1);
        let root = Authority::self_signed(&root, new_key()?.1, &mut OsRng)?;
        let issuer = CertificateSpec::authority("CN=Devices,O=Example", days(730))?.path_length(0);
        let key = new_key()?.1;
        let issuer = Authority::new(root.issue(&issuer, key.public_key(), &mut OsRng)?, key)?;
        let lists = Arc::new(ReplaceableLists::default());
        let mut organisation = Self { root, issuer, lists, revoked: Vec::new(), updates: 0 };
        organisation.publish()?;
        Ok(organisation)
    }

    /// What every client of the organisation trusts. The issuer is known, so that chains need not contain it.
    pub(crate) fn authentication_service(&self) -> Result<X509Identity> {
        let mut anchors = TrustAnchors::new();
        anchors.add_der(self.root.certificate())?;
        let crypto = Arc::new(RustCryptoProvider::new());
        let provider = X509Identity::builder(crypto, anchors)
            .intermediate(self.issuer.certificate())?
            .extended_key_usage(ExtendedKeyUsage::im_uri())
            .revocation(Revocation::Required, self.lists.clone());
        Ok(provider.build()?)
    }

    /// Issues what is asked for, if it is asked for a device of ours.
    pub(crate) fn sign(&self, csr: &[u8]) -> Result<Vec<u8>> {
        let request = Request::verify(csr, &RustCryptoProvider::new())?;
        Ok(self.issuer.issue(&request.as_asked(days(90))?, request.key(), &mut OsRng)?)
    }

    pub(crate) fn revoke(&mut self, certificate: &[u8]) -> Result<()> {
        self.revoked.push(certificate.to_vec());
        self.publish()
    }

    fn publish(&mut self) -> Result<()> {
        self.updates = self.updates.saturating_add(1);
        let revoked: Vec<&[u8]> = self.revoked.iter().map(Vec::as_slice).collect();
        let (this, next) = days(7);
        let mut lists = RevocationLists::new();
        lists.add_der(&self.root.revocation_list(&[], this, next, self.updates)?)?;
        lists.add_der(&self.issuer.revocation_list(&revoked, this, next, self.updates)?)?;
        self.lists.replace(lists);
        Ok(())
    }
}

impl Device {
    pub(crate) fn new(name: &'static str, organisation: &Organisation) -> Result<Self> {
        let service = Arc::new(organisation.authentication_service()?);
        let client = Client::builder(Arc::new(MemoryStorage::new()), service).clock(Arc::new(Today)).build()?;
        let (key, certificate) = enrol(name, &client, organisation)?;
        let identity = Identity::new(SUITE, credential([certificate.clone()]), key);
        Ok(Self { name, client, identity, certificate })
    }

    /// A new key and a new certificate, in a commit.
    pub(crate) fn renew(&mut self, group: &mut Group, organisation: &Organisation) -> Result<CommitOutput> {
        let (key, certificate) = enrol(self.name, &self.client, organisation)?;
        self.identity = Identity::new(SUITE, credential([certificate.clone()]), key);
        self.certificate = certificate;
        let leaf = LeafChange {
            credential: Some(self.identity.credential.clone()),
            signature_key: Some(self.identity.signature_key.clone()),
            ..LeafChange::default()
        };
        Ok(group.commit(&CommitPlan { leaf, ..CommitPlan::default() })?)
    }
}

/// The members whose certificates are revoked.
pub(crate) fn revoked_members(group: &mut Group, service: &X509Identity) -> Result<Vec<LeafIndex>> {
    let members = group.members()?;
    let revoked = members
        .iter()
        .filter(|member| service.verify(&member.credential, &member.signature_key, TODAY) == Err(X509Error::Revoked));
    Ok(revoked.map(|member| member.index).collect())
}

/// Makes a key, proves it to the organisation, and stores it with the client once there is a certificate.
fn enrol(name: &str, client: &Client, organisation: &Organisation) -> Result<(SignaturePublicKey, Vec<u8>)> {
    let (private, signer) = new_key()?;
    let wanted = CertificateSpec::end_entity("", days(0))?.uri(name)?;
    let certificate = organisation.sign(&request(&wanted, &*signer)?)?;
    Ok((client.import_signer(SUITE, &private)?, certificate))
}

fn new_key() -> Result<(SignaturePrivateKey, Arc<dyn SigningKey>)> {
    let crypto = RustCryptoProvider::new();
    let suite = crypto.suite(SUITE).ok_or("no suite")?;
    let private = suite.generate_signature_key_pair(&mut OsRng)?.private;
    let signer = suite.signing_key(&private)?;
    Ok((private, signer))
}

/// From today on.
fn days(number: u64) -> Validity {
    (TODAY, UnixTime(TODAY.0.saturating_add(DAY.saturating_mul(number))))
}

struct Today;

impl Clock for Today {
    fn now(&self) -> UnixTime {
        TODAY
    }
}

/// Hands a commit to everybody but its sender, who has accepted it. Says who was removed by it.
fn deliver(commit: &CommitOutput, others: &mut [&mut Group]) -> Result<Vec<LeafIndex>> {
    let mut removed = Vec::new();
    for other in others {
        if let Event::Removed(_) = other.receive(&commit.message)? {
            removed.push(other.own_leaf());
        }
    }
    Ok(removed)
}

pub(crate) fn main() -> Result<()> {
    let mut organisation = Organisation::new()?;
    let mut phone = Device::new("im:alice@example.org/phone", &organisation)?;
    let laptop = Device::new("im:alice@example.org/laptop", &organisation)?;
    let tablet = Device::new("im:bob@example.org/tablet", &organisation)?;
    let desktop = Device::new("im:bob@example.org/desktop", &organisation)?;

    // Alice's phone founds a group and adds her laptop and Bob's devices.
    let mut at_phone = phone.client.create_group(&phone.identity)?;
    let mut key_packages = Vec::new();
    for device in [&laptop, &tablet, &desktop] {
        key_packages.push(device.client.key_package(&device.identity)?.message);
    }
    let commit = at_phone.add(&key_packages)?;
    at_phone.accept_commit()?;
    let welcome = commit.welcome.ok_or("no welcome")?;
    let mut at_laptop = laptop.client.join(&welcome, None)?;
    let mut at_tablet = tablet.client.join(&welcome, None)?;
    let mut at_desktop = desktop.client.join(&welcome, None)?;
    println!("a group of {} devices", at_desktop.members()?.len());

    // The phone renews its certificate; everybody checks that it is the same phone.
    let before = phone.certificate.clone();
    let commit = phone.renew(&mut at_phone, &organisation)?;
    at_phone.accept_commit()?;
    deliver(&commit, &mut [&mut at_laptop, &mut at_tablet, &mut at_desktop])?;
    assert_ne!(before, phone.certificate);
    println!("{} has a new certificate and a new key", phone.name);

    // Bob loses his tablet. The organisation revokes its certificate, and his desktop removes it.
    let service = organisation.authentication_service()?;
    assert!(revoked_members(&mut at_desktop, &service)?.is_empty());
    organisation.revoke(&tablet.certificate)?;
    let revoked = revoked_members(&mut at_desktop, &service)?;
    assert_eq!(revoked, [at_tablet.own_leaf()]);
    let commit = at_desktop.remove(&revoked)?;
    at_desktop.accept_commit()?;
    let removed = deliver(&commit, &mut [&mut at_phone, &mut at_laptop, &mut at_tablet])?;
    assert_eq!(removed, revoked);
    println!("{} is revoked and removed", tablet.name);

    // It does not come back.
    let key_package = tablet.client.key_package(&tablet.identity)?.message;
    assert!(at_phone.add(&[key_package]).is_err());
    let Event::Message(message) = at_laptop.receive(&at_phone.send(b"three of us")?.message)? else {
        return Err("no message".into());
    };
    println!("{} devices are left, and talk: {}", at_phone.members()?.len(), String::from_utf8_lossy(&message.data));
    Ok(())
}
