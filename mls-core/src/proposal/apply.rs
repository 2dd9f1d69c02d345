//! What a list of proposals does to a group (RFC 9420 section 12.3).

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use mls_codec::Encode;
use mls_crypto_traits::{Suite, parallel};

use crate::custom::CustomTypes;
use crate::env::{Env, UnixTime};
use crate::extension::{ExtensionPlace, ExtensionType, Extensions, ExternalSenders, RequiredCapabilities};
use crate::framing::Sender;
use crate::group_context::GroupContext;
use crate::identity::CredentialEvent;
use crate::key_package::{KeyPackageContext, KeyPackageError, validate_key_package};
use crate::limits::Limits;
use crate::proposal::effects::{Effects, PlacedEffect};
use crate::proposal::list::{ListedProposal, ProposalListError, check_custom, check_psk, path_required};
use crate::proposal::{Proposal, ReInit};
use crate::tree::leaf_node::LeafNode;
use crate::tree::math::{LeafIndex, NodeIndex};
use crate::tree::node_bytes::NodeBytes;
use crate::tree::ratchet_tree::RatchetTree;
use crate::tree::validate::{ExpectedSource, LeafContext, validate_leaf};

/// So many key packages are validated by one thread at least, where there are several threads.
const AT_ONCE: usize = 16;

/// A group with a list of proposals applied, before any path.
pub(crate) struct AppliedList {
    pub(crate) tree: RatchetTree,
    pub(crate) extensions: Extensions,
    pub(crate) required: RequiredCapabilities,
    /// The leaves of the added members, with the place of their Add in the list, or behind it among the effects.
    pub(crate) added: Vec<(LeafIndex, usize)>,
    pub(crate) removed: Vec<LeafIndex>,
    pub(crate) updated: Vec<LeafIndex>,
    pub(crate) external_init: Option<Vec<u8>>,
    pub(crate) re_init: Option<ReInit>,
    /// Whether the list, or what its custom proposals do, demands a path.
    pub(crate) path_required: bool,
    /// What the first Remove of the list removes: in an external commit the joiner's former self.
    pub(crate) former_self: Option<LeafIndex>,
    /// The Adds and Removes that custom proposals have for effects.
    pub(crate) effects: Vec<ListedProposal>,
    /// Credentials that come in and have not been vouched for.
    pub(crate) newcomers: Vec<Newcomer>,
}

impl AppliedList {
    /// The proposal at a place in the list that was applied, or among the effects behind it.
    pub(crate) fn listed<'a>(&'a self, list: &'a [ListedProposal], place: usize) -> Option<&'a ListedProposal> {
        list.get(place).or_else(|| self.effects.get(place.checked_sub(list.len())?))
    }
}

/// A credential that comes in with a commit.
pub(crate) struct Newcomer {
    pub(crate) event: CredentialEvent,
    pub(crate) leaf: Option<LeafIndex>,
    pub(crate) credential: crate::credential::Credential,
    pub(crate) signature_key: mls_crypto_traits::SignaturePublicKey,
    pub(crate) predecessor: Option<(crate::credential::Credential, mls_crypto_traits::SignaturePublicKey)>,
}

impl Newcomer {
    /// A member about whom only the name is asked.
    pub(crate) const fn member(
        leaf: LeafIndex,
        credential: crate::credential::Credential,
        signature_key: mls_crypto_traits::SignaturePublicKey,
    ) -> Self {
        Self { event: CredentialEvent::Member, leaf: Some(leaf), credential, signature_key, predecessor: None }
    }
}

/// What applying takes from its surroundings.
#[derive(Clone, Copy)]
pub(crate) struct ApplyContext<'a> {
    pub(crate) suite: Suite<'a>,
    pub(crate) tree: &'a RatchetTree,
    pub(crate) context: &'a GroupContext,
    pub(crate) now: UnixTime,
    pub(crate) limits: Limits,
    pub(crate) custom: &'a CustomTypes,
}

impl<'a> ApplyContext<'a> {
    pub(crate) const fn new<'e: 'a>(
        suite: Suite<'a>,
        tree: &'a RatchetTree,
        context: &'a GroupContext,
        env: &Env<'e>,
    ) -> Self {
        Self { suite, tree, context, now: env.now, limits: env.limits, custom: env.custom }
    }
}

/// The types of a list of extensions.
pub(crate) fn extension_types(extensions: &Extensions) -> Vec<ExtensionType> {
    extensions.iter().map(|extension| extension.extension_type).collect()
}

/// Validates each proposal against the group that results, and applies them all in the order of section 12.3. The list
/// has passed [`check_list`](crate::proposal::list::check_list).
pub(crate) fn apply_list(at: ApplyContext<'_>, list: &[ListedProposal]) -> Result<AppliedList, ProposalListError> {
    apply_with_effects(at, list, &Effects::default())
}

/// Validates a proposal as if it were committed alone, by somebody else, and yields the credentials that it brings in.
pub(crate) fn apply_alone(at: ApplyContext<'_>, listed: &ListedProposal) -> Result<Vec<Newcomer>, ProposalListError> {
    match &listed.proposal {
        Proposal::PreSharedKey(id) => check_psk(id, at.suite.hash_len()).map(|()| Vec::new()),
        Proposal::ExternalInit { .. } => Err(ProposalListError::ExternalInitByMember),
        _ => Ok(apply_list(at, core::slice::from_ref(listed))?.newcomers),
    }
}

/// As [`apply_list`], with what the list's custom proposals do.
pub(crate) fn apply_with_effects(
    at: ApplyContext<'_>,
    list: &[ListedProposal],
    effects: &Effects,
) -> Result<AppliedList, ProposalListError> {
    let mut sorted = sort(at, list, effects)?;
    let changes: Vec<_> = sorted.updates.iter().map(|(leaf, _, bytes)| (*leaf, bytes.clone())).collect();
    check_types(at, list, &changes, &sorted.removes)?;
    let adds: Vec<_> = sorted.adds.iter().map(|(_, _, bytes)| bytes.clone()).collect();
    // req: R-12.3-03, R-12.3-04
    let (tree, added) = at.tree.apply_changes(at.suite, &changes, &sorted.removes, &adds)?;
    let result = AppliedList {
        added: added.into_iter().zip(sorted.adds.iter().map(|(place, ..)| *place)).collect(),
        updated: sorted.updates.iter().map(|(leaf, ..)| *leaf).collect(),
        removed: core::mem::take(&mut sorted.removes),
        required: required(&sorted.extensions)?,
        extensions: core::mem::take(&mut sorted.extensions),
        external_init: sorted.external_init.take(),
        re_init: sorted.re_init.take(),
        path_required: path_required(list, at.custom) || effects.remove_somebody(),
        former_self: list.iter().find_map(|listed| match &listed.proposal {
            Proposal::Remove(removed) => removed.leaf(),
            _ => None,
        }),
        effects: effects.proposals().cloned().collect(),
        newcomers: core::mem::take(&mut sorted.newcomers),
        tree,
    };
    check_unique(at, &sorted, &result)?;
    // req: R-12.2-16
    check_support(at, &result)?;
    // req: R-12.2-03
    check_leaves(at, list, &sorted, &result)?;
    Ok(result)
}

struct Sorted<'a> {
    extensions: Extensions,
    updates: Vec<(LeafIndex, &'a ListedProposal, NodeBytes)>,
    removes: Vec<LeafIndex>,
    adds: Vec<(usize, &'a ListedProposal, NodeBytes)>,
    external_init: Option<Vec<u8>>,
    re_init: Option<ReInit>,
    newcomers: Vec<Newcomer>,
}

/// A custom proposal is in a commit only where every member that processes it supports its type (section 12.2). Who is
/// removed does not, and who is added need not.
fn check_types(
    at: ApplyContext<'_>,
    list: &[ListedProposal],
    updates: &[(LeafIndex, NodeBytes)],
    removes: &[LeafIndex],
) -> Result<(), ProposalListError> {
    let mut types: Vec<_> = list.iter().map(|listed| listed.proposal.proposal_type()).collect();
    types.retain(|kind| !kind.is_default());
    if types.is_empty() {
        return Ok(());
    }
    let (remaining, _) = at.tree.apply_changes(at.suite, updates, removes, &[])?;
    // req: R-12.2-15, R-13.2-01
    match types.into_iter().find(|kind| !remaining.summary().all_support_proposal(*kind)) {
        Some(kind) => Err(ProposalListError::ProposalTypeNotSupportedByAll(kind)),
        None => Ok(()),
    }
}

fn sort<'a>(
    at: ApplyContext<'_>,
    list: &'a [ListedProposal],
    effects: &'a Effects,
) -> Result<Sorted<'a>, ProposalListError> {
    let mut sorted = Sorted {
        extensions: at.context.extensions.clone(),
        updates: Vec::new(),
        removes: Vec::new(),
        adds: Vec::new(),
        external_init: None,
        re_init: None,
        newcomers: Vec::new(),
    };
    // Effects have their places behind the list, in the order in which they apply.
    let mut place = list.len();
    for effect in &effects.before {
        sort_effect(at, effect, &mut place, &mut sorted)?;
    }
    for (place, listed) in list.iter().enumerate() {
        // req: R-12.2-03
        sort_proposal(at, place, listed, &mut sorted)?;
    }
    for effect in &effects.after {
        sort_effect(at, effect, &mut place, &mut sorted)?;
    }
    if sorted.extensions != at.context.extensions {
        check_context_extensions(&sorted.extensions, at.custom)?;
        new_external_senders(at, &mut sorted)?;
    }
    Ok(sorted)
}

fn sort_effect<'a>(
    at: ApplyContext<'_>,
    effect: &'a PlacedEffect,
    place: &mut usize,
    sorted: &mut Sorted<'a>,
) -> Result<(), ProposalListError> {
    match effect {
        PlacedEffect::Proposal(listed) => {
            sort_proposal(at, *place, listed, sorted)?;
            *place = place.saturating_add(1);
        }
        PlacedEffect::SetExtension(new) => {
            match sorted.extensions.0.iter_mut().find(|old| old.extension_type == new.extension_type) {
                Some(old) => *old = new.clone(),
                None => sorted.extensions.0.push(new.clone()),
            }
        }
        PlacedEffect::RemoveExtension(kind) => sorted.extensions.0.retain(|old| old.extension_type != *kind),
    }
    Ok(())
}

fn sort_proposal<'a>(
    at: ApplyContext<'_>,
    place: usize,
    listed: &'a ListedProposal,
    sorted: &mut Sorted<'a>,
) -> Result<(), ProposalListError> {
    match &listed.proposal {
        Proposal::Add(key_package) => {
            sorted.adds.push((place, listed, encoded(&key_package.leaf_node)?));
            if listed.member.is_none() {
                // req: R-5.3.1-01, R-5.3.1-03
                sorted.newcomers.push(Newcomer {
                    event: CredentialEvent::Add,
                    leaf: None,
                    credential: key_package.leaf_node.credential.clone(),
                    signature_key: key_package.leaf_node.signature_key.clone(),
                    predecessor: None,
                });
            }
        }
        Proposal::Update(leaf) => sort_update(at, listed, leaf, sorted)?,
        Proposal::Remove(removed) => {
            // req: R-12.1.3-01
            let leaf = removed
                .leaf()
                .filter(|leaf| !at.tree.is_blank(leaf.node()))
                .ok_or(ProposalListError::RemoveOfNonMember(*removed))?;
            sorted.removes.push(leaf);
        }
        Proposal::GroupContextExtensions(extensions) => {
            // Checked here too: an effect may replace them.
            check_context_extensions(extensions, at.custom)?;
            // req: R-12.3-01, R-12.1.7-02
            sorted.extensions = extensions.clone();
        }
        Proposal::ExternalInit { kem_output } => sorted.external_init = Some(kem_output.clone()),
        Proposal::ReInit(re_init) => {
            // req: R-12.1.5-01
            if re_init.version < at.context.version {
                return Err(ProposalListError::ReInitVersion);
            }
            check_context_extensions(&re_init.extensions, at.custom)?;
            sorted.re_init = Some(re_init.clone());
        }
        Proposal::PreSharedKey(_) => {}
        // What it does, its effects say.
        Proposal::Custom { proposal_type, .. } => drop(check_custom(*proposal_type, listed.sender, at.custom)?),
    }
    Ok(())
}

/// Whether a group context could have these extensions, whoever the members are.
pub(crate) fn check_context_extensions(extensions: &Extensions, custom: &CustomTypes) -> Result<(), ProposalListError> {
    // req: R-13.4-05
    if extensions.has_duplicates() {
        return Err(ProposalListError::DuplicateExtension);
    }
    // req: R-17.3-01
    match extensions.iter().find(|e| !custom.allows(e.extension_type, ExtensionPlace::GroupContext)) {
        Some(misplaced) => Err(ProposalListError::MisplacedExtension(misplaced.extension_type)),
        None => Ok(()),
    }
}

fn sort_update<'a>(
    at: ApplyContext<'_>,
    listed: &'a ListedProposal,
    leaf: &LeafNode,
    sorted: &mut Sorted<'a>,
) -> Result<(), ProposalListError> {
    let Sender::Member(sender) = listed.sender else {
        return Err(ProposalListError::UpdateByNonMember);
    };
    let old = at.tree.leaf(sender).ok_or(ProposalListError::UpdateByNonMember)?;
    let changed = old.credential != leaf.credential || old.signature_key != leaf.signature_key;
    if changed && listed.member.is_none() {
        // req: R-5.3.1-04, R-5.3.1-08
        sorted.newcomers.push(Newcomer {
            event: CredentialEvent::Update,
            leaf: Some(sender),
            credential: leaf.credential.clone(),
            signature_key: leaf.signature_key.clone(),
            predecessor: Some((old.credential, old.signature_key)),
        });
    }
    sorted.updates.push((sender, listed, encoded(leaf)?));
    Ok(())
}

/// External senders that are added or changed are to be vouched for.
fn new_external_senders(at: ApplyContext<'_>, sorted: &mut Sorted<'_>) -> Result<(), ProposalListError> {
    let malformed = |_| ProposalListError::MalformedExtension(ExtensionType::EXTERNAL_SENDERS);
    let new = sorted.extensions.read::<ExternalSenders>().map_err(malformed)?.unwrap_or_default();
    let old = at.context.extensions.read::<ExternalSenders>().map_err(malformed)?.unwrap_or_default();
    // req: R-5.3.1-06, R-5.3.1-07
    for sender in new.0.iter().filter(|sender| !old.0.contains(sender)) {
        sorted.newcomers.push(Newcomer {
            event: CredentialEvent::ExternalSender,
            leaf: None,
            credential: sender.credential.clone(),
            signature_key: sender.signature_key.clone(),
            predecessor: None,
        });
    }
    Ok(())
}

fn encoded(leaf: &LeafNode) -> Result<NodeBytes, ProposalListError> {
    leaf.to_bytes().map(NodeBytes::from).map_err(|_| ProposalListError::TooLong)
}

pub(crate) fn required(extensions: &Extensions) -> Result<RequiredCapabilities, ProposalListError> {
    Ok(extensions
        .read::<RequiredCapabilities>()
        .map_err(|_| ProposalListError::MalformedExtension(ExtensionType::REQUIRED_CAPABILITIES))?
        .unwrap_or_default())
}

/// Keys of new leaves must be new to the group that results (sections 7.3, 10 and 16.7).
fn check_unique(at: ApplyContext<'_>, sorted: &Sorted<'_>, result: &AppliedList) -> Result<(), ProposalListError> {
    let mut signature_keys = BTreeMap::new();
    let mut encryption_keys = BTreeSet::new();
    let mut init_keys = BTreeMap::new();
    let gone = |leaf: LeafIndex| result.removed.contains(&leaf) || result.updated.contains(&leaf);
    for (_, listed, _) in &sorted.adds {
        if let Proposal::Add(key_package) = &listed.proposal {
            // req: R-10-04
            let init = key_package.init_key.as_bytes();
            if init_keys.insert(init, *listed).is_some() || at.tree.find_encryption_key(init).is_some() {
                return Err(ProposalListError::DuplicateInitKey);
            }
        }
    }
    let updates = sorted.updates.iter().map(|(leaf, listed, _)| (Some(*leaf), *listed));
    let adds = sorted.adds.iter().map(|(_, listed, _)| (None, *listed));
    for (own, listed) in updates.chain(adds) {
        let leaf = match &listed.proposal {
            Proposal::Update(leaf) => leaf.as_ref(),
            Proposal::Add(key_package) => &key_package.leaf_node,
            _ => continue,
        };
        let key = leaf.signature_key.as_bytes();
        // req: R-7.3-20, R-12.2-08, R-12.2-09
        let taken = at.tree.find_signature_key(key).is_some_and(|old| Some(old) != own && !gone(old));
        if taken || signature_keys.insert(key, ()).is_some() {
            return Err(ProposalListError::DuplicateSignatureKey);
        }
        let key = leaf.encryption_key.as_bytes();
        // req: R-7.3-21, R-16.7-01
        let stays = |node: NodeIndex| match node.leaf() {
            Some(old) => !gone(old),
            None => result.tree.encryption_key(node) == Some(key),
        };
        if at.tree.find_encryption_key(key).is_some_and(stays)
            || !encryption_keys.insert(key)
            || init_keys.get(key).is_some_and(|owner| !core::ptr::eq(*owner, listed))
        {
            return Err(ProposalListError::DuplicateEncryptionKey);
        }
    }
    Ok(())
}

/// What the new context demands, every member of the resulting group must support (sections 7.3, 11.1, 12.1.7, 13.4).
fn check_support(at: ApplyContext<'_>, result: &AppliedList) -> Result<(), ProposalListError> {
    let summary = result.tree.summary();
    // req: R-7.3-10, R-7.3-11, R-13.3-01
    if !summary.credential_types_in_use().all(|kind| summary.all_support_credential(kind)) {
        return Err(ProposalListError::CredentialTypeNotSupportedByAll);
    }
    if result.extensions == at.context.extensions {
        return Ok(());
    }
    let RequiredCapabilities { extension_types: extensions, proposal_types, credential_types } = &result.required;
    // req: R-11.1-02, R-11.1-03, R-12.1.7-01, R-13.4-08, R-12.3-02
    let supported = extension_types(&result.extensions)
        .iter()
        .chain(extensions)
        .all(|kind| kind.is_default() || summary.all_support_extension(*kind))
        && proposal_types.iter().all(|kind| kind.is_default() || summary.all_support_proposal(*kind))
        && credential_types.iter().all(|kind| summary.all_support_credential(*kind));
    if supported { Ok(()) } else { Err(ProposalListError::UnsupportedByMember) }
}

/// Each new leaf on its own, against the new context (sections 7.3 and 10.1).
fn check_leaves(
    at: ApplyContext<'_>,
    list: &[ListedProposal],
    sorted: &Sorted<'_>,
    result: &AppliedList,
) -> Result<(), ProposalListError> {
    let group_extensions = extension_types(&result.extensions);
    for (leaf_index, listed, _) in &sorted.updates {
        let (Proposal::Update(leaf), Some(old)) = (&listed.proposal, at.tree.leaf(*leaf_index)) else { continue };
        let context = LeafContext {
            position: Some((&at.context.group_id, *leaf_index)),
            expected: ExpectedSource::Update { old_encryption_key: &old.encryption_key },
            version: at.context.version,
            cipher_suite: at.context.cipher_suite,
            required: &result.required,
            group_extensions: &group_extensions,
            members: Some(result.tree.summary()),
            now: None,
            max_lifetime: None,
            verified: listed.is_verified(),
            custom: at.custom,
        };
        // req: R-12.1.2-01
        validate_leaf(at.suite, leaf, &context).map_err(ProposalListError::InvalidUpdate)?;
    }
    let context = KeyPackageContext {
        version: at.context.version,
        cipher_suite: at.context.cipher_suite,
        required: &result.required,
        group_extensions: &group_extensions,
        members: Some(result.tree.summary()),
        now: at.now.0,
        max_lifetime: at.limits.max_lifetime,
        verified: false,
        custom: at.custom,
    };
    let added: Vec<&ListedProposal> =
        result.added.iter().filter_map(|(_, place)| result.listed(list, *place)).collect();
    parallel::try_for_each(&added, AT_ONCE, |listed| check_added(at.suite, listed, context))
}

fn check_added(
    suite: Suite<'_>,
    listed: &ListedProposal,
    context: KeyPackageContext<'_>,
) -> Result<(), ProposalListError> {
    let Proposal::Add(key_package) = &listed.proposal else { return Ok(()) };
    let context = KeyPackageContext { verified: listed.is_verified(), ..context };
    // req: R-10.1-01, R-10.1-02, R-12.1.1-01, R-7.3-01, R-7.3-02
    validate_key_package(suite, key_package, &context).map_err(ProposalListError::InvalidAdd)?;
    Ok(())
}

impl From<KeyPackageError> for ProposalListError {
    fn from(error: KeyPackageError) -> Self {
        Self::InvalidAdd(error)
    }
}
