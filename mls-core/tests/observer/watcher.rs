//! An observer with a store in memory, driven as a delivery service would.

use mls_codec::Decode;
use mls_core::credential::Credential;
use mls_core::framing::{MlsMessage, MlsMessageBody};
use mls_core::group::*;
use mls_core::identity::{CredentialCheck, MemberId};
use mls_core::observer::*;
use mls_core::welcome::GroupInfo;

use crate::SUITE;
use crate::common::{Peer, Store, World};

pub(crate) struct Watcher {
    pub(crate) world: World,
    pub(crate) store: Store,
    pub(crate) observer: Observer,
}

#[derive(Debug)]
pub(crate) enum Seen {
    Proposal(ProposalReceived),
    Epoch(EpochChange),
    Hidden(HiddenMessage),
}

pub(crate) fn published(peer: &mut Peer, options: GroupInfoOptions) -> GroupInfo {
    let bytes = peer.run(|e: &ExportError| e.missing().cloned(), |group, env| group_info(group, options, env)).unwrap();
    match MlsMessage::from_bytes(&bytes).unwrap().body {
        MlsMessageBody::GroupInfo(info) => *info,
        _ => panic!(),
    }
}

pub(crate) fn with_tree() -> GroupInfoOptions {
    GroupInfoOptions { external_pub: true, ratchet_tree: true }
}

pub(crate) fn vouch(checks: &[CredentialCheck]) -> Answers {
    let mut answers = Answers::new();
    for check in checks {
        let Credential::Basic { identity } = &check.credential else { panic!() };
        answers.vouch(check.accept(MemberId(identity.clone())));
    }
    answers
}

impl Watcher {
    pub(crate) fn of(peer: &mut Peer) -> Self {
        let info = published(peer, with_tree());
        let Peer { mut world, mut store, .. } = Peer::new("watcher", SUITE, 77);
        let pending = observe(&info, None, &mut world.env()).unwrap();
        assert_eq!(pending.credentials().len(), peer.group().members().unwrap().len());
        let answers = vouch(pending.credentials());
        let fresh = pending.resume(&answers, &mut world.env()).unwrap();
        let durable = store.commit(fresh.delta());
        Self { world, store, observer: fresh.release(durable).unwrap() }
    }

    pub(crate) fn apply<T>(&mut self, step: ObserverStep<T>) -> T {
        let durable = self.store.commit(step.delta());
        step.apply(&mut self.observer, durable).unwrap()
    }

    pub(crate) fn try_receive(&mut self, bytes: &[u8]) -> Result<Seen, ReceiveError> {
        let message = MlsMessage::from_bytes(bytes).unwrap();
        let Self { world, observer, .. } = self;
        Ok(match observer.receive(&message, &mut world.env())? {
            Observed::Proposal(pending) => {
                let answers = vouch(pending.credentials());
                let step = pending.resume(observer, &answers, &mut world.env())?;
                Seen::Proposal(self.apply(step))
            }
            Observed::ExternalProposal(pending) => {
                let ruling = pending.question().accept();
                let pending = pending.rule(ruling, observer, &mut world.env())?;
                let answers = vouch(pending.credentials());
                let step = pending.resume(observer, &answers, &mut world.env())?;
                Seen::Proposal(self.apply(step))
            }
            Observed::Commit(pending) => {
                let ruling = pending.question().accept();
                let vetted = pending.rule(ruling, observer, &mut world.env())?;
                let answers = vouch(vetted.credentials());
                let step = vetted.resume(observer, &answers, &mut world.env())?;
                Seen::Epoch(self.apply(step))
            }
            Observed::Hidden(hidden) => Seen::Hidden(hidden),
            other => panic!("{other:?}"),
        })
    }

    pub(crate) fn follow(&mut self, bytes: &[u8]) -> EpochChange {
        match self.try_receive(bytes).unwrap() {
            Seen::Epoch(change) => change,
            other => panic!("{other:?}"),
        }
    }

    /// Only what is stored is left; it is what there was.
    pub(crate) fn restart(&mut self) {
        let id = self.observer.id().clone();
        let records = self.store.read(&Observer::records_to_load(&id));
        let loaded = Observer::load(&id, records, &mut self.world.env()).unwrap();
        assert_eq!(format!("{loaded:?}"), format!("{:?}", self.observer));
        assert_eq!(loaded.pending_proposals(), self.observer.pending_proposals());
        assert_eq!(loaded.snapshot(), self.observer.snapshot());
        self.observer = loaded;
    }

    /// The observer and a member see the same.
    pub(crate) fn agrees(&mut self, peer: &Peer) {
        assert_eq!(self.observer.context(), peer.group().context());
        assert_eq!(self.observer.members(), peer.group().members().unwrap());
        assert_eq!(self.observer.ratchet_tree().unwrap(), export_ratchet_tree(peer.group()).unwrap());
        self.restart();
    }
}
