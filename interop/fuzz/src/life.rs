//! A small group's life, prepared once: what its member Bob has stored, and messages of every kind that come to him.

use std::sync::{Arc, LazyLock};

use mls_core::credential::Credential;
use mls_core::extension::{Extensions, ExternalSender, ExternalSenders};
use mls_core::group::{
    CommitError, CommitPlan, CreateGroup, EncryptOptions, ExternalProposal, Group, GroupInfoOptions, LeafChange,
    NewMemberProposal, PathPolicy, Proposing, SendOptions, create_group, drop_commit, encrypt, export_ratchet_tree,
    group_info, propose_as_new_member, propose_from_outside,
};
use mls_core::key_package::KeyPackage;
use mls_core::proposal::Proposal;
use mls_core::psk::Psk;
use mls_core::record::GroupId;
use mls_core::tree::math::LeafIndex;

use crate::common::{Peer, agree};
use crate::driver::{SUITE, StoredRecords, load};

/// A message, and whether Bob accepts it as it is.
pub(crate) struct Exhibit {
    pub(crate) name: &'static str,
    pub(crate) bytes: Vec<u8>,
    pub(crate) good: bool,
}

/// What a newcomer is welcomed with.
pub(crate) struct Invitation {
    pub(crate) name: &'static str,
    pub(crate) welcome: Vec<u8>,
    /// Where the tree is not in the Welcome.
    pub(crate) tree: Option<Vec<u8>>,
    /// What those who commit have afterwards.
    pub(crate) epoch_authenticator: Vec<u8>,
}

/// What the targets begin with.
pub(crate) struct Life {
    /// Bob's, in the present epoch: with an epoch that is retained, keys that were skipped, two proposals and a commit of
    /// his own that wait.
    pub(crate) bob: StoredRecords,
    pub(crate) exhibits: Vec<Exhibit>,
    /// Erin's, with a key package that each invitation is for.
    pub(crate) erin: StoredRecords,
    pub(crate) invitations: Vec<Invitation>,
    /// For external joins, a GroupInfo each: with the tree, and without it.
    pub(crate) infos: [Vec<u8>; 2],
    /// The present tree.
    pub(crate) tree: Vec<u8>,
    /// A KeyPackage as a message.
    pub(crate) key_package: Vec<u8>,
}

pub(crate) fn group_id() -> GroupId {
    GroupId::from(b"group".to_vec())
}

const PSK: &[u8] = b"psk";

fn with_psk(mut peer: Peer) -> Peer {
    peer.psks.insert(Psk::External { psk_id: PSK.to_vec() }, b"a pre-shared key of some bytes..".to_vec());
    peer
}

pub(crate) fn new_erin() -> Peer {
    with_psk(Peer::new("erin", SUITE, 1004))
}

/// Bob as he is now, his group not loaded.
pub(crate) fn bob(life: &Life) -> Peer {
    let mut bob = with_psk(Peer::new("bob", SUITE, 1001));
    bob.store.records = life.bob.clone();
    bob
}

pub(crate) fn bob_and_group(life: &Life) -> (Peer, Group) {
    let mut bob = bob(life);
    let group = load(&mut bob, &group_id()).unwrap();
    (bob, group)
}

pub(crate) static LIFE: LazyLock<Life> = LazyLock::new(live);

/// Alice, Bob, Carol and Dave, in a group that listens to Sam, who is outside.
fn founders(sam: &Peer) -> Vec<Peer> {
    let mut peers: Vec<Peer> = [("alice", 1000), ("bob", 1001), ("carol", 1002), ("dave", 1003)]
        .map(|(name, seed)| with_psk(Peer::new(name, SUITE, seed)))
        .into();
    let mut extensions = Extensions::new();
    let credential = Credential::Basic { identity: b"sam".to_vec() };
    let sender = ExternalSender { signature_key: sam.signature_key.clone(), credential };
    extensions.set(&ExternalSenders(vec![sender])).unwrap();
    let alice = &mut peers[0];
    let plan = CreateGroup { group_id: Some(group_id()), cipher_suite: SUITE, leaf: alice.leaf(), extensions };
    let fresh = create_group(&plan, &mut alice.world.env()).unwrap();
    let durable = alice.store.commit(fresh.delta());
    alice.group = Some(fresh.release(durable).unwrap());
    let proposals = (1..4).map(|i| add(&peers[i].key_package().key_package)).collect();
    let output = peers[0].commit(&CommitPlan { proposals, ..CommitPlan::default() });
    peers[0].accept();
    for peer in &mut peers[1..] {
        peer.join(output.welcome.as_ref().unwrap(), None);
    }
    agree(&peers);
    peers
}

fn add(key_package: &KeyPackage) -> Proposing {
    Proposing::Add(Arc::new(key_package.clone()))
}

fn send_with(peer: &mut Peer, data: &[u8], authenticated_data: &[u8]) -> Vec<u8> {
    let options = EncryptOptions {
        authenticated_data: authenticated_data.to_vec(),
        allow_pending_proposals: true,
        ..EncryptOptions::default()
    };
    let step =
        peer.run(|e: &mls_core::group::EncryptError| e.missing().cloned(), |g, env| encrypt(g, data, &options, env));
    peer.apply(step.unwrap()).message
}

fn info_of(peer: &mut Peer, ratchet_tree: bool) -> Vec<u8> {
    let options = GroupInfoOptions { external_pub: true, ratchet_tree };
    peer.run(|e: &mls_core::group::ExportError| e.missing().cloned(), |g, env| group_info(g, options, env)).unwrap()
}

/// A commit that is sent and then taken back, so that its sender stays in the epoch.
fn commit_and_drop(peer: &mut Peer, plan: &CommitPlan) -> Vec<u8> {
    let message = peer.commit(plan).message;
    let step = peer.run(|e: &CommitError| e.missing().cloned(), drop_commit).unwrap();
    peer.apply(step);
    message
}

/// What `exhibits` are gathered by.
struct Show(Vec<Exhibit>);

impl Show {
    fn good(&mut self, name: &'static str, bytes: Vec<u8>) {
        self.0.push(Exhibit { name, bytes, good: true });
    }

    fn bad(&mut self, name: &'static str, bytes: Vec<u8>) {
        self.0.push(Exhibit { name, bytes, good: false });
    }
}

fn live() -> Life {
    let mut sam = Peer::new("sam", SUITE, 1010);
    let mut peers = founders(&sam);
    let mut show = Show(Vec::new());
    let mut erin = new_erin();
    let invited = erin.key_package();
    // What is called together with Erin, so that a Welcome serves two.
    let mut faye = Peer::new("faye", SUITE, 1005);
    let faye_package = faye.key_package();

    // An epoch that Bob retains: he has read the second of two messages, and a commit ends it.
    let late = send_with(&mut peers[2], b"late", b"");
    let read = send_with(&mut peers[2], b"in time", b"");
    peers[1].receive(&read);
    let past_proposal = peers[3].propose(Proposing::Update(LeafChange::default()), &SendOptions::default());
    let turn = peers[0].commit(&CommitPlan::default());
    peers[0].accept();
    for peer in &mut peers[1..] {
        peer.receive(&turn.message);
    }
    agree(&peers);

    // The present epoch: a key is skipped, proposals of both sides wait, and a commit of Bob's.
    let skipped = send_with(&mut peers[3], b"skipped", b"");
    let consumed = send_with(&mut peers[3], b"read already", b"");
    peers[1].receive(&consumed);
    let cached = peers[2].propose(Proposing::Remove(LeafIndex::new(3).unwrap()), &public());
    peers[0].receive(&cached);
    peers[1].receive(&cached);
    drop(peers[1].propose(Proposing::ExternalPsk(PSK.to_vec()), &SendOptions::default()));
    let own = peers[1].commit(&CommitPlan { include_pending: false, ..CommitPlan::default() }).message;
    let own_message = send_with(&mut peers[1], b"my own", b"");

    show.good("application", send_with(&mut peers[0], b"hello", b""));
    show.good("application with data beside", send_with(&mut peers[0], b"", b"beside"));
    show.good("application of a skipped generation", skipped);
    show.good("application of the epoch before", late);
    handshakes(&mut show, &mut peers, &sam, (&invited.key_package, &faye_package.key_package));
    show.good("commit of our own", own);

    let infos = [info_of(&mut peers[1], true), info_of(&mut peers[1], false)];
    let tree = export_ratchet_tree(peers[1].group()).unwrap();
    let external = with_psk(Peer::new("frank", SUITE, 1006)).join_external(&infos[1], Some(&tree), None);
    show.good("external commit", external);
    let bob = peers[1].store.records.clone();
    let invitations = invitations(&mut peers, &invited.key_package, &faye_package.key_package);

    show.bad("application that was read", consumed);
    show.bad("application of our own", own_message);
    show.bad("application of the next epoch", send_with(&mut peers[0], b"too early", b""));
    show.bad("proposal of the epoch before", past_proposal);
    show.bad("commit of the epoch before", turn.message);
    show.bad("proposal that is cached", cached);
    show.bad("Welcome", invitations[0].welcome.clone());
    show.bad("GroupInfo", infos[0].clone());
    show.bad("KeyPackage", invited.message.clone());
    sam.create(b"another group");
    show.bad("application of another group", sam.send(b"elsewhere"));
    let erin = erin.store.records;
    Life { bob, exhibits: show.0, erin, invitations, infos, tree, key_package: invited.message }
}

fn public() -> SendOptions {
    SendOptions { encrypt: false, ..SendOptions::default() }
}

/// Proposals and commits, encrypted and not, each of them good for Bob now.
fn handshakes(show: &mut Show, peers: &mut [Peer], sam: &Peer, (invited, other): (&KeyPackage, &KeyPackage)) {
    let private = SendOptions::default();
    show.good("private Add", peers[2].propose(add(invited), &private));
    show.good("public Add", peers[2].propose(add(other), &public()));
    show.good("private Update", peers[2].propose(Proposing::Update(LeafChange::default()), &private));
    show.good("public Update", peers[3].propose(Proposing::Update(LeafChange::default()), &public()));
    show.good("public PreSharedKey", peers[3].propose(Proposing::ExternalPsk(b"other".to_vec()), &public()));

    let group_id = group_id();
    let epoch = peers[1].group().epoch();
    let plan = NewMemberProposal {
        group_id: group_id.clone(),
        epoch,
        key_package: Arc::new(invited.clone()),
        authenticated_data: Vec::new(),
    };
    let mut stranger = new_erin();
    show.good("Add of a newcomer", propose_as_new_member(&plan, &stranger.world.env()).unwrap().message);
    let mut world = Peer::new("sam", SUITE, 1010).world;
    let plan = ExternalProposal {
        group_id,
        epoch,
        cipher_suite: SUITE,
        sender_index: 0,
        signature_key: sam.signature_key.clone(),
        proposal: Proposal::Remove(LeafIndex::ZERO.into()),
        authenticated_data: b"outside".to_vec(),
    };
    show.good("Remove from outside", propose_from_outside(&plan, &world.env()).unwrap().message);

    let alone = |options| CommitPlan { include_pending: false, options, ..CommitPlan::default() };
    let plan = CommitPlan { proposals: vec![add(invited)], ..alone(private) };
    show.good("private commit with an Add", commit_and_drop(&mut peers[2], &plan));
    // Alice has the proposal that Bob has, and refers to it.
    let plan = CommitPlan { options: public(), ..CommitPlan::default() };
    show.good("public commit with a reference", commit_and_drop(&mut peers[0], &plan));
    let proposals = vec![add(invited), Proposing::ExternalPsk(PSK.to_vec())];
    let plan = CommitPlan { proposals, path: PathPolicy::WhenRequired, ..alone(public()) };
    show.good("public commit without a path", commit_and_drop(&mut peers[3], &plan));
}

/// Three ways in, each from another member, who goes on alone.
fn invitations(peers: &mut [Peer], erin: &KeyPackage, faye: &KeyPackage) -> Vec<Invitation> {
    let outside = CommitPlan { ratchet_tree_in_welcome: false, include_pending: false, ..CommitPlan::default() };
    let inside = CommitPlan { ratchet_tree_in_welcome: true, include_pending: false, ..CommitPlan::default() };
    let psk = Proposing::ExternalPsk(PSK.to_vec());
    let plans = [
        ("tree outside", 2, CommitPlan { proposals: vec![add(erin)], ..outside.clone() }),
        ("tree inside, for two", 3, CommitPlan { proposals: vec![add(faye), add(erin)], ..inside }),
        ("psk, no path", 0, CommitPlan { proposals: vec![psk, add(erin)], path: PathPolicy::WhenRequired, ..outside }),
    ];
    let invite = |(name, from, plan): (&'static str, usize, CommitPlan)| {
        let peer: &mut Peer = &mut peers[from];
        let output = peer.commit(&plan);
        peer.accept();
        Invitation {
            name,
            welcome: output.welcome.unwrap(),
            tree: output.ratchet_tree,
            epoch_authenticator: peer.group().epoch_authenticator().to_vec(),
        }
    };
    plans.map(invite).into()
}
