//! Welcomes to a newcomer: joined exactly where nothing that is for the newcomer was altered.

use mls_codec::{Decode, Encode};
use mls_core::framing::{MlsMessage, MlsMessageBody};
use mls_core::group::{Fresh, Group, open_welcome};
use mls_core::key_package::KeyPackageRef;
use mls_core::record::RecordKey;
use mls_core::tree::node::{Node, RatchetTreeArray};
use mls_core::welcome::Welcome;

use crate::common::Peer;
use crate::driver::{answers, rewind_rng};
use crate::input::{Edit, Input, Seed, Seeds};
use crate::life::{Invitation, LIFE, new_erin};
use crate::stage::{Stage, on_stage};

thread_local! {
    static ERIN: Stage<Peer> = const { Stage::new(None) };
}

/// In the first byte: two bytes of length and a Welcome of that length follow, and the rest is the tree.
const RAW: u8 = 0xff;

fn prepare() -> Peer {
    let mut erin = new_erin();
    erin.store.records = LIFE.erin.clone();
    erin
}

/// The first byte picks an invitation; the others edit the Welcome (even lanes) and the tree that comes beside it (odd
/// ones).
///
/// Promises: no panic. The newcomer joins exactly where the tree, the sealed GroupInfo, the cipher suite and the entry of
/// its own are unaltered, and is in the epoch of the member that invited it. A failed join leaves the store as it was, and
/// the key package good.
pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let first = input.byte();
    let (invitation, welcome, tree) = if first == RAW {
        let len = input.short();
        (None, input.take(len).to_vec(), Some(input.rest().to_vec()))
    } else {
        let invitation = &LIFE.invitations[usize::from(first) % LIFE.invitations.len()];
        let (mut welcome, mut tree) = (invitation.welcome.clone(), invitation.tree.clone().unwrap_or_default());
        input.edit_all(&mut [&mut welcome, &mut tree]);
        let tree = (invitation.tree.is_some() || !tree.is_empty()).then_some(tree);
        (Some(invitation), welcome, tree)
    };
    on_stage(&ERIN, prepare, |erin| {
        rewind_rng(erin);
        take(erin, invitation, &welcome, tree.as_deref())
    });
}

/// Whether the newcomer is what it was afterwards.
fn take(erin: &mut Peer, invitation: Option<&Invitation>, welcome: &[u8], tree: Option<&[u8]>) -> bool {
    let wanted = match invitation {
        Some(invitation) => serves(invitation, welcome, tree).then_some(invitation),
        None => LIFE.invitations.iter().find(|invitation| serves(invitation, welcome, tree)),
    };
    let joined = join(erin, welcome, tree);
    assert!(erin.store.records == LIFE.erin, "opening a Welcome changed the store");
    match (joined, wanted) {
        (Some(fresh), Some(invitation)) => {
            let durable = erin.store.commit(fresh.delta());
            let group = fresh.release(durable).unwrap();
            assert_eq!(group.epoch_authenticator(), invitation.epoch_authenticator, "{}", invitation.name);
            let used = !erin.store.records.keys().any(|key| matches!(key, RecordKey::KeyPackage(_)));
            assert!(used, "the key package is still there");
            false
        }
        (Some(_), None) => panic!("a Welcome is good that nobody sent like this"),
        (None, Some(invitation)) => panic!("nobody joins by the Welcome with {}", invitation.name),
        (None, None) => {
            let fallback = invitation.unwrap_or(&LIFE.invitations[0]);
            let joined = join(erin, &fallback.welcome, fallback.tree.as_deref());
            assert!(joined.is_some(), "the key package is good no more");
            true
        }
    }
}

/// Whether all of it is there that the newcomer's joining depends on. Nothing protects the entries of others.
fn serves(invitation: &Invitation, welcome: &[u8], tree: Option<&[u8]>) -> bool {
    if welcome == invitation.welcome && tree == invitation.tree.as_deref() {
        return true;
    }
    let (Some(sent), Some(came)) = (read(&invitation.welcome), read(welcome)) else { return false };
    let reference = own_reference();
    // Beside a tree that is inside, one may come that is no other.
    let same_tree = tree == invitation.tree.as_deref()
        || invitation.tree.is_none() && tree.is_some_and(|tree| inside(invitation) == tree);
    same_tree
        && sent.cipher_suite == came.cipher_suite
        && sent.encrypted_group_info == came.encrypted_group_info
        && sent.secrets_for(&reference) == came.secrets_for(&reference)
}

/// The tree that an invitation has inside, as the newcomer has it afterwards.
fn inside(invitation: &Invitation) -> Vec<u8> {
    let mut erin = prepare();
    let fresh = join(&mut erin, &invitation.welcome, None).unwrap();
    let durable = erin.store.commit(fresh.delta());
    fresh.release(durable).unwrap().tree().unwrap().to_extension().unwrap()
}

fn own_reference() -> KeyPackageRef {
    let mut references = LIFE.erin.keys().filter_map(|key| match key {
        RecordKey::KeyPackage(reference) => Some(**reference),
        _ => None,
    });
    references.next().unwrap()
}

fn read(welcome: &[u8]) -> Option<Welcome> {
    match MlsMessage::from_bytes(welcome).ok()?.body {
        MlsMessageBody::Welcome(welcome) => Some(welcome),
        _ => None,
    }
}

fn join(erin: &mut Peer, welcome: &[u8], tree: Option<&[u8]>) -> Option<Fresh<Group>> {
    let welcome = read(welcome)?;
    let reference = own_reference();
    let record = erin.store.get(&RecordKey::KeyPackage(reference.into()))?;
    let opened = open_welcome(&welcome, &reference, record.as_bytes(), tree, &mut erin.world.env()).ok()?;
    let asked = answers(erin, &[], opened.psks());
    let pending = opened.resume(&asked, &mut erin.world.env()).ok()?;
    let asked = answers(erin, pending.credentials(), &[]);
    pending.resume(&asked, &mut erin.world.env()).ok()
}

/// Every invitation as it is; one edit of each kind to the Welcome and to the tree; raw bytes.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let mut seeds = Seeds::default();
    for (number, invitation) in (0_u8..).zip(&LIFE.invitations) {
        seeds.add(invitation.name, [number]);
    }
    seeds.edits("welcome", &[0], 0);
    seeds.edits("tree", &[0], 1);
    seeds.edits("welcome for two", &[1], 0);
    seeds.add("tree without its top", [&[2], &without_top(LIFE.invitations[2].tree.as_ref().unwrap())[..]].concat());
    seeds.add("raw nothing", [RAW]);
    seeds.add("raw empty welcome and tree", [RAW, 0, 9, 0, 1, 0, 3, 0, 1, 0, 1, 7, 0]);
    seeds.done()
}

/// Edits that make the highest parent blank. Where no path comes with the Welcome, nothing but the tree's hash tells.
fn without_top(tree: &[u8]) -> Vec<u8> {
    let nodes = RatchetTreeArray::from_bytes(tree).unwrap().into_nodes();
    let parents = (0..nodes.len()).filter(|place| matches!(nodes[*place], Some(Node::Parent(_))));
    let top = parents.max_by_key(|place| place.trailing_ones()).unwrap();
    let len = |node: &Option<Node>| node.encoded_len();
    let body: usize = nodes.iter().map(len).sum();
    let at = mls_codec::header_len(body) + nodes[..top].iter().map(len).sum::<usize>();
    let mut header = Vec::new();
    mls_codec::encode_header(body + 1 - len(&nodes[top]), &mut header).unwrap();
    let mut edits = Vec::new();
    Edit::Delete { at, len: len(&nodes[top]) }.write(1, &mut edits);
    Edit::Insert { at, bytes: &[0] }.write(1, &mut edits);
    Edit::Replace { at: 0, with: &header }.write(1, &mut edits);
    edits
}
