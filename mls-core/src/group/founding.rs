//! An epoch, its tree and our keys in it, before we have entered: as one record.

use alloc::boxed::Box;
use alloc::vec::Vec;

use mls_codec::{Decode, Reader};

use crate::env::Env;
use crate::group::Fault;
use crate::group::clients::ClientChanges;
use crate::group::epoch::Epoch;
use crate::group::header::{Retention, path_keys_from_record};
use crate::group::resident::index_seed;
use crate::record::{SecretWriter, ToRecord};
use crate::secret_tree::SecretTreeKey;
use crate::tree::path::OwnPathKeys;
use crate::tree::ratchet_tree::RatchetTree;

/// A group of ours as it begins.
pub(crate) struct Founding {
    pub(crate) epoch: Box<Epoch>,
    pub(crate) tree: RatchetTree,
    pub(crate) path_keys: OwnPathKeys,
    /// Who the members are, as far as that is known.
    pub(crate) clients: ClientChanges,
}

impl Founding {
    pub(crate) fn write(&self, w: &mut SecretWriter) -> Result<(), Fault> {
        let Self { epoch, tree, path_keys, clients } = self;
        let header = epoch.header(&Retention::default()).to_record()?;
        w.opaque(header.as_bytes())?;
        let records = epoch.secret_tree.records()?;
        w.put(&u32::try_from(records.len()).unwrap_or(u32::MAX))?;
        for (key, value) in &records {
            w.put(key)?;
            w.opaque(value.as_bytes())?;
        }
        w.opaque(&tree.to_extension()?)?;
        w.opaque(path_keys.to_record()?.as_bytes())?;
        Ok(w.put(clients)?)
    }

    pub(crate) fn read(r: &mut Reader<'_>, env: &mut Env<'_>) -> Result<Self, Fault> {
        let (mut epoch, _) = Epoch::from_record(r.opaque()?)?;
        for _ in 0..u32::decode(r)? {
            let key = SecretTreeKey::decode(r)?;
            epoch.secret_tree.admit(key, Some(r.opaque()?))?;
        }
        let id = epoch.context.cipher_suite;
        let suite = env.suite(id).ok_or(Fault::UnsupportedSuite(id))?;
        let tree = RatchetTree::from_extension(suite, index_seed(env)?, r.opaque()?)?;
        epoch.check_tree(&tree)?;
        let path_keys = path_keys_from_record(r.opaque()?)?;
        Ok(Self { epoch: Box::new(epoch), tree, path_keys, clients: Vec::decode(r)? })
    }
}
