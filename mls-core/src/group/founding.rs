//! An epoch, its tree and our keys in it, before we have entered: as one record.

use mls_codec::{Decode, Reader};
use mls_crypto_traits::SecretBytes;

use crate::env::Env;
use crate::group::Fault;
use crate::group::epoch::Epoch;
use crate::group::header::{Retention, path_keys_from_record, path_keys_record};
use crate::group::resident::index_seed;
use crate::record::SecretWriter;
use crate::secret_tree::SecretTreeKey;
use crate::tree::path::{OwnPathKeys, PathKeysUpdate};
use crate::tree::ratchet_tree::RatchetTree;

pub(crate) fn write_founding(
    w: &mut SecretWriter,
    epoch: &Epoch,
    tree: &RatchetTree,
    path_keys: &OwnPathKeys,
) -> Result<(), Fault> {
    let header = epoch.to_record(&Retention::default())?;
    w.opaque(header.as_bytes())?;
    let records = epoch.secret_tree.records()?;
    w.put(&u32::try_from(records.len()).unwrap_or(u32::MAX))?;
    for (key, value) in &records {
        w.put(key)?;
        w.opaque(value.as_bytes())?;
    }
    w.opaque(&tree.to_extension()?)?;
    Ok(w.opaque(path_keys_record(path_keys, &PathKeysUpdate::default())?.as_bytes())?)
}

pub(crate) fn read_founding(r: &mut Reader<'_>, env: &mut Env<'_>) -> Result<(Epoch, RatchetTree, OwnPathKeys), Fault> {
    let (mut epoch, _) = Epoch::from_record(&SecretBytes::from_slice(r.opaque()?))?;
    for _ in 0..u32::decode(r)? {
        let key = SecretTreeKey::decode(r)?;
        epoch.secret_tree.admit(key, Some(r.opaque()?))?;
    }
    let id = epoch.context.cipher_suite;
    let suite = env.suite(id).ok_or(Fault::UnsupportedSuite(id))?;
    let tree = RatchetTree::from_extension(suite, index_seed(env)?, r.opaque()?)?;
    epoch.check_tree(&tree)?;
    let path_keys = path_keys_from_record(&SecretBytes::from_slice(r.opaque()?))?;
    Ok((epoch, tree, path_keys))
}
