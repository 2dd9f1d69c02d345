//! The proposals of this epoch that wait to be committed (RFC 9420 section 12.1).

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::borrow::Borrow;

use mls_codec::{Decode, DecodeError, Encode, EncodeError, Reader};
use mls_crypto_traits::HpkePrivateKey;

use crate::framing::Sender;
use crate::identity::MemberId;
use crate::proposal::{Proposal, ProposalRef};
use crate::record::{SecretWriter, ToRecord, open_record};

/// A proposal whose message and content have been verified.
pub(crate) struct CachedProposal {
    /// The place in the order of arrival: of two Updates of one member the newer counts.
    pub(crate) order: u32,
    pub(crate) sender: Sender,
    pub(crate) proposal: Proposal,
    /// Who was vouched for when the proposal arrived, where it brings in a credential.
    pub(crate) member: Option<MemberId>,
    /// The private key of an own Update's new leaf.
    pub(crate) leaf_key: Option<HpkePrivateKey>,
    /// The message as we sent it, where the proposal is our own.
    pub(crate) message: Option<Vec<u8>>,
}

/// The verified proposals of this epoch, by reference. A member owns them, for the keys of its own Updates; an
/// observer, which has no keys, shares them.
#[derive(Clone)]
pub(crate) struct ProposalCache<P = CachedProposal> {
    by_ref: BTreeMap<ProposalRef, P>,
    bytes: usize,
}

impl<P> Default for ProposalCache<P> {
    fn default() -> Self {
        Self { by_ref: BTreeMap::new(), bytes: 0 }
    }
}

impl<P: Borrow<CachedProposal>> ProposalCache<P> {
    pub(crate) fn get(&self, reference: &ProposalRef) -> Option<&CachedProposal> {
        self.by_ref.get(reference).map(P::borrow)
    }

    pub(crate) fn insert(&mut self, reference: ProposalRef, proposal: P) {
        self.bytes = self.bytes.saturating_add(proposal.borrow().proposal.encoded_len());
        if let Some(old) = self.by_ref.insert(reference, proposal) {
            self.bytes = self.bytes.saturating_sub(old.borrow().proposal.encoded_len());
        }
    }

    pub(crate) fn remove(&mut self, reference: &ProposalRef) -> Option<P> {
        let removed = self.by_ref.remove(reference)?;
        self.bytes = self.bytes.saturating_sub(removed.borrow().proposal.encoded_len());
        Some(removed)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.by_ref.len()
    }

    /// How many bytes the proposals take.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many are of this sender.
    pub(crate) fn of_sender(&self, sender: Sender) -> usize {
        self.by_ref.values().filter(|cached| (*cached).borrow().sender == sender).count()
    }

    /// The proposals in the order of their arrival.
    pub(crate) fn in_order(&self) -> Vec<(&ProposalRef, &CachedProposal)> {
        let mut all: Vec<_> = self.by_ref.iter().map(|(reference, cached)| (reference, cached.borrow())).collect();
        all.sort_by_key(|(_, cached)| cached.order);
        all
    }

    /// The order number that the next proposal gets.
    pub(crate) fn next_order(&self) -> u32 {
        let last = self.by_ref.values().map(|cached| cached.borrow().order).max();
        last.map_or(0, |last| last.saturating_add(1))
    }
}

impl ToRecord for CachedProposal {
    fn write(&self, w: &mut SecretWriter) -> Result<(), EncodeError> {
        let Self { order, sender, proposal, member, leaf_key, message } = self;
        w.put(order)?;
        w.put(sender)?;
        w.put(proposal)?;
        w.put(&member.as_ref().map(|member| &member.0))?;
        w.put(&u8::from(leaf_key.is_some()))?;
        if let Some(key) = leaf_key {
            w.opaque(key.as_bytes())?;
        }
        w.put(message)
    }
}

impl CachedProposal {
    /// The proposal of a whole record.
    pub(crate) fn of_record(record: &[u8]) -> Result<Self, DecodeError> {
        let mut r = open_record(record)?;
        let proposal = Self::from_record(&mut r)?;
        r.finish()?;
        Ok(proposal)
    }

    pub(crate) fn from_record(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            order: u32::decode(r)?,
            sender: Sender::decode(r)?,
            proposal: Proposal::decode(r)?,
            member: Option::<Vec<u8>>::decode(r)?.map(MemberId),
            leaf_key: match u8::decode(r)? {
                0 => None,
                _ => Some(HpkePrivateKey::from_bytes(r.opaque()?.to_vec())),
            },
            message: Option::decode(r)?,
        })
    }
}
