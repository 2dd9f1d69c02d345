//! Signers, key packages and new groups.

use mls_core::credential::Credential;
use mls_core::env::UnixTime;
use mls_core::extension::Extensions;
use mls_core::grease::{grease_group_info, grease_key_package, grease_leaf};
use mls_core::group::{
    CreateGroup, ExternalJoinPlan, Fresh, Group as State, KeyPackageSpec, LeafSpec, NewKeyPackage, create_group,
    forget_psk, generate_key_package, generate_signer, import_signer, signer_from_record, store_psk,
};
use mls_core::psk::PskValue;
use mls_core::record::{RecordKey, RecordPrefix};
use mls_core::tree::leaf_node::Lifetime;
use mls_crypto_traits::{CipherSuite, SecretBytes, SignaturePrivateKey, SignaturePublicKey};

use super::Driver;
use crate::error::{CreateError, DriverError};
use crate::identity::Identity;
use crate::trace::traced;

/// How long a key package is valid from the moment of its making, in seconds: twelve weeks.
const VALIDITY: u64 = 12 * 7 * 24 * 3600;
/// How far back it is valid, in seconds: the clocks of others may be slow by an hour.
const CLOCK_SKEW: u64 = 3600;

impl Driver {
    /// The time now.
    pub(crate) fn now(&self) -> UnixTime {
        self.clock.now()
    }

    /// The leaf of a group that we create or join from outside, made now.
    pub(crate) fn leaf(&self, identity: &Identity) -> LeafSpec {
        let mut leaf = self.plain_leaf(identity);
        if self.grease {
            // A source of randomness that fails does so again where the keys are drawn.
            self.engine(|env| grease_leaf(&mut leaf, env.rng)).unwrap_or_default();
        }
        leaf
    }

    /// A key package for one group, made now.
    pub(crate) fn key_package_spec(&self, identity: &Identity) -> KeyPackageSpec {
        let mut spec = KeyPackageSpec {
            cipher_suite: identity.cipher_suite,
            leaf: self.plain_leaf(identity),
            extensions: Extensions::default(),
        };
        if self.grease {
            self.engine(|env| grease_key_package(&mut spec, env.rng)).unwrap_or_default();
        }
        spec
    }

    /// Puts GREASE into the extensions of a GroupInfo, unless told otherwise.
    pub(crate) fn grease_group_info(&self, extensions: &mut Extensions) {
        if self.grease {
            self.engine(|env| grease_group_info(extensions, env.rng)).unwrap_or_default();
        }
    }

    // req: R-13.5-08
    fn plain_leaf(&self, identity: &Identity) -> LeafSpec {
        let now = self.now().0;
        let mut capabilities = self.capabilities.clone();
        let own_type = identity.credential.credential_type();
        if !capabilities.credentials.contains(&own_type) {
            capabilities.credentials.push(own_type);
        }
        LeafSpec {
            credential: identity.credential.clone(),
            signature_key: identity.signature_key.clone(),
            capabilities,
            extensions: Extensions::default(),
            lifetime: Lifetime { not_before: now.saturating_sub(CLOCK_SKEW), not_after: now.saturating_add(VALIDITY) },
        }
    }

    /// A group with a random identifier.
    pub(crate) fn create_plan(&self, identity: &Identity) -> CreateGroup {
        CreateGroup {
            group_id: None,
            cipher_suite: identity.cipher_suite,
            leaf: self.leaf(identity),
            extensions: Extensions::default(),
        }
    }

    /// An external commit that replaces nobody.
    pub(crate) fn external_plan(&self, identity: &Identity) -> ExternalJoinPlan {
        ExternalJoinPlan { leaf: self.leaf(identity), resync: None, psks: Vec::new(), authenticated_data: Vec::new() }
    }

    /// Loads every stored signer.
    pub(crate) async fn load_signers(&self) -> Result<(), CreateError> {
        let records = self.storage.scan(&RecordPrefix::Signers).await.map_err(DriverError::from)?;
        for (_, record) in &records {
            self.load_signer(record)?;
        }
        Ok(())
    }

    fn load_signer(&self, record: &SecretBytes) -> Result<(), CreateError> {
        let signer = self.engine(|env| signer_from_record(record, env)).map_err(DriverError::from)?;
        self.signers.insert(signer);
        Ok(())
    }

    /// Makes a credential with a signer of its own.
    pub(crate) async fn new_identity(
        &self,
        suite: CipherSuite,
        credential: Credential,
    ) -> Result<Identity, CreateError> {
        Ok(Identity::new(suite, credential, self.new_signer(suite).await?))
    }

    /// Makes a signature key pair, stores it and loads it.
    pub(crate) async fn new_signer(&self, suite: CipherSuite) -> Result<SignaturePublicKey, CreateError> {
        let fresh = self.engine(|env| generate_signer(suite, env))?;
        self.keep_signer(fresh).await
    }

    /// Stores a private key from elsewhere and loads it.
    pub(crate) async fn import_signer(
        &self,
        suite: CipherSuite,
        private: &SignaturePrivateKey,
    ) -> Result<SignaturePublicKey, CreateError> {
        let fresh = self.engine(|env| import_signer(suite, private, env))?;
        self.keep_signer(fresh).await
    }

    async fn keep_signer(&self, fresh: Fresh<SignaturePublicKey>) -> Result<SignaturePublicKey, CreateError> {
        let public = self.release(fresh).await?;
        let key = [RecordKey::Signer(public.clone())];
        let records = self.storage.read(&key).await.map_err(DriverError::from)?;
        let record = records.into_iter().next().flatten().ok_or(DriverError::Unsettled)?;
        self.load_signer(&record)?;
        Ok(public)
    }

    pub(crate) async fn key_package(&self, spec: &KeyPackageSpec) -> Result<NewKeyPackage, CreateError> {
        traced("key_package", None, async {
            let fresh = self.engine(|env| generate_key_package(spec, env))?;
            Ok(self.release(fresh).await?)
        })
        .await
    }

    pub(crate) async fn create_group(&self, plan: &CreateGroup) -> Result<State, CreateError> {
        traced("create_group", None, async {
            let fresh = self.engine(|env| create_group(plan, env))?;
            Ok(self.release(fresh).await?)
        })
        .await
    }

    pub(crate) async fn store_psk(&self, psk_id: &[u8], value: &PskValue) -> Result<(), CreateError> {
        let fresh = self.engine(|env| store_psk(psk_id, value, env)).map_err(DriverError::from)?;
        Ok(self.release(fresh).await?)
    }

    pub(crate) async fn forget_psk(&self, psk_id: &[u8]) -> Result<(), CreateError> {
        let fresh = self.engine(|env| forget_psk(psk_id, env)).map_err(DriverError::from)?;
        Ok(self.release(fresh).await?)
    }
}
