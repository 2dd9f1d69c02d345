//! Which client is at which leaf, so that none becomes a member twice (RFC 9420 section 12.2).
//!
//! Only the authentication service knows when two credentials are one client's. What it called each member is kept, as
//! a hash, beside the member's leaf: who comes in is compared by lookups, and nobody is asked about twice.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use mls_codec::{Decode, Encode};
use mls_crypto_traits::{CryptoError, Suite};

use crate::framing::Sender;
use crate::identity::{CredentialCheck, CredentialEvent, MemberId};
use crate::proposal::Proposal;
use crate::proposal::apply::{AppliedList, Newcomer};
use crate::proposal::list::{ListedProposal, ProposalListError};
use crate::tree::key_index::slots::{self, Slots};
use crate::tree::math::LeafIndex;
use crate::tree::ratchet_tree::RatchetTree;
use crate::tree::view::identity_of;

/// A client's [`MemberId`], hashed: 16 bytes, as numbers for the sake of comparing many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(crate) struct ClientTag(u64, u64);

/// The clients at the leaves of one tree, as far as they are known. Those are not known whose leaves nobody has been
/// asked about: our own in a group that we created, and all where the tree came from outside the store.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clients {
    /// By leaf.
    tags: Vec<Option<ClientTag>>,
    /// The leaves whose client is known, by the tag's first bits. Clients choose their names, and can make many begin
    /// alike with much work: such a lookup compares them all, and no more.
    places: Slots,
}

/// The leaves whose client becomes another one, ascending and each of them once.
pub(crate) type ClientChanges = Vec<(LeafIndex, Option<ClientTag>)>;

impl ClientTag {
    pub(crate) fn of(suite: Suite<'_>, member: &MemberId) -> Result<Self, CryptoError> {
        let digest = suite.hash(&[b"mls-core 1.0 client ", &member.0])?;
        let mut numbers = digest.as_bytes().as_chunks::<8>().0.iter().map(|bytes| u64::from_be_bytes(*bytes));
        Ok(Self(numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default()))
    }

    /// Its first 32 bits, and the leaf.
    const fn place_at(self, leaf: LeafIndex) -> u64 {
        slots::entry(self.0, leaf.as_u32())
    }
}

impl Clients {
    /// The clients at these leaves.
    pub(crate) fn of_leaves(leaves: impl IntoIterator<Item = (LeafIndex, Option<ClientTag>)>) -> Self {
        let mut clients = Self::default();
        leaves.into_iter().for_each(|(leaf, client)| clients.put(leaf, client));
        let mut places = Vec::with_capacity(clients.tags.len());
        places.extend(clients.by_leaf().map(|(client, leaf)| client.place_at(leaf)));
        clients.places = Slots::of(&places);
        clients
    }

    /// The client at a leaf.
    pub(crate) fn get(&self, leaf: LeafIndex) -> Option<ClientTag> {
        self.tags.get(place_of(leaf)).copied().flatten()
    }

    /// How many leaves have one that is known.
    pub(crate) const fn known(&self) -> usize {
        self.places.len()
    }

    /// The leaves of a client, ascending.
    pub(crate) fn leaves_of(&self, client: ClientTag) -> impl Iterator<Item = LeafIndex> {
        let alike = self
            .places
            .like(client.place_at(LeafIndex::ZERO))
            .filter_map(|place| LeafIndex::new(slots::number_in(place)));
        alike.filter(move |leaf| self.get(*leaf) == Some(client))
    }

    /// All that is known, by leaf.
    pub(crate) fn all(&self) -> ClientChanges {
        self.by_leaf().map(|(client, leaf)| (leaf, Some(client))).collect()
    }

    /// Makes the changes. What comes back undoes them.
    pub(crate) fn change(&mut self, changes: &[(LeafIndex, Option<ClientTag>)]) -> ClientChanges {
        let place = |(leaf, client): &(LeafIndex, Option<ClientTag>)| Some((*client)?.place_at(*leaf));
        let undo: ClientChanges = changes.iter().map(|(leaf, _)| (*leaf, self.get(*leaf))).collect();
        let mut removed: Vec<u64> = undo.iter().filter_map(place).collect();
        let mut added: Vec<u64> = changes.iter().filter_map(place).collect();
        removed.sort_unstable();
        added.sort_unstable();
        self.places.change(&removed, &added);
        changes.iter().for_each(|(leaf, client)| self.put(*leaf, *client));
        undo
    }

    fn by_leaf(&self) -> impl Iterator<Item = (ClientTag, LeafIndex)> + '_ {
        let leaves = (0..).map_while(LeafIndex::new).zip(&self.tags);
        leaves.filter_map(|(leaf, tag)| Some(((*tag)?, leaf)))
    }

    fn put(&mut self, leaf: LeafIndex, client: Option<ClientTag>) {
        let place = place_of(leaf);
        if place >= self.tags.len() {
            if client.is_none() {
                return;
            }
            self.tags.resize(place.saturating_add(1), None);
        }
        if let Some(tag) = self.tags.get_mut(place) {
            *tag = client;
        }
        // A tree that has become smaller.
        if client.is_none() && place.saturating_add(1) == self.tags.len() {
            let used = self.tags.iter().rposition(Option::is_some).map_or(0, |last| last.saturating_add(1));
            self.tags.truncate(used);
        }
    }
}

impl PartialEq for Clients {
    fn eq(&self, other: &Self) -> bool {
        self.tags == other.tags && self.places.iter().eq(other.places.iter())
    }
}

impl Eq for Clients {}

fn place_of(leaf: LeafIndex) -> usize {
    usize::try_from(leaf.as_u32()).unwrap_or(usize::MAX)
}

/// The clients at the leaves of a tree, as questions about them were answered.
pub(crate) fn clients_at(
    suite: Suite<'_>,
    checks: &[CredentialCheck],
    members: &[MemberId],
) -> Result<ClientChanges, CryptoError> {
    let asked = checks.iter().zip(members).filter(|(check, _)| check.event != CredentialEvent::FormerMember);
    asked
        .filter_map(|(check, member)| Some((check.leaf?, member)))
        .map(|(leaf, member)| Ok((leaf, Some(ClientTag::of(suite, member)?))))
        .collect()
}

/// Which clients a commit brings in, takes away and puts into the place of others, where it makes none a member twice.
/// `checks` were answered with `members`.
pub(crate) fn client_changes(
    suite: Suite<'_>,
    clients: &Clients,
    list: &[ListedProposal],
    applied: &AppliedList,
    checks: &[CredentialCheck],
    members: &[MemberId],
) -> Result<ClientChanges, ProposalListError> {
    let mut changes: BTreeMap<_, _> = applied.removed.iter().map(|leaf| (*leaf, None)).collect();
    let mut come: Vec<(LeafIndex, &MemberId)> = Vec::new();
    let mut asked = Vec::new();
    for (check, member) in checks.iter().zip(members) {
        match (check.event, check.leaf) {
            (CredentialEvent::Add, _) => asked.push(member),
            (CredentialEvent::Update | CredentialEvent::Commit | CredentialEvent::ExternalCommit, Some(leaf)) => {
                come.push((leaf, member));
            }
            (CredentialEvent::Member, Some(leaf)) => {
                changes.insert(leaf, Some(ClientTag::of(suite, member)?));
            }
            _ => {}
        }
    }
    let mut asked = asked.into_iter();
    let mut added = BTreeSet::new();
    for (leaf, place) in &applied.added {
        // Those that arrived by themselves were asked about then.
        let known = applied.listed(list, *place).and_then(|listed| listed.member.as_ref());
        let Some(member) = known.or_else(|| asked.next()) else { continue };
        // req: R-12.2-08
        if !added.insert(member) {
            return Err(ProposalListError::SameClientTwice(member.clone()));
        }
        come.push((*leaf, member));
    }
    for listed in list {
        if let (Proposal::Update(_), Sender::Member(leaf), Some(member)) =
            (&listed.proposal, listed.sender, &listed.member)
        {
            come.push((leaf, member));
        }
    }
    for (leaf, member) in &come {
        changes.insert(*leaf, Some(ClientTag::of(suite, member)?));
    }
    check_new(clients, &changes, &come)?;
    Ok(changes.into_iter().collect())
}

/// Whether those who come in are members at no other leaf of the group that results.
fn check_new(
    clients: &Clients,
    changes: &BTreeMap<LeafIndex, Option<ClientTag>>,
    come: &[(LeafIndex, &MemberId)],
) -> Result<(), ProposalListError> {
    let mut changed: Vec<_> = changes.iter().filter_map(|(leaf, client)| Some(((*client)?, *leaf))).collect();
    changed.sort_unstable();
    for (leaf, member) in come {
        let Some(client) = changes.get(leaf).copied().flatten() else { continue };
        let from = changed.partition_point(|(other, _)| *other < client);
        let beside = changed.iter().skip(from).take_while(|(other, _)| *other == client).map(|(_, at)| *at);
        let stays = clients.leaves_of(client).filter(|other| !changes.contains_key(other));
        // req: R-12.2-09
        if let Some(other) = stays.chain(beside).find(|other| other != leaf) {
            return Err(ProposalListError::AlreadyMember((*member).clone(), other));
        }
    }
    Ok(())
}

/// The members whose client is not known, where a commit brings clients in that they are to be compared with.
pub(crate) fn unknown_members(
    clients: &Clients,
    tree: &RatchetTree,
    applied: &AppliedList,
    newcomers: &[Newcomer],
) -> Vec<Newcomer> {
    let all_known = u32::try_from(clients.known()).is_ok_and(|known| known >= tree.member_count());
    if all_known || (applied.added.is_empty() && applied.updated.is_empty() && newcomers.is_empty()) {
        return Vec::new();
    }
    let renamed: BTreeSet<_> = newcomers.iter().filter_map(|newcomer| newcomer.leaf).collect();
    let removed: BTreeSet<_> = applied.removed.iter().copied().collect();
    tree.leaves()
        .filter(|(leaf, _)| clients.get(*leaf).is_none() && !renamed.contains(leaf) && !removed.contains(leaf))
        .filter_map(|(index, bytes)| {
            let (signature_key, credential) = identity_of(bytes).ok()?;
            Some(Newcomer::member(index, credential, signature_key))
        })
        .collect()
}

#[cfg(test)]
mod tests;
