//! A GroupInfo to somebody who wants in without being asked, or to look on.

use mls_codec::Decode;
use mls_core::framing::{MlsMessage, MlsMessageBody};
use mls_core::group::{ExternalJoin, ExternalJoinPlan, Fresh, external_join, verify_group_info};
use mls_core::observer::observe;
use mls_core::record::Durable;
use mls_core::welcome::GroupInfo;

use crate::common::Peer;
use crate::driver::{SUITE, answers, attempt, rewind_rng};
use crate::input::{Input, Seed, Seeds};
use crate::life::{LIFE, bob_and_group};
use crate::stage::{Stage, on_stage};

thread_local! {
    static GRACE: Stage<Peer> = const { Stage::new(None) };
}

/// In the first byte: two bytes of length and a GroupInfo of that length follow, and the rest is the tree.
const RAW: u8 = 0xff;

fn prepare() -> Peer {
    Peer::new("grace", SUITE, 1007)
}

/// The first byte picks a GroupInfo with the tree or without; the others edit it (even lanes) and the tree that comes
/// beside it (odd ones).
///
/// Promises: no panic. The GroupInfo verifies, the group is joined by an external commit that a member takes, and is
/// observed, exactly where nothing of GroupInfo and tree was altered.
pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let first = input.byte();
    let (info, tree) = if first == RAW {
        let len = input.short();
        (input.take(len).to_vec(), Some(input.rest().to_vec()))
    } else {
        let which = usize::from(first % 2);
        let mut info = LIFE.infos[which].clone();
        let mut tree = if which == 1 { LIFE.tree.clone() } else { Vec::new() };
        input.edit_all(&mut [&mut info, &mut tree]);
        let tree = (which == 1 || !tree.is_empty()).then_some(tree);
        (info, tree)
    };
    let tree = tree.as_deref();
    let good = match tree {
        Some(tree) => LIFE.infos.contains(&info) && tree == LIFE.tree,
        None => info == LIFE.infos[0],
    };
    on_stage(&GRACE, prepare, |grace| {
        rewind_rng(grace);
        let Some(info) = read(&info) else {
            assert!(!good);
            return true;
        };
        let verified = verify_group_info(&info, tree, &mut grace.world.env());
        assert_eq!(verified.is_ok(), good, "verified: {:?}", verified.err());
        let observed = observe(&info, tree, &mut grace.world.env()).is_ok();
        assert_eq!(observed, good, "observed");
        let joined = join(grace, &info, tree);
        assert_eq!(joined.is_some(), good, "joined");
        if let Some(join) = joined {
            let durable = Durable::i_stored(join.delta());
            let join = join.release(durable).unwrap();
            let (mut bob, mut group) = bob_and_group(&LIFE);
            let taken = attempt(&mut bob, &mut group, join.message());
            assert!(taken.is_ok(), "a member refuses the external commit: {:?}", taken.err());
        }
        true
    });
}

fn read(info: &[u8]) -> Option<Box<GroupInfo>> {
    match MlsMessage::from_bytes(info).ok()?.body {
        MlsMessageBody::GroupInfo(info) => Some(info),
        _ => None,
    }
}

fn join(grace: &mut Peer, info: &GroupInfo, tree: Option<&[u8]>) -> Option<Fresh<ExternalJoin>> {
    let plan = ExternalJoinPlan::new(grace.leaf());
    let pending = external_join(info, tree, &plan, &mut grace.world.env()).ok()?;
    let ruling = pending.question().accept();
    let vetted = pending.rule(ruling, &mut grace.world.env()).ok()?;
    let asked = answers(grace, vetted.credentials(), vetted.psks());
    vetted.resume(&asked, &mut grace.world.env()).ok()
}

/// Both as they are; edits of each kind to the GroupInfo and to the tree; raw bytes.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let mut seeds = Seeds::default();
    seeds.add("tree inside", [0]);
    seeds.add("tree outside", [1]);
    seeds.edits("tree inside edited", &[0], 0);
    seeds.edits("tree outside edited", &[1], 1);
    seeds.add("raw nothing", [RAW]);
    seeds.add("raw header", [RAW, 0, 6, 0, 1, 0, 4, 0, 1, 0]);
    seeds.done()
}
