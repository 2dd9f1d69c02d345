//! Application messages, proposals, and everything that is received.

use mls_codec::Decode;
use mls_core::framing::MlsMessage;
use mls_core::group::{
    Batch, EncryptOptions, Group as State, Inbound, Outgoing, OutgoingProposal, Proposing, SendOptions, StateStamp,
    Step, encrypt, propose, receive,
};
use mls_core::storage::AppWrites;

use super::rounds::Rounds;
use super::{Driver, Handle};
use crate::error::{DriverError, ProposeError, ReceiveError, SendError};
use crate::event::Event;
use crate::trace::{self, traced};

/// So many messages of a backlog go into one transaction at most: enough to make its cost small, and few enough to hold
/// in memory with the keys that they use up, which an open batch keeps.
const BATCH_MESSAGES: usize = 64;
/// So many bytes of messages close a batch.
const BATCH_BYTES: usize = 1 << 20;

impl Driver {
    pub(crate) async fn send(
        &self,
        state: &mut Handle,
        data: &[u8],
        options: &EncryptOptions,
    ) -> Result<Outgoing, SendError> {
        traced("send", Some(state.epoch()), async {
            let mut rounds = Rounds::begin(self, state).await?;
            loop {
                match self.engine(|env| encrypt(state, data, options, env)) {
                    Ok(step) => return Ok(self.perform(state, step).await?),
                    Err(error) => rounds.settle(self, state, SendError::from(error)).await?,
                }
            }
        })
        .await
    }

    pub(crate) async fn propose(
        &self,
        state: &mut Handle,
        proposing: &Proposing,
        options: &SendOptions,
    ) -> Result<OutgoingProposal, ProposeError> {
        traced("propose", Some(state.epoch()), async {
            let mut rounds = Rounds::begin(self, state).await?;
            loop {
                match self.engine(|env| propose(state, proposing.clone(), options, env)) {
                    Ok(step) => return Ok(self.perform(state, step).await?),
                    Err(error) => rounds.settle(self, state, ProposeError::from(error)).await?,
                }
            }
        })
        .await
    }

    pub(crate) async fn receive(&self, state: &mut Handle, bytes: &[u8]) -> Result<Event, ReceiveError> {
        traced("receive", Some(state.epoch()), async {
            self.settle_doubt(state).await?;
            let stored = state.stamp();
            let step = self.receive_step(state, stored, bytes).await?;
            let event = self.perform(state, step).await?;
            trace::received(&event);
            Ok(event)
        })
        .await
    }

    /// Receives, with what the application makes of it written in the same transaction.
    pub(crate) async fn receive_with(
        &self,
        state: &mut Handle,
        bytes: &[u8],
        write: impl FnOnce(&Event) -> AppWrites,
    ) -> Result<Event, ReceiveError> {
        traced("receive_with", Some(state.epoch()), async {
            self.settle_doubt(state).await?;
            let stored = state.stamp();
            let step = self.receive_step(state, stored, bytes).await?;
            let app = write(step.incoming());
            let durable = self.store(state, step.delta(), Some(app)).await?;
            let event = step.apply(state, durable).map_err(DriverError::from)?;
            trace::received(&event);
            Ok(event)
        })
        .await
    }

    /// Receives what can be received of `messages`, a [`Batch`] at a time. A message that fails changes nothing and
    /// says why in its place. Where a batch cannot be stored, what follows it is left.
    pub(crate) async fn receive_all<M: AsRef<[u8]>>(
        &self,
        state: &mut Handle,
        messages: impl IntoIterator<Item = M>,
    ) -> Result<Vec<Result<Event, ReceiveError>>, ReceiveError> {
        traced("receive_all", Some(state.epoch()), async {
            self.settle_doubt(state).await?;
            let mut messages = messages.into_iter().peekable();
            let mut outcomes = Vec::new();
            while messages.peek().is_some() {
                // From the first step on the group in memory is ahead of the store.
                state.asked();
                let mut taken = 0_usize;
                let batch = self.receive_batch(state, &mut messages, &mut taken).await;
                state.answered();
                match batch {
                    Ok(batch) => outcomes.extend(batch),
                    Err(error) if outcomes.is_empty() => return Err(error),
                    Err(error) => {
                        let left = taken.saturating_add(messages.by_ref().count());
                        outcomes.push(Err(error));
                        outcomes.extend((1..left).map(|_| Err(DriverError::Skipped.into())));
                    }
                }
            }
            Ok(outcomes)
        })
        .await
    }

    /// Receives as many messages as go into one transaction, and counts them in `taken`.
    async fn receive_batch<M: AsRef<[u8]>>(
        &self,
        state: &mut State,
        messages: &mut impl Iterator<Item = M>,
        taken: &mut usize,
    ) -> Result<Vec<Result<Event, ReceiveError>>, ReceiveError> {
        let stored = state.stamp();
        let mut batch = Batch::new(state);
        let mut outcomes = Vec::new();
        let mut bytes = 0_usize;
        while *taken < BATCH_MESSAGES && bytes < BATCH_BYTES {
            let Some(message) = messages.next() else { break };
            *taken = taken.saturating_add(1);
            bytes = bytes.saturating_add(message.as_ref().len());
            let outcome = match self.receive_step(batch.group_mut(), stored, message.as_ref()).await {
                Ok(step) => batch.push(step).map_err(|stale| DriverError::from(stale).into()),
                Err(error) => Err(error),
            };
            outcomes.push(outcome);
        }
        trace::batch(outcomes.len(), outcomes.iter().filter(|outcome| outcome.is_err()).count());
        let mut events = match batch.delta() {
            None => Vec::new(),
            Some(delta) => {
                trace::stores(delta);
                let durable = self.storage.commit(delta).await.map_err(DriverError::from)?;
                batch.apply(durable).map_err(DriverError::from)?
            }
        }
        .into_iter();
        outcomes
            .into_iter()
            .map(|outcome| match outcome {
                Ok(()) => events.next().ok_or_else(|| DriverError::Unsettled.into()).map(Ok),
                Err(error) => Ok(Err(error)),
            })
            .collect()
    }

    /// Computes the step of a received message over whatever records it takes. In a batch the group is ahead of what
    /// is stored.
    async fn receive_step(
        &self,
        state: &mut State,
        stored: StateStamp,
        bytes: &[u8],
    ) -> Result<Step<Event>, ReceiveError> {
        let message = MlsMessage::from_bytes(bytes).map_err(ReceiveError::Malformed)?;
        let mut rounds = Rounds::at(stored);
        loop {
            match self.try_receive(state, &message).await {
                Ok(step) => return Ok(step),
                Err(error) => rounds.settle(self, state, error).await?,
            }
        }
    }

    async fn try_receive(&self, state: &State, message: &MlsMessage) -> Result<Step<Event>, ReceiveError> {
        Ok(match self.engine(|env| receive(state, message, env))? {
            Inbound::Application(step) => step.map(Event::Message),
            Inbound::OwnCommit(step) => step.map(Event::of_epoch),
            Inbound::Proposal(pending) => {
                let answers = self.answer(pending.credentials(), &[]).await?;
                self.engine(|env| pending.resume(state, &answers, env))?.map(Event::Proposal)
            }
            Inbound::ExternalProposal(pending) => {
                let ruling = self.rules.judge_external_proposal(pending.question()).await;
                let pending = self.engine(|env| pending.rule(ruling, state, env))?;
                let answers = self.answer(pending.credentials(), &[]).await?;
                self.engine(|env| pending.resume(state, &answers, env))?.map(Event::Proposal)
            }
            Inbound::Commit(pending) => {
                let ruling = self.rules.judge(pending.question()).await;
                let vetted = self.engine(|env| pending.rule(ruling, state, env))?;
                let answers = self.answer(vetted.credentials(), vetted.psks()).await?;
                self.engine(|env| vetted.resume(state, &answers, env))?.map(Event::of_epoch)
            }
            _ => return Err(DriverError::Unknown.into()),
        })
    }
}
