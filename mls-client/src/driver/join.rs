//! Joining by a Welcome or by an external commit (RFC 9420 sections 12.4.3.1 and 12.4.3.2).

use mls_codec::Decode;
use mls_core::framing::{MlsMessage, MlsMessageBody};
use mls_core::group::{ExternalJoin, ExternalJoinPlan, Group as State, external_join, open_welcome};
use mls_core::key_package::KeyPackageRef;
use mls_core::record::RecordKey;
use mls_core::welcome::{GroupInfo, Welcome};
use mls_crypto_traits::SecretBytes;

use super::Driver;
use crate::error::{DriverError, JoinError};
use crate::trace::traced;

impl Driver {
    pub(crate) async fn join(&self, welcome: &[u8], ratchet_tree: Option<&[u8]>) -> Result<State, JoinError> {
        traced("join", None, async {
            let welcome = welcome_of(welcome)?;
            let (reference, record) = self.find_key_package(&welcome).await?;
            let opened = self.engine(|env| open_welcome(&welcome, &reference, record.as_bytes(), ratchet_tree, env))?;
            let answers = self.answer(&[], opened.psks()).await?;
            let pending = self.engine(|env| opened.resume(&answers, env))?;
            let answers = self.answer(pending.credentials(), &[]).await?;
            let fresh = self.engine(|env| pending.resume(&answers, env))?;
            Ok(self.release(fresh).await?)
        })
        .await
    }

    /// The first of our key packages that the Welcome is for.
    pub(super) async fn find_key_package(&self, welcome: &Welcome) -> Result<(KeyPackageRef, SecretBytes), JoinError> {
        let references: Vec<_> = welcome.secrets.iter().map(|secrets| secrets.new_member).collect();
        let keys: Vec<_> = references.iter().map(|reference| RecordKey::KeyPackage((*reference).into())).collect();
        let records = self.storage.read(&keys).await.map_err(DriverError::from)?;
        references
            .into_iter()
            .zip(records)
            .find_map(|(reference, record)| Some((reference, record?)))
            .ok_or(JoinError::NoKeyPackage)
    }

    pub(crate) async fn join_external(
        &self,
        group_info: &[u8],
        ratchet_tree: Option<&[u8]>,
        plan: &ExternalJoinPlan,
    ) -> Result<ExternalJoin, JoinError> {
        traced("join_external", None, async {
            let group_info = group_info_of(group_info)?;
            self.hold_signer(&plan.leaf).await?;
            let pending = self.engine(|env| external_join(&group_info, ratchet_tree, plan, env))?;
            let ruling = self.rules.judge(pending.question()).await;
            let vetted = self.engine(|env| pending.rule(ruling, env))?;
            let joining = Some(&group_info.group_context.group_id[..]);
            let answers = self.answer_for(joining, vetted.credentials(), vetted.psks()).await?;
            let fresh = self.engine(|env| vetted.resume(&answers, env))?;
            Ok(self.release(fresh).await?)
        })
        .await
    }

    pub(crate) async fn accept_join(&self, join: ExternalJoin) -> Result<State, JoinError> {
        traced("accept_join", None, async {
            let fresh = self.engine(|env| join.accept(env))?;
            Ok(self.release(fresh).await?)
        })
        .await
    }

    pub(crate) async fn abandon_join(&self, join: ExternalJoin) -> Result<(), JoinError> {
        traced("abandon_join", None, async {
            let fresh = self.engine(|env| join.abandon(env))?;
            Ok(self.release(fresh).await?)
        })
        .await
    }
}

pub(super) fn welcome_of(bytes: &[u8]) -> Result<Welcome, JoinError> {
    match MlsMessage::from_bytes(bytes).map_err(JoinError::Malformed)?.body {
        MlsMessageBody::Welcome(welcome) => Ok(welcome),
        _ => Err(JoinError::WrongMessage),
    }
}

pub(super) fn group_info_of(bytes: &[u8]) -> Result<GroupInfo, JoinError> {
    match MlsMessage::from_bytes(bytes).map_err(JoinError::Malformed)?.body {
        MlsMessageBody::GroupInfo(group_info) => Ok(*group_info),
        _ => Err(JoinError::WrongMessage),
    }
}
