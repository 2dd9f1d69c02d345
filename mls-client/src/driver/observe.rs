//! Groups that are observed and not joined.

use mls_codec::Decode;
use mls_core::framing::MlsMessage;
use mls_core::observer::{
    Observed, ObservedCommit, ObservedProposal, Observer, ObserverStep, PendingObserver, observe,
};
use mls_core::record::{GroupId, RecordKey, Records};
use mls_core::storage::{StorageError, StorageErrorKind};

use super::Driver;
use super::join::group_info_of;
use crate::error::{DriverError, JoinError, LoadError, ReceiveError};
use crate::observed::ObservedEvent;
use crate::trace::traced;

impl Driver {
    pub(crate) async fn observe(&self, group_info: &[u8], ratchet_tree: Option<&[u8]>) -> Result<Observer, JoinError> {
        let pending = self.pending_observer(group_info, ratchet_tree)?;
        let answers = self.answer(pending.credentials(), &[]).await?;
        let fresh = self.engine(|env| pending.resume(&answers, env))?;
        Ok(self.release(fresh).await?)
    }

    pub(crate) async fn observe_snapshot(&self, snapshot: &[u8]) -> Result<Observer, LoadError> {
        let fresh = self.engine(|env| Observer::from_snapshot(snapshot, env))?;
        Ok(self.release(fresh).await?)
    }

    fn pending_observer(&self, group_info: &[u8], ratchet_tree: Option<&[u8]>) -> Result<PendingObserver, JoinError> {
        let group_info = group_info_of(group_info)?;
        Ok(self.engine(|env| observe(&group_info, ratchet_tree, env))?)
    }

    pub(crate) async fn load_observer(&self, id: &GroupId) -> Result<Observer, LoadError> {
        let wanted = Observer::records_to_load(id);
        let mut records = Records::default();
        // The status stands before and after: if it still is what it was, so was everything between.
        let status = RecordKey::Status(id.clone());
        let before = self.storage.read(core::slice::from_ref(&status)).await.map_err(DriverError::from)?;
        for prefix in &wanted.prefixes {
            let set = self.storage.scan(prefix).await.map_err(DriverError::from)?;
            records.sets.push((prefix.clone(), set));
        }
        let values = self.storage.read(&wanted.keys).await.map_err(DriverError::from)?;
        records.records = wanted.keys.into_iter().zip(values).collect();
        let after = records.records.iter().find(|(key, _)| *key == status).and_then(|(_, value)| value.as_ref());
        let (Some(before), Some(after)) = (before.into_iter().next().flatten(), after) else {
            return Err(LoadError::NoSuchGroup);
        };
        if !before.ct_eq(after.as_bytes()) {
            return Err(DriverError::from(StorageError::new(StorageErrorKind::Conflict)).into());
        }
        Ok(self.engine(|env| Observer::load(id, records, env))?)
    }

    pub(crate) async fn restart_observer(
        &self,
        observer: &mut Observer,
        group_info: &[u8],
        ratchet_tree: Option<&[u8]>,
    ) -> Result<(), JoinError> {
        let pending = self.pending_observer(group_info, ratchet_tree)?;
        let answers = self.answer(pending.credentials(), &[]).await?;
        let step = self.engine(|env| observer.restart(pending, &answers, env))?;
        Ok(self.perform_observed(observer, step).await?)
    }

    pub(crate) async fn observe_message(
        &self,
        observer: &mut Observer,
        bytes: &[u8],
    ) -> Result<ObservedEvent, ReceiveError> {
        traced("observe_message", Some(observer.epoch()), async {
            let message = MlsMessage::from_bytes(bytes).map_err(ReceiveError::Malformed)?;
            match self.engine(|env| observer.receive(&message, env))? {
                Observed::Proposal(pending) => self.observe_proposal(observer, *pending).await,
                Observed::ExternalProposal(pending) => {
                    let ruling = self.rules.judge_external_proposal(pending.question()).await;
                    let pending = self.engine(|env| pending.rule(ruling, observer, env))?;
                    self.observe_proposal(observer, pending).await
                }
                Observed::Commit(pending) => self.observe_commit(observer, *pending).await,
                Observed::Hidden(hidden) => Ok(ObservedEvent::Hidden(hidden)),
                _ => Err(DriverError::Unknown.into()),
            }
        })
        .await
    }

    async fn observe_proposal(
        &self,
        observer: &mut Observer,
        pending: ObservedProposal,
    ) -> Result<ObservedEvent, ReceiveError> {
        let answers = self.answer(pending.credentials(), &[]).await?;
        let step = self.engine(|env| pending.resume(observer, &answers, env))?;
        Ok(ObservedEvent::Proposal(Box::new(self.perform_observed(observer, step).await?)))
    }

    async fn observe_commit(
        &self,
        observer: &mut Observer,
        pending: ObservedCommit,
    ) -> Result<ObservedEvent, ReceiveError> {
        let ruling = self.rules.judge(pending.question()).await;
        let vetted = self.engine(|env| pending.rule(ruling, observer, env))?;
        let answers = self.answer(vetted.credentials(), &[]).await?;
        let step = self.engine(|env| vetted.resume(observer, &answers, env))?;
        Ok(ObservedEvent::Epoch(self.perform_observed(observer, step).await?))
    }

    async fn perform_observed<T>(&self, observer: &mut Observer, step: ObserverStep<T>) -> Result<T, DriverError> {
        let durable = self.storage.commit(step.delta()).await?;
        Ok(step.apply(observer, durable)?)
    }
}
