//! Drives the engine as an application does, where anything may fail.

use std::collections::BTreeMap;

use mls_codec::{Decode, Encode};
use mls_core::framing::MlsMessage;
use mls_core::group::{
    Answers, CommitError, CommitPlan, EncryptError, EncryptOptions, Fault, Group, Inbound, ReceiveError, Step, commit,
    encrypt, receive,
};
use mls_core::identity::{CredentialCheck, MemberId};
use mls_core::psk::{PreSharedKeyId, PskValue};
use mls_core::record::{GroupId, Missing, RecordKey};
use mls_crypto_traits::{CipherSuite, SecretBytes};

use crate::common::{Peer, TestRng};

/// X25519, AES-128-GCM, SHA-256, Ed25519.
pub(crate) const SUITE: CipherSuite = CipherSuite(1);

pub(crate) type StoredRecords = BTreeMap<RecordKey, Vec<u8>>;

/// What came of a message, so that it can be compared.
pub(crate) type Outcome = String;

/// Why something was not done.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The bytes are no message.
    NoMessage,
    /// The operation itself says so.
    Refused(ReceiveError),
    /// Records that were read are refused.
    Unfit(Fault),
}

impl Refusal {
    /// The fault that has nothing to do with the message, where there is one.
    pub(crate) const fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Unfit(fault) | Self::Refused(ReceiveError::Fault(fault)) => Some(fault),
            _ => None,
        }
    }
}

/// The same randomness for each input.
pub(crate) fn rewind_rng(peer: &mut Peer) {
    peer.world.rng = TestRng(0x5eed);
}

/// Loads the group of this name from what is stored.
pub(crate) fn load(peer: &mut Peer, id: &GroupId) -> Result<Group, Fault> {
    let [header, status] = Group::records_to_load(id).map(|key| peer.store.get(&key));
    let [header, status] = [&header, &status].map(|record| record.as_ref().map_or(&[][..], SecretBytes::as_bytes));
    Group::load(id, header, status)
}

/// Calls an operation, reading what it misses, until it is done or fails. It never asks for ever.
pub(crate) fn drive<T, E>(
    peer: &mut Peer,
    group: &mut Group,
    missing: impl Fn(&E) -> Option<Missing>,
    mut op: impl FnMut(&mut Peer, &Group) -> Result<T, E>,
) -> Result<T, Result<E, Fault>> {
    for _ in 0..16 {
        let error = match op(peer, group) {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        let Some(missing) = missing(&error) else { return Err(Ok(error)) };
        assert!(!missing.is_empty(), "it misses nothing, and says that it does");
        let records = peer.store.read(&missing);
        group.admit(records, &mut peer.world.env()).map_err(Err)?;
    }
    panic!("an operation asks for records for ever");
}

/// Everybody is who they say, by the encoding of their credential; pre-shared keys are those of `peer`.
pub(crate) fn answers(peer: &Peer, checks: &[CredentialCheck], psks: &[PreSharedKeyId]) -> Answers {
    let mut answers = Answers::new();
    for check in checks {
        answers.vouch(check.accept(MemberId(check.credential.to_bytes().unwrap())));
    }
    for id in psks {
        if let Some(value) = peer.psks.get(&id.psk) {
            answers.psk(id.clone(), PskValue::from_bytes(SecretBytes::from_slice(value)));
        }
    }
    answers
}

/// Handles a message up to the step, all questions answered with yes. Nothing is stored or applied.
pub(crate) fn attempt(peer: &mut Peer, group: &mut Group, bytes: &[u8]) -> Result<Step<Outcome>, Refusal> {
    let message = MlsMessage::from_bytes(bytes).map_err(|_| Refusal::NoMessage)?;
    let handled = drive(
        peer,
        group,
        |error: &ReceiveError| error.missing().cloned(),
        |peer, group| {
            let inbound = receive(group, &message, &mut peer.world.env())?;
            finish(peer, group, inbound)
        },
    );
    handled.map_err(|error| error.map_or_else(Refusal::Unfit, Refusal::Refused))
}

fn finish(peer: &mut Peer, group: &Group, inbound: Inbound) -> Result<Step<Outcome>, ReceiveError> {
    Ok(match inbound {
        Inbound::Application(step) => step.map(|received| format!("{received:?} {:?}", received.data)),
        Inbound::OwnCommit(step) => step.map(|change| format!("{change:?}")),
        Inbound::ExternalProposal(pending) => {
            let ruling = pending.question().accept();
            let pending = pending.rule(ruling, group, &mut peer.world.env())?;
            return finish(peer, group, Inbound::Proposal(Box::new(pending)));
        }
        Inbound::Proposal(pending) => {
            let answers = answers(peer, pending.credentials(), &[]);
            pending.resume(group, &answers, &mut peer.world.env())?.map(|proposal| format!("{proposal:?}"))
        }
        Inbound::Commit(pending) => {
            let ruling = pending.question().accept();
            let vetted = pending.rule(ruling, group, &mut peer.world.env())?;
            let answers = answers(peer, vetted.credentials(), vetted.psks());
            vetted.resume(group, &answers, &mut peer.world.env())?.map(|change| format!("{change:?}"))
        }
        other => panic!("a message turns out to be {other:?}"),
    })
}

/// Stores and applies a step.
pub(crate) fn apply<T>(peer: &mut Peer, group: &mut Group, step: Step<T>) -> T {
    let durable = peer.store.commit(step.delta());
    step.apply(group, durable).unwrap()
}

/// Sends application data.
pub(crate) fn send(peer: &mut Peer, group: &mut Group) -> Result<Vec<u8>, Result<EncryptError, Fault>> {
    let options = EncryptOptions { allow_pending_proposals: true, ..EncryptOptions::default() };
    let step = drive(
        peer,
        group,
        |error: &EncryptError| error.missing().cloned(),
        |peer, group| encrypt(group, b"x", &options, &mut peer.world.env()),
    )?;
    Ok(apply(peer, group, step).message)
}

/// Commits what waits.
pub(crate) fn commit_all(peer: &mut Peer, group: &mut Group) -> Result<Vec<u8>, Result<CommitError, Fault>> {
    let plan = CommitPlan::default();
    let step = drive(
        peer,
        group,
        |error: &CommitError| error.missing().cloned(),
        |peer, group| {
            let draft = commit(group, &plan, &mut peer.world.env())?;
            let ruling = draft.question().accept();
            let vetted = draft.rule(ruling, group, &mut peer.world.env())?;
            let answers = answers(peer, vetted.credentials(), vetted.psks());
            vetted.resume(group, &answers, &mut peer.world.env())
        },
    )?;
    Ok(apply(peer, group, step).message)
}
