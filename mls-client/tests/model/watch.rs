//! Somebody outside who follows the group without its secrets, and may propose.

use mls_client::mls_core::extension::{Extensions, ExternalSender, ExternalSenders};
use mls_client::mls_core::proposal::Proposal;
use mls_client::mls_crypto_traits::SignaturePublicKey;
use mls_client::{
    CipherSuite, Credential, Disposition, GroupInfoOptions, ObservedEvent, ObservedGroup, OutgoingProposal,
};

use crate::faces::Group;
use crate::users::watcher;

pub(crate) struct Watch {
    client: mls_client::Client,
    pub(crate) group: ObservedGroup,
    signature_key: SignaturePublicKey,
    /// Epochs that were entered by following a commit, and by starting afresh.
    pub(crate) followed: u64,
    pub(crate) restarted: u64,
}

const PUBLIC: GroupInfoOptions = GroupInfoOptions { external_pub: false, ratchet_tree: true };

/// The extensions of a group that lets somebody propose.
pub(crate) fn external_sender(name: &str, signature_key: &SignaturePublicKey) -> Extensions {
    let sender = ExternalSender { signature_key: signature_key.clone(), credential: Credential::basic(name) };
    let mut extensions = Extensions::new();
    extensions.set(&ExternalSenders(vec![sender])).unwrap();
    extensions
}

impl Watch {
    pub(crate) fn new(member: &mut Group, suite: CipherSuite) -> Self {
        let client = watcher();
        let signature_key = client.new_signer(suite).unwrap();
        let group = client.observe(&member.group_info(PUBLIC).unwrap(), None).unwrap();
        Self { client, group, signature_key, followed: 0, restarted: 0 }
    }

    /// The extensions of a group that lets it propose.
    pub(crate) fn extensions(&self) -> Extensions {
        external_sender("watcher", &self.signature_key)
    }

    /// Whether it may propose now.
    pub(crate) fn may_propose(&self, epoch: u64) -> bool {
        self.group.state().epoch() == epoch && self.group.state().context().extensions == self.extensions()
    }

    pub(crate) fn propose(&mut self, proposal: Proposal) -> Option<OutgoingProposal> {
        self.group.propose(&self.signature_key, proposal).ok()
    }

    /// A message that is sent to all. What cannot be seen or followed is made up for when the epoch begins.
    pub(crate) fn see(&mut self, bytes: &[u8]) {
        let epoch = self.group.state().epoch();
        match self.group.receive(bytes) {
            Ok(ObservedEvent::Proposal(_) | ObservedEvent::Hidden(_)) => assert_eq!(self.group.state().epoch(), epoch),
            Ok(ObservedEvent::Epoch(change)) => {
                assert_eq!((change.epoch, self.group.state().epoch()), (epoch + 1, epoch + 1));
                self.followed += 1;
            }
            Ok(other) => panic!("{other:?}"),
            // A reference to what was encrypted; a proposal of somebody who lags behind.
            Err(error) => assert!(
                matches!(
                    error.disposition(),
                    Disposition::Retry(_) | Disposition::Discard | Disposition::AwaitEpoch(_)
                ),
                "{error:?}"
            ),
        }
    }

    /// An epoch has begun: the observer is in it, and sees what its members see.
    pub(crate) fn agrees(&mut self, member: &mut Group) {
        if self.group.state().epoch() < member.epoch() {
            self.group.restart(&member.group_info(PUBLIC).unwrap(), None).unwrap();
            self.restarted += 1;
        }
        assert_eq!(self.group.state().context(), member.context());
        assert_eq!(self.group.state().ratchet_tree().unwrap(), member.ratchet_tree().unwrap());
        let stored = self.client.load_observed(member.id()).unwrap();
        assert_eq!(stored.state().snapshot(), self.group.state().snapshot());
    }
}
