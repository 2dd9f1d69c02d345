//! Deleting the exporter secret (RFC 9420 section 8.5).

use mls_crypto_traits::SecretBytes;

use crate::env::Env;
use crate::group::builder::StepBuilder;
use crate::group::edit::Edit;
use crate::group::export::ExportError;
use crate::group::{Group, Step};
use crate::key_schedule::ExporterSecret;
use crate::record::RecordKey;

/// Deletes this epoch's exporter secret, on disk and in memory: nothing can be exported any more until the next epoch.
///
/// [`export_secret`](crate::group::export_secret) gives the same secret for the same label again and again, to whoever
/// gets hold of the state. An application that has taken what it needs of an epoch deletes the rest: what it exported
/// is then as safe as it keeps it, whatever becomes of the group's state.
///
/// # Errors
/// [`ExportError::ExporterDeleted`] where that has been done, [`ExportError::Fault`]; nothing has changed.
///
/// # Security
/// Members decide for themselves: others may still have the secret. Members' messages with a pre-shared key
/// ([`MemberMode::Psk`](crate::group::MemberMode::Psk)) take it, too.
pub fn delete_exporter(group: &Group, env: &mut Env<'_>) -> Result<Step<()>, ExportError> {
    group.check_active()?;
    exporter(group)?;
    let mut builder = StepBuilder::new(group, env.rng)?;
    let gone = ExporterSecret::from_bytes(SecretBytes::zeros(0));
    let retention = group.retention();
    builder.delta.write(RecordKey::Group(group.id.clone()), &group.epoch.header_without_exporter(&retention))?;
    builder.edit(Edit::SwapExporter(gone));
    Ok(builder.finish(group, ())?)
}

/// The exporter secret of the epoch, where it has not been deleted.
pub(crate) fn exporter(group: &Group) -> Result<&ExporterSecret, ExportError> {
    let exporter = &group.epoch.secrets.exporter;
    if exporter.as_bytes().is_empty() { Err(ExportError::ExporterDeleted) } else { Ok(exporter) }
}
