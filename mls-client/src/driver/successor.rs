//! Groups that succeed others (RFC 9420 sections 11.2 and 11.3).

use mls_core::group::{
    Group as State, Step, Succession, Successor, SuccessorPlan, create_successor, open_successor_welcome,
};
use mls_core::record::RecordPrefix;

use super::join::welcome_of;
use super::rounds::Rounds;
use super::{Driver, Handle};
use crate::error::{DriverError, JoinError, LoadError, SuccessorError};
use crate::trace::traced;

impl Driver {
    pub(crate) async fn create_successor(
        &self,
        state: &mut Handle,
        plan: &SuccessorPlan,
    ) -> Result<Successor, SuccessorError> {
        traced("create_successor", Some(state.epoch()), async {
            let mut rounds = Rounds::begin(self, state).await?;
            self.hold_signer(&plan.leaf).await?;
            let mut plan = plan.clone();
            self.grease_group_info(&mut plan.group_info_extensions);
            let pending = loop {
                match self.engine(|env| create_successor(state, &plan, env)) {
                    Ok(pending) => break pending,
                    Err(error) => rounds.settle(self, state, SuccessorError::from(error)).await?,
                }
            };
            let answers = self.answer(pending.credentials(), pending.psks()).await?;
            let fresh = self.engine(|env| pending.resume(state, &answers, env))?;
            Ok(self.release(fresh).await?)
        })
        .await
    }

    /// Enters a successor. The former group is loaded for it: handles on it fall behind.
    pub(crate) async fn accept_successor(&self, successor: Successor) -> Result<State, SuccessorError> {
        traced("accept_successor", None, async {
            if successor.predecessor().succession == Succession::Branch {
                let fresh = self.engine(|env| successor.accept_branch(env))?;
                return Ok(self.release(fresh).await?);
            }
            let mut old = match self.load(&successor.predecessor().group_id).await {
                Ok(old) => Handle::new(old),
                Err(LoadError::Driver(error)) => return Err(error.into()),
                Err(LoadError::Engine(fault)) => return Err(DriverError::from(fault).into()),
                Err(LoadError::NoSuchGroup) => return Err(SuccessorError::NoFormerGroup),
            };
            let step = self.engine(|env| successor.accept(&old, env))?;
            Ok(self.perform(&mut old, step).await?)
        })
        .await
    }

    pub(crate) async fn abandon_successor(&self, successor: Successor) -> Result<(), SuccessorError> {
        traced("abandon_successor", None, async {
            let fresh = self.engine(|env| successor.abandon(env))?;
            Ok(self.release(fresh).await?)
        })
        .await
    }

    /// Joins a successor of a group, of the kind that is expected.
    pub(crate) async fn join_successor(
        &self,
        state: &mut Handle,
        expected: Succession,
        welcome: &[u8],
        ratchet_tree: Option<&[u8]>,
    ) -> Result<State, JoinError> {
        traced("join_successor", Some(state.epoch()), async {
            let step = self.join_successor_step(state, expected, welcome, ratchet_tree).await?;
            Ok(self.perform(state, step).await?)
        })
        .await
    }

    async fn join_successor_step(
        &self,
        state: &mut Handle,
        expected: Succession,
        welcome: &[u8],
        ratchet_tree: Option<&[u8]>,
    ) -> Result<Step<State>, JoinError> {
        let welcome = welcome_of(welcome)?;
        let (reference, record) = self.find_key_package(&welcome).await?;
        let mut rounds = Rounds::begin(self, state).await?;
        let opened = loop {
            let opened = self.engine(|env| {
                open_successor_welcome(state, expected, &welcome, &reference, record.as_bytes(), ratchet_tree, env)
            });
            match opened {
                Ok(opened) => break opened,
                Err(error) => rounds.settle(self, state, JoinError::from(error)).await?,
            }
        };
        let answers = self.answer(&[], opened.psks()).await?;
        let pending = self.engine(|env| opened.resume(state, &answers, env))?;
        let answers = self.answer(pending.credentials(), &[]).await?;
        Ok(self.engine(|env| pending.resume(state, &answers, env))?)
    }

    /// The successors that wait to be accepted.
    pub(crate) async fn successors(&self) -> Result<Vec<Successor>, LoadError> {
        let records = self.storage.scan(&RecordPrefix::Successors).await.map_err(DriverError::from)?;
        let read = |(_, record): (_, &[u8])| self.engine(|env| Successor::from_record(record, env));
        Ok(records.iter().map(read).collect::<Result<_, _>>()?)
    }
}
