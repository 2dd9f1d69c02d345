//! What can be verified without a group.

use core::fmt;

use mls_codec::{Decode, Encode};
use mls_core::custom::CustomTypes;
use mls_core::extension::{ExtensionType, RequiredCapabilities};
use mls_core::framing::ProtocolVersion;
use mls_core::group_context::GroupContext;
use mls_core::key_package::KeyPackage;
use mls_core::tree::key_index::IndexSeed;
use mls_core::tree::leaf_node::{LeafNode, LeafNodeSource};
use mls_core::tree::node::{Node, RatchetTreeArray};
use mls_core::tree::parent_hash::verify_parent_hashes;
use mls_core::tree::ratchet_tree::RatchetTree;
use mls_core::tree::validate::{TreeContext, check_unmerged_leaves, validate_tree};
use mls_core::welcome::GroupInfo;
use mls_crypto_traits::{CipherSuite, CryptoProvider, Suite};
use serde_json::{Value, json};

const SEED: IndexSeed = IndexSeed::new([0; 16]);

/// Something that was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What.
    pub what: &'static str,
    /// Whether it holds, or else why not; none where it cannot be told here.
    pub result: Option<Result<(), String>>,
    /// What would be needed, or what was found.
    pub note: String,
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.result {
            Some(Ok(())) => write!(f, "good     {}", self.what)?,
            Some(Err(why)) => write!(f, "WRONG    {}: {why}", self.what)?,
            None => write!(f, "unknown  {}", self.what)?,
        }
        if self.note.is_empty() { Ok(()) } else { write!(f, " ({})", self.note) }
    }
}

impl Check {
    fn new<E: fmt::Debug>(what: &'static str, result: Result<(), E>) -> Self {
        Self { what, result: Some(result.map_err(|error| format!("{error:?}"))), note: String::new() }
    }

    fn unknown(what: &'static str, note: &str) -> Self {
        Self { what, result: None, note: note.to_owned() }
    }

    pub(super) fn json(&self) -> Value {
        let state = match &self.result {
            Some(Ok(())) => "good",
            Some(Err(_)) => "wrong",
            None => "unknown",
        };
        let why = self.result.as_ref().and_then(|result| result.as_ref().err());
        json!({"what": self.what, "state": state, "why": why, "note": self.note})
    }
}

/// Nothing can be verified without this.
pub(super) fn needs(what: &str) -> Vec<Check> {
    vec![Check::unknown("authenticity", &format!("it takes {what}"))]
}

pub(super) fn key_package(key_package: &KeyPackage, crypto: &dyn CryptoProvider) -> Vec<Check> {
    let Some(suite) = crypto.suite(key_package.cipher_suite) else {
        return vec![Check::unknown("signatures", "this backend does not have the suite")];
    };
    let leaf = &key_package.leaf_node;
    let is_source = matches!(leaf.leaf_node_source, LeafNodeSource::KeyPackage(_));
    let reference = key_package.reference(suite).map(|reference| hex::encode(reference.as_bytes()));
    let differ = key_package.init_key != leaf.encryption_key;
    let listed = leaf.capabilities.cipher_suites.contains(&key_package.cipher_suite);
    vec![
        Check { note: reference.unwrap_or_default(), ..Check::new("reference", Ok::<(), ()>(())) },
        Check::new("signature of the key package", key_package.verify_signature(suite)),
        Check::new("signature of the leaf", leaf.verify_signature(suite, None)),
        Check::new("source of the leaf", if is_source { Ok(()) } else { Err("not key_package") }),
        Check::new("init_key", suite.check_hpke_public_key(key_package.init_key.as_bytes())),
        Check::new("encryption_key", suite.check_hpke_public_key(leaf.encryption_key.as_bytes())),
        Check::new("init_key and encryption_key differ", if differ { Ok(()) } else { Err("the same") }),
        Check::new("suite is in the capabilities", if listed { Ok(()) } else { Err("not listed") }),
        Check::unknown("credential", "only the application knows whom it trusts"),
    ]
}

pub(super) fn leaf(leaf: &LeafNode, suite: Option<CipherSuite>, crypto: &dyn CryptoProvider) -> Vec<Check> {
    if !matches!(leaf.leaf_node_source, LeafNodeSource::KeyPackage(_)) {
        return vec![Check::unknown("signature", "it covers the group's id and the leaf's place")];
    }
    let suites: Vec<CipherSuite> = suite.map_or_else(|| crypto.cipher_suites(), |suite| vec![suite]);
    let verifies = |id: &CipherSuite| crypto.suite(*id).is_some_and(|suite| leaf.verify_signature(suite, None).is_ok());
    let found = suites.into_iter().find(verifies);
    let note = found.map_or_else(String::new, |suite| format!("with {suite:?}"));
    vec![Check { note, ..Check::new("signature", found.map(drop).ok_or("under no suite")) }]
}

/// A tree by itself: its suite is the given one, or the first whose keys and key package signatures fit.
pub(super) fn tree(
    array: &RatchetTreeArray,
    suite: Option<CipherSuite>,
    crypto: &dyn CryptoProvider,
) -> (Vec<Check>, Option<RatchetTreeArray>) {
    let kept = Some(array.clone());
    let suites: Vec<CipherSuite> = suite.map_or_else(|| crypto.cipher_suites(), |suite| vec![suite]);
    let Some(suite) = suites.into_iter().filter_map(|id| crypto.suite(id)).find(|suite| fits(array, *suite)) else {
        return (vec![Check::unknown("tree", "its keys fit no suite; give one by --suite")], kept);
    };
    let Ok(bytes) = array.to_bytes() else { return (Vec::new(), kept) };
    let tree = match RatchetTree::from_extension(suite, SEED, &bytes) {
        Ok(tree) => tree,
        Err(error) => return (vec![Check::new("structure", Err::<(), _>(error))], kept),
    };
    let hash = hex::encode(tree.root_hash().as_bytes());
    let checks = vec![
        Check { note: format!("{:?}", suite.id()), ..Check::new("suite by its keys", Ok::<(), ()>(())) },
        Check { note: hash, ..Check::new("tree hash", Ok::<(), ()>(())) },
        Check::new("unmerged leaves", check_unmerged_leaves(&tree)),
        Check::new("keys are unique", tree.check_unique_keys()),
        Check::new("parent hashes", verify_parent_hashes(suite, &tree)),
        Check::unknown("signatures of leaves", "most cover the group's id: a GroupInfo has it"),
    ];
    (checks, kept)
}

fn fits(array: &RatchetTreeArray, suite: Suite<'_>) -> bool {
    array.nodes().iter().flatten().all(|node| match node {
        Node::Leaf(leaf) => {
            suite.check_hpke_public_key(leaf.encryption_key.as_bytes()).is_ok()
                && suite.check_signature_public_key(leaf.signature_key.as_bytes()).is_ok()
                && (!matches!(leaf.leaf_node_source, LeafNodeSource::KeyPackage(_))
                    || leaf.verify_signature(suite, None).is_ok())
        }
        Node::Parent(parent) => suite.check_hpke_public_key(parent.encryption_key.as_bytes()).is_ok(),
    })
}

pub(super) fn group_info(
    info: &GroupInfo,
    outside: Option<&[u8]>,
    crypto: &dyn CryptoProvider,
) -> (Vec<Check>, Option<RatchetTreeArray>) {
    let context = &info.group_context;
    let Some(suite) = crypto.suite(context.cipher_suite) else {
        return (vec![Check::unknown("signature", "this backend does not have the suite")], None);
    };
    let Some(bytes) = outside.or_else(|| info.extensions.get(ExtensionType::RATCHET_TREE)) else {
        return (vec![Check::unknown("signature", "it has no ratchet tree; give one by --ratchet-tree")], None);
    };
    let array = RatchetTreeArray::from_bytes(bytes).ok();
    let tree = match RatchetTree::from_extension(suite, SEED, bytes) {
        Ok(tree) => tree,
        Err(error) => return (vec![Check::new("structure of the tree", Err::<(), _>(error))], array),
    };
    let signed = tree
        .leaf(info.signer)
        .ok_or_else(|| "the signer's leaf is blank".to_owned())
        .and_then(|leaf| info.verify_signature(suite, &leaf.signature_key).map_err(|error| format!("{error:?}")));
    let mut checks = vec![Check::new("signature by the signer's leaf", signed)];
    checks.extend(tree_of(context, &tree, suite));
    checks.extend([
        Check::unknown("confirmation tag", "it takes the epoch's secrets"),
        Check::unknown("credentials", "only the application knows whom it trusts"),
    ]);
    (checks, array)
}

/// A member's state: its tree against its group context.
pub(super) fn state(
    context: &GroupContext,
    array: Option<RatchetTreeArray>,
    crypto: &dyn CryptoProvider,
) -> (Vec<Check>, Option<RatchetTreeArray>) {
    let Some(suite) = crypto.suite(context.cipher_suite) else {
        return (vec![Check::unknown("tree", "this backend does not have the suite")], array);
    };
    let Some(bytes) = array.as_ref().and_then(|array| array.to_bytes().ok()) else {
        return (vec![Check::unknown("tree", "it is not among the records")], array);
    };
    match RatchetTree::from_extension(suite, SEED, &bytes) {
        Ok(tree) => (tree_of(context, &tree, suite).into(), array),
        Err(error) => (vec![Check::new("structure of the tree", Err::<(), _>(error))], array),
    }
}

/// A tree against the group context that names it.
fn tree_of(context: &GroupContext, tree: &RatchetTree, suite: Suite<'_>) -> [Check; 3] {
    let same = tree.root_hash().as_bytes() == context.tree_hash.as_slice();
    let required = context.extensions.read::<RequiredCapabilities>().ok().flatten().unwrap_or_default();
    let whole = TreeContext {
        group_id: &context.group_id,
        version: ProtocolVersion::MLS10,
        cipher_suite: context.cipher_suite,
        required: &required,
        group_extensions: &context.extensions.iter().map(|extension| extension.extension_type).collect::<Vec<_>>(),
        now: None,
        max_lifetime: None,
        custom: CustomTypes::none(),
    };
    [
        Check::new("tree hash", if same { Ok(()) } else { Err("differs from the group context's") }),
        Check::new("parent hashes", verify_parent_hashes(suite, tree)),
        Check::new("the whole tree: leaves, signatures, keys, unmerged leaves", validate_tree(suite, tree, &whole)),
    ]
}
