//! A delivery service and its users, and what each of them is expected to be able to read.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    reason = "test support"
)]

mod watch;

use std::collections::BTreeSet;
use std::sync::Arc;

use mls_codec::Decode;
use mls_core::framing::{MlsMessage, MlsMessageBody};
use mls_core::group::{
    CommitError, CommitOutput, CommitPlan, EncryptError, EncryptOptions, ExportError, GroupInfoOptions, Inbound,
    ProposeError, Proposing, ReceiveError, RewindError, SendOptions, drop_commit, encrypt, export_secret, group_info,
    propose, receive, rewind,
};
use mls_core::key_package::KeyPackage;
use mls_core::psk::Psk;
use mls_core::record::RecordKey;
use mls_core::tree::math::LeafIndex;
use mls_crypto_traits::CipherSuite;

use crate::common::{Event, Peer};

const USERS: usize = 12;
/// Past epochs that are retained by default.
const RETAINED: u64 = 3;

/// A message that was sent.
struct Sent {
    epoch: u64,
    from: usize,
    bytes: Vec<u8>,
    /// The data of an application message; `None` for a proposal.
    data: Option<Vec<u8>>,
}

/// When and by whom a message was sent.
#[derive(Debug, PartialEq, Eq)]
pub struct Text {
    pub epoch: u64,
    pub from: usize,
}

/// A commit that may win.
struct Candidate {
    from: usize,
    output: CommitOutput,
}

pub struct Service {
    pub peers: Vec<Peer>,
    /// The epoch in which each user's membership began; `None` for those outside.
    joined: Vec<Option<u64>>,
    /// The messages that wait for each user.
    inboxes: Vec<Vec<usize>>,
    log: Vec<Sent>,
    /// Who has handled what.
    handled: BTreeSet<(usize, usize)>,
    candidates: Vec<Candidate>,
    /// Users whose key package was given out in this epoch.
    invited: BTreeSet<usize>,
    epochs: usize,
    /// Somebody outside who watches.
    pub watch: watch::Watch,
    /// How often a member followed the wrong commit and went back.
    pub astray: usize,
}

impl Service {
    /// Two members, and others outside.
    pub fn new(suite: CipherSuite) -> Self {
        let mut peers: Vec<Peer> = (0..USERS).map(|i| Peer::new(&format!("user {i}"), suite, 500 + i as u64)).collect();
        for peer in &mut peers {
            // All keep what it takes to go back.
            peer.world.limits.rewind = true;
            drop(peer.psks.insert(Psk::External { psk_id: b"psk".to_vec() }, b"known to all".to_vec()));
        }
        peers[0].create(b"group");
        let watch = watch::Watch::new(&mut peers[0]);
        let mut service = Self {
            peers,
            joined: vec![None; USERS],
            inboxes: vec![Vec::new(); USERS],
            log: Vec::new(),
            handled: BTreeSet::new(),
            candidates: Vec::new(),
            invited: BTreeSet::new(),
            epochs: 0,
            watch,
            astray: 0,
        };
        service.joined[0] = Some(0);
        let add = Proposing::Add(Arc::new(service.invite().unwrap()));
        service.candidate(0, &CommitPlan { proposals: vec![add], ..CommitPlan::default() });
        service.decide(0, false);
        service.epochs = 0;
        service
    }

    pub fn members(&self) -> Vec<usize> {
        (0..USERS).filter(|who| self.joined[*who].is_some()).collect()
    }

    pub fn outside(&self) -> Vec<usize> {
        (0..USERS).filter(|who| self.joined[*who].is_none()).collect()
    }

    /// How many epochs there have been since the beginning.
    pub fn epochs(&self) -> usize {
        self.epochs
    }

    pub fn leaf(&self, who: usize) -> LeafIndex {
        self.peers[who].group().own_leaf()
    }

    pub fn text(&self, message: usize) -> Text {
        Text { epoch: self.log[message].epoch, from: self.log[message].from }
    }

    fn epoch(&self) -> u64 {
        self.peers[self.members()[0]].group().epoch()
    }

    /// A key package of somebody outside who was not invited in this epoch.
    pub fn invite(&mut self) -> Option<KeyPackage> {
        let who = self.outside().into_iter().find(|who| !self.invited.contains(who))?;
        self.invited.insert(who);
        Some(self.peers[who].key_package().key_package)
    }

    pub fn send(&mut self, from: usize) {
        let data = format!("message {}", self.log.len()).into_bytes();
        let options = EncryptOptions { allow_pending_proposals: true, ..EncryptOptions::default() };
        let peer = &mut self.peers[from];
        let step = peer
            .run(|e: &EncryptError| e.missing().cloned(), |group, env| encrypt(group, &data, &options, env))
            .unwrap();
        let bytes = peer.apply(step).message;
        self.post(from, bytes, Some(data));
    }

    pub fn propose(&mut self, from: usize, proposing: Proposing, options: &SendOptions) {
        let peer = &mut self.peers[from];
        let waiting = peer.group().pending_proposals();
        let step = peer
            .run(|e: &ProposeError| e.missing().cloned(), |group, env| propose(group, proposing.clone(), options, env));
        match step {
            Ok(step) => {
                let bytes = peer.apply(step).message;
                assert_eq!(peer.group().pending_proposals(), waiting + 1);
                self.post(from, bytes, None);
            }
            // The same was proposed before; keys and nonces are drawn anew, other things are not.
            Err(ProposeError::DuplicateProposal(_)) if waiting > 0 => {}
            Err(error) => panic!("{error:?}"),
        }
    }

    fn post(&mut self, from: usize, bytes: Vec<u8>, data: Option<Vec<u8>>) {
        let message = self.log.len();
        self.watch.see(&bytes);
        self.log.push(Sent { epoch: self.peers[from].group().epoch(), from, bytes, data });
        for who in self.members().into_iter().filter(|who| *who != from) {
            self.inboxes[who].push(message);
        }
    }

    /// Takes a waiting message out.
    pub fn take(&mut self, who: usize, which: usize) -> Option<usize> {
        let waiting = self.inboxes[who].len();
        (waiting > 0).then(|| self.inboxes[who].remove(which % waiting))
    }

    /// Somebody handles a message; whether that works is known before.
    pub fn read(&mut self, who: usize, message: usize) {
        let Sent { epoch, from, bytes, data } = &self.log[message];
        let (peer, first) = (&mut self.peers[who], self.handled.insert((who, message)));
        let (now, joined) = (peer.group().epoch(), self.joined[who].unwrap());
        let result = peer.try_receive(bytes);
        match data {
            Some(data) => {
                let readable = first && *epoch >= joined && *epoch + RETAINED >= now;
                match result {
                    Ok(Event::Message(received)) => {
                        assert!(readable, "user {who} reads message {message} of user {from}");
                        assert_eq!((&received.data, received.epoch), (data, *epoch));
                        assert_eq!(received.sender.credential, self.peers[*from].leaf().credential);
                    }
                    Err(error) => assert!(!readable, "user {who}, message {message} of user {from}: {error:?}"),
                    other => panic!("{other:?}"),
                }
            }
            None => match result {
                Ok(Event::Proposal(_)) => assert!(first && *epoch == now),
                Err(ReceiveError::PastEpoch(_)) => assert!(*epoch < now),
                Err(ReceiveError::DuplicateProposal(_) | ReceiveError::KeyConsumed) => assert!(!first),
                other => panic!("user {who}, proposal {message} of user {from}: {other:?}"),
            },
        }
    }

    /// Makes a commit that may win.
    pub fn candidate(&mut self, from: usize, plan: &CommitPlan) {
        let step = self.peers[from].try_commit(plan).unwrap();
        let output = self.peers[from].apply(step);
        self.candidates.push(Candidate { from, output });
    }

    pub fn withdraw(&mut self, which: usize) {
        if self.candidates.is_empty() {
            return;
        }
        let Candidate { from, .. } = self.candidates.remove(which % self.candidates.len());
        let peer = &mut self.peers[from];
        let step = peer.run(|e: &CommitError| e.missing().cloned(), drop_commit).unwrap();
        peer.apply(step);
    }

    /// Lets a commit win.
    pub fn decide(&mut self, which: usize, echo: bool) {
        if self.candidates.is_empty() {
            return;
        }
        let Candidate { from, output } = self.candidates.swap_remove(which % self.candidates.len());
        self.go_astray(from);
        self.watch.see(&output.message);
        self.hand_out(from, &output.message);
        let peer = &mut self.peers[from];
        let change = match echo {
            true => match peer.receive(&output.message) {
                Event::Epoch(change) => change,
                other => panic!("{other:?}"),
            },
            false => peer.accept(),
        };
        assert_eq!(change.epoch, output.epoch);
        if let Some(welcome) = &output.welcome {
            self.welcome(welcome);
        }
        self.epoch_begins(change.epoch);
    }

    /// A member is given a commit that does not win, and follows it; then it learns better, and goes back.
    fn go_astray(&mut self, winner: usize) {
        let Some(Candidate { from, output }) = self.candidates.first() else { return };
        let Some(who) = self.members().into_iter().rev().find(|who| who != from && *who != winner) else { return };
        let peer = &mut self.peers[who];
        let message = MlsMessage::from_bytes(&output.message).unwrap();
        let inbound = peer.run(|e: &ReceiveError| e.missing().cloned(), |group, env| receive(group, &message, env));
        let pending = match inbound {
            Ok(Inbound::Commit(pending)) => pending,
            Err(ReceiveError::MissingProposal(_)) => return,
            other => panic!("{other:?}"),
        };
        let (epoch, before) = (peer.group().epoch(), snapshot(peer));
        let ruling = pending.question().accept();
        let group = peer.group.take().unwrap();
        let removed = pending.rule(ruling, &group, &mut peer.world.env()).unwrap().removes_us(&group);
        peer.group = Some(group);
        // There is no way back for whoever is removed.
        if removed {
            return;
        }
        let Event::Epoch(change) = peer.receive(&output.message) else { panic!() };
        assert_eq!(change.epoch, epoch + 1);
        if self.astray.is_multiple_of(2) {
            peer.restart();
        }
        let waiting = |e: &RewindError| e.missing().cloned();
        let step = peer.run(waiting, |group, env| rewind(group, epoch, env)).unwrap();
        peer.apply(step);
        let after = snapshot(peer);
        assert_eq!((&before.1, &before.2), (&after.1, &after.2));
        self.astray += 1;
        self.is_what_is_stored(who);
    }

    /// All members but the committer handle the commit. A proposal that somebody has not seen is fetched.
    fn hand_out(&mut self, from: usize, commit: &[u8]) {
        let epoch = self.epoch();
        for who in self.members().into_iter().filter(|who| *who != from) {
            let mut result = self.peers[who].try_receive(commit);
            if let Err(ReceiveError::MissingProposal(_)) = result {
                let unseen: Vec<usize> = (0..self.log.len())
                    .filter(|id| self.log[*id].epoch == epoch && self.log[*id].data.is_none())
                    .filter(|id| self.log[*id].from != who && !self.handled.contains(&(who, *id)))
                    .collect();
                assert!(!unseen.is_empty());
                for id in unseen {
                    self.read(who, id);
                }
                result = self.peers[who].try_receive(commit);
            }
            let Event::Epoch(change) = result.unwrap() else { panic!() };
            if change.removed_self {
                self.leaves(who);
            }
        }
    }

    /// Nothing is left of the group, and nothing more can be read.
    fn leaves(&mut self, who: usize) {
        let peer = &mut self.peers[who];
        assert!(!peer.group().is_active());
        assert!(peer.store.records.keys().all(|key| key.group_id().is_none()));
        for message in core::mem::take(&mut self.inboxes[who]) {
            assert!(peer.try_receive(&self.log[message].bytes).is_err());
        }
        self.joined[who] = None;
    }

    fn welcome(&mut self, welcome: &[u8]) {
        let MlsMessageBody::Welcome(parsed) = MlsMessage::from_bytes(welcome).unwrap().body else { panic!() };
        for who in self.outside() {
            let mine = |key: &RecordKey| self.peers[who].store.records.contains_key(key);
            if parsed.secrets.iter().any(|entry| mine(&RecordKey::KeyPackage(entry.new_member.into()))) {
                self.peers[who].join(welcome, None);
                self.joins(who);
            }
        }
    }

    fn joins(&mut self, who: usize) {
        self.joined[who] = Some(self.peers[who].group().epoch());
        self.inboxes[who].clear();
    }

    /// Somebody outside joins by an external commit, or a member that lost its state comes back.
    pub fn join_externally(&mut self, who: usize, info_of: usize, resync: bool) {
        let options = GroupInfoOptions { external_pub: true, ratchet_tree: true };
        let info = self.peers[info_of]
            .run(|e: &ExportError| e.missing().cloned(), |group, env| group_info(group, options, env))
            .unwrap();
        let leaf = resync.then(|| self.leaf(who).as_u32());
        if resync {
            self.joined[who] = None;
        }
        let commit = self.peers[who].join_external(&info, None, leaf);
        self.watch.see(&commit);
        self.hand_out(who, &commit);
        self.joins(who);
        self.epoch_begins(self.peers[who].group().epoch());
    }

    /// All members agree, and what is stored of each is what it is.
    fn epoch_begins(&mut self, epoch: u64) {
        self.epochs += 1;
        self.candidates.clear();
        self.invited.clear();
        let members = self.members();
        let first = members[0];
        let exported = self.exported(first);
        self.watch.agrees(&mut self.peers[first]);
        for who in members {
            let (peer, one) = (&self.peers[who], &self.peers[first]);
            assert_eq!(peer.group().epoch(), epoch);
            assert!(!peer.group().has_pending_commit());
            assert_eq!(peer.group().pending_proposals(), 0);
            agree(one, peer);
            assert_eq!(self.exported(who), exported);
            self.is_what_is_stored(who);
        }
    }

    fn exported(&mut self, who: usize) -> Vec<u8> {
        let peer = &mut self.peers[who];
        let group = peer.group.take().unwrap();
        let secret = export_secret(&group, b"label", b"context", 40, &peer.world.env()).unwrap();
        peer.group = Some(group);
        secret.as_bytes().to_vec()
    }

    /// The group as it is loaded is the group that is live.
    fn is_what_is_stored(&mut self, who: usize) {
        let peer = &mut self.peers[who];
        let before = snapshot(peer);
        let live = peer.group.take();
        let id = live.as_ref().unwrap().id().clone();
        let keys = mls_core::group::Group::records_to_load(&id);
        let [header, status] = keys.map(|key| peer.store.get(&key).unwrap());
        peer.group = Some(mls_core::group::Group::load(&id, header.as_bytes(), status.as_bytes()).unwrap());
        let loaded = snapshot(peer);
        assert_eq!(before, loaded);
        peer.group = live;
    }

    pub fn restart(&mut self, who: usize) {
        let before = self.peers[who].group().epoch_authenticator().to_vec();
        self.peers[who].restart();
        assert_eq!(self.peers[who].group().epoch_authenticator(), before);
    }
}

/// What can be seen of a group, its GroupInfo and tree among that.
fn snapshot(peer: &mut Peer) -> (String, Vec<u8>, Vec<u8>) {
    let tree = |group: &mls_core::group::Group| mls_core::group::export_ratchet_tree(group);
    let tree = peer.run(|e: &ExportError| e.missing().cloned(), |group, _| tree(group)).unwrap();
    let group = peer.group();
    let seen = format!("{:?} {:?} {:?}", group, group.context(), group.own_leaf());
    (seen, group.epoch_authenticator().to_vec(), tree)
}

fn agree(one: &Peer, other: &Peer) {
    assert_eq!(one.group().context(), other.group().context(), "{}", other.name);
    assert_eq!(one.group().epoch_authenticator(), other.group().epoch_authenticator(), "{}", other.name);
}
