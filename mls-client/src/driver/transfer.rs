//! Moving a group to another store.

use mls_core::group::{Group as State, export_group, import_group, records_to_export};
use mls_core::record::{GroupId, RecordKey, Records, Write};
use mls_crypto_traits::SecretBytes;

use super::{Driver, Handle};
use crate::error::{DriverError, LoadError};

impl Driver {
    pub(crate) async fn export_group(&self, id: &GroupId) -> Result<SecretBytes, LoadError> {
        let mut state = Handle::new(self.load(id).await?);
        let missing = records_to_export(&state);
        // What another handle writes meanwhile changes the status, and the step then finds a conflict.
        let values = self.storage.read(&missing.keys).await.map_err(DriverError::from)?;
        let mut records = Records { records: missing.keys.into_iter().zip(values).collect(), sets: Vec::new() };
        for prefix in missing.prefixes {
            let set = self.storage.scan(&prefix).await.map_err(DriverError::from)?;
            records.sets.push((prefix, set));
        }
        let step = self.engine(|env| export_group(&state, records, env))?;
        Ok(self.perform(&mut state, step).await?)
    }

    pub(crate) async fn import_group(&self, exported: &SecretBytes) -> Result<State, LoadError> {
        let fresh = self.engine(|env| import_group(exported, env))?;
        // Once it is stored nothing may fail any more: signers and group are read from what is about to be.
        let signers = self.signers_in(fresh.delta())?;
        let (mut header, mut status) = (None, None);
        for write in fresh.delta().writes() {
            match write {
                Write::Put(RecordKey::Group(id), record) => header = Some((id.clone(), record)),
                Write::Put(RecordKey::Status(_), record) => status = Some(record),
                _ => {}
            }
        }
        let (Some((id, header)), Some(status)) = (header, status) else {
            return Err(DriverError::Unknown.into());
        };
        let state = State::load(&id, header, status)?;
        self.release(fresh).await?;
        self.signers.extend(signers);
        Ok(state)
    }
}
