//! Signers, key packages and new groups.

use std::sync::Arc;

use mls_core::credential::Credential;
use mls_core::env::{Signers as _, UnixTime};
use mls_core::extension::Extensions;
use mls_core::grease::{grease_group_info, grease_key_package, grease_leaf};
use mls_core::group::{
    CreateGroup, ExternalJoinPlan, Fault, Fresh, Group as State, KeyPackageSpec, LeafSpec, NewKeyPackage, create_group,
    forget_psk, generate_key_package, generate_signer, import_signer, signer_from_record, store_psk,
};
use mls_core::psk::PskValue;
use mls_core::record::{Delta, RecordKey, RecordPrefix, RecordSet, Write};
use mls_core::storage::StorageErrorKind;
use mls_core::tree::leaf_node::Lifetime;
use mls_crypto_traits::{CipherSuite, SignaturePrivateKey, SignaturePublicKey, SigningKey};

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
            // req: R-10-02
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
            // req: R-13.5-05
            extensions: Extensions::default(),
        }
    }

    /// An external commit that replaces nobody.
    pub(crate) fn external_plan(&self, identity: &Identity) -> ExternalJoinPlan {
        ExternalJoinPlan::new(self.leaf(identity))
    }

    /// Loads the stored signers. One that is damaged, or of a suite that the provider lacks, is passed over: whoever
    /// needs it [finds](Self::find_signer) what is wrong with it, and others have theirs.
    pub(crate) async fn load_signers(&self) -> Result<(), CreateError> {
        let records = match self.storage.scan(&RecordPrefix::Signers).await {
            Ok(records) => records,
            // A set is read as a whole; single ones are when they are needed.
            Err(error) if error.kind() == StorageErrorKind::Corrupt => RecordSet::new(),
            Err(error) => return Err(DriverError::from(error).into()),
        };
        let read = |(_, record): (_, &[u8])| self.engine(|env| signer_from_record(record, env)).ok();
        let signers = records.iter().filter_map(read);
        self.signers.extend(signers.collect());
        Ok(())
    }

    /// Loads one signer that is stored, and was not read yet or made by another client of the store; whether there is
    /// one.
    ///
    /// # Errors
    /// A [`DriverError`] that names the record where it cannot be read.
    pub(super) async fn find_signer(&self, public: &SignaturePublicKey) -> Result<bool, DriverError> {
        let key = [RecordKey::Signer(public.clone())];
        let Some(record) = self.storage.read(&key).await?.pop().flatten() else {
            return Ok(false);
        };
        let signer = self.engine(|env| signer_from_record(record.as_bytes(), env))?;
        let found = signer.public_key() == public;
        self.signers.insert(signer);
        Ok(found)
    }

    /// Loads the signer of a leaf that we are to make, unless it is loaded. Where there is none the engine says so.
    pub(super) async fn hold_signer(&self, leaf: &LeafSpec) -> Result<(), DriverError> {
        if self.signers.signer(&leaf.signature_key).is_none() {
            let _ = self.find_signer(&leaf.signature_key).await?;
        }
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
        let signers = self.signers_in(fresh.delta()).map_err(DriverError::from)?;
        let public = self.release(fresh).await?;
        self.signers.extend(signers);
        Ok(public)
    }

    /// The signers that `delta` is about to store: nothing is read after that, and nothing can fail.
    pub(crate) fn signers_in(&self, delta: &Delta) -> Result<Vec<Arc<dyn SigningKey>>, Fault> {
        delta
            .writes()
            .filter_map(|write| match write {
                Write::Put(RecordKey::Signer(_), record) => Some(record),
                _ => None,
            })
            .map(|record| self.engine(|env| signer_from_record(record, env)))
            .collect()
    }

    pub(crate) async fn key_package(&self, spec: &KeyPackageSpec) -> Result<NewKeyPackage, CreateError> {
        traced("key_package", None, async {
            self.hold_signer(&spec.leaf).await?;
            let fresh = self.engine(|env| generate_key_package(spec, env))?;
            Ok(self.release(fresh).await?)
        })
        .await
    }

    pub(crate) async fn create_group(&self, plan: &CreateGroup) -> Result<State, CreateError> {
        traced("create_group", None, async {
            self.hold_signer(&plan.leaf).await?;
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
