//! Observed groups through either face.

use mls_client::mls_core::identity::MemberId;
use mls_client::mls_core::observer::Observer;
use mls_client::mls_core::proposal::Proposal;
use mls_client::mls_crypto_traits::SignaturePublicKey;
use mls_client::{JoinError, LoadError, Member, ObservedEvent, OutgoingProposal, ProposeError, ReceiveError};

use super::ObservedGroup;

impl ObservedGroup {
    pub(crate) fn receive(&mut self, message: &[u8]) -> Result<ObservedEvent, ReceiveError> {
        both!(self, face => face.receive(message))
    }

    pub(crate) fn restart(&mut self, info: &[u8], ratchet_tree: Option<&[u8]>) -> Result<(), JoinError> {
        both!(self, face => face.restart(info, ratchet_tree))
    }

    pub(crate) fn propose(
        &self,
        signature_key: &SignaturePublicKey,
        proposal: Proposal,
    ) -> Result<OutgoingProposal, ProposeError> {
        plain!(self, face => face.propose(signature_key, proposal))
    }

    pub(crate) fn member_with_id(&self, id: &MemberId) -> Result<Option<Member>, LoadError> {
        plain!(self, face => face.member_with_id(id))
    }

    pub(crate) fn state(&self) -> &Observer {
        plain!(self, face => face.state())
    }

    pub(crate) fn reload(&mut self) -> Result<(), LoadError> {
        both!(self, face => face.reload())
    }
}
