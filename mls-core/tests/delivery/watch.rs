//! Somebody who watches the group from outside.

use mls_codec::Decode;
use mls_core::credential::Credential;
use mls_core::framing::{MlsMessage, MlsMessageBody};
use mls_core::group::{Answers, ExportError, GroupInfoOptions, ReceiveError, export_ratchet_tree, group_info};
use mls_core::identity::{CredentialCheck, MemberId};
use mls_core::observer::{Observed, Observer, ObserverStep, PendingObserver, observe};

use crate::common::{Peer, Store, World};

pub struct Watch {
    world: World,
    store: Store,
    observer: Observer,
    /// Epochs that were entered by following a commit, and by starting afresh.
    pub followed: usize,
    pub restarted: usize,
}

fn vouch(checks: &[CredentialCheck]) -> Answers {
    let mut answers = Answers::new();
    for check in checks {
        let Credential::Basic { identity } = &check.credential else { panic!() };
        answers.vouch(check.accept(MemberId(identity.clone())));
    }
    answers
}

impl Watch {
    pub fn new(member: &mut Peer) -> Self {
        let Peer { mut world, mut store, .. } = Peer::new("watch", member.suite, 4711);
        let pending = pending(&mut world, member);
        let answers = vouch(pending.credentials());
        let fresh = pending.resume(&answers, &mut world.env()).unwrap();
        let durable = store.commit(fresh.delta());
        let observer = fresh.release(durable).unwrap();
        Self { world, store, observer, followed: 0, restarted: 0 }
    }

    fn apply<T>(&mut self, step: ObserverStep<T>) -> T {
        let durable = self.store.commit(step.delta());
        step.apply(&mut self.observer, durable).unwrap()
    }

    /// A message that is sent to all. What cannot be seen or followed is made up for when the epoch begins.
    pub fn see(&mut self, bytes: &[u8]) {
        let Self { world, observer, .. } = self;
        let message = MlsMessage::from_bytes(bytes).unwrap();
        match observer.receive(&message, &mut world.env()) {
            Ok(Observed::Proposal(pending)) => {
                let answers = vouch(pending.credentials());
                let step = pending.resume(observer, &answers, &mut world.env()).unwrap();
                self.apply(step);
            }
            Ok(Observed::Commit(pending)) => {
                let ruling = pending.question().accept();
                let vetted = pending.rule(ruling, observer, &mut world.env()).unwrap();
                let answers = vouch(vetted.credentials());
                let step = vetted.resume(observer, &answers, &mut world.env()).unwrap();
                self.apply(step);
                self.followed += 1;
            }
            // A reference to what was encrypted.
            Ok(Observed::Hidden(_)) | Err(ReceiveError::MissingProposal(_)) => {}
            other => panic!("{other:?}"),
        }
    }

    /// An epoch has begun: the observer is in it, and sees what its members see.
    pub fn agrees(&mut self, member: &mut Peer) {
        if self.observer.epoch() < member.group().epoch() {
            let pending = pending(&mut self.world, member);
            let answers = vouch(pending.credentials());
            let step = self.observer.restart(pending, &answers, &mut self.world.env()).unwrap();
            self.apply(step);
            self.restarted += 1;
        }
        let tree = member.run(|e: &ExportError| e.missing().cloned(), |group, _| export_ratchet_tree(group)).unwrap();
        assert_eq!(self.observer.context(), member.group().context());
        assert_eq!(self.observer.ratchet_tree().unwrap(), tree);
        let id = self.observer.id().clone();
        let records = self.store.read(&Observer::records_to_load(&id));
        let loaded = Observer::load(&id, records, &mut self.world.env()).unwrap();
        assert_eq!(loaded.snapshot(), self.observer.snapshot());
    }
}

fn pending(world: &mut World, member: &mut Peer) -> PendingObserver {
    let options = GroupInfoOptions { external_pub: false, ratchet_tree: true };
    let info =
        member.run(|e: &ExportError| e.missing().cloned(), |group, env| group_info(group, options, env)).unwrap();
    let MlsMessageBody::GroupInfo(info) = MlsMessage::from_bytes(&info).unwrap().body else { panic!() };
    observe(&info, None, &mut world.env()).unwrap()
}
