//! Answers to what a continuation asks.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use mls_crypto_traits::{CryptoError, Rng};

use crate::env::UnixTime;
use crate::identity::{CredentialCheck, MemberId, Vouched};
use crate::proposal::apply::Newcomer;
use crate::psk::{PreSharedKeyId, PskValue};

/// Answers to what a continuation asks: credentials that were vouched for, and pre-shared keys.
#[derive(Default)]
pub struct Answers {
    vouched: Vec<Vouched>,
    psks: BTreeMap<PreSharedKeyId, PskValue>,
}

/// What is wrong with a set of answers. The continuation is gone; compute it again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnswerError {
    /// An answer belongs to another question.
    WrongAnswer,
    /// A credential was not vouched for.
    NotVouched(usize),
    /// The policy's answer has an effect for the proposal at this place of the list, which is not of a registered
    /// custom type.
    EffectWithoutCause(usize),
    /// A pre-shared key is not there: obtain it and try again.
    MissingPsk(PreSharedKeyId),
}

/// The identity of a set of questions: an answer to another set is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QuestionTag(pub(crate) [u8; 16]);

impl Answers {
    /// No answers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a credential that was vouched for.
    pub fn vouch(&mut self, vouched: Vouched) {
        self.vouched.push(vouched);
    }

    /// Adds a pre-shared key.
    pub fn psk(&mut self, id: PreSharedKeyId, value: PskValue) {
        self.psks.insert(id, value);
    }

    /// Whether the key of `id` was given.
    pub(crate) fn psk_of(&self, id: &PreSharedKeyId) -> Result<&PskValue, AnswerError> {
        self.psks.get(id).ok_or_else(|| AnswerError::MissingPsk(id.clone()))
    }

    /// The members that `checks` were answered with, in order.
    pub(crate) fn members(&self, tag: QuestionTag, checks: &[CredentialCheck]) -> Result<Vec<MemberId>, AnswerError> {
        if self.vouched.iter().any(|vouched| vouched.question != tag.0) {
            return Err(AnswerError::WrongAnswer);
        }
        // By number: there are as many questions as members. The sort is stable, so the first answer counts.
        let mut vouched: Vec<_> = self.vouched.iter().collect();
        vouched.sort_by_key(|vouched| vouched.number);
        checks
            .iter()
            .map(|check| {
                let place = vouched.partition_point(|vouched| vouched.number < check.number);
                let found = vouched.get(place).filter(|vouched| vouched.number == check.number);
                found.map(|vouched| vouched.member.clone()).ok_or(AnswerError::NotVouched(check.number))
            })
            .collect()
    }
}

impl QuestionTag {
    pub(crate) fn draw(rng: &mut dyn Rng) -> Result<Self, CryptoError> {
        let mut tag = [0; 16];
        rng.fill(&mut tag)?;
        Ok(Self(tag))
    }

    /// The questions about credentials that come in.
    pub(crate) fn ask(self, newcomers: Vec<Newcomer>, now: UnixTime) -> Vec<CredentialCheck> {
        newcomers
            .into_iter()
            .enumerate()
            .map(|(number, newcomer)| {
                let Newcomer { event, leaf, credential, signature_key, predecessor } = newcomer;
                CredentialCheck { question: self.0, number, event, leaf, credential, signature_key, predecessor, now }
            })
            .collect()
    }
}

impl core::fmt::Debug for Answers {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { vouched, psks } = self;
        f.debug_struct("Answers").field("vouched", vouched).field("psks", &psks.keys()).finish_non_exhaustive()
    }
}
