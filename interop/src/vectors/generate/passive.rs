//! The files that follow a group from outside: a client joins by a Welcome and listens.

use hex::encode as hex;
use mls_core::extension::Extensions;
use mls_core::framing::{MlsMessage, MlsMessageBody};
use mls_core::group::{CommitPlan, LeafChange, PathPolicy, Proposing, SendOptions};
use serde_json::{Value, json};
use std::sync::Arc;

use super::member::Member;
use super::source::{OwnKeyPackage, Source, encoded, put};

/// A group whose members act, and the client that listens.
struct Scene<'s, 'a> {
    source: &'s mut Source<'a>,
    members: Vec<Member<'a>>,
    case: Value,
    epochs: Vec<Value>,
    proposals: Vec<String>,
    psk_id: Vec<u8>,
}

/// As the files have it: in the clear.
fn options() -> SendOptions {
    SendOptions { encrypt: false, ..SendOptions::default() }
}

impl<'s, 'a> Scene<'s, 'a> {
    /// A group of so many members besides the listener, who joins last, with a pre-shared key or with the tree apart.
    fn new(source: &'s mut Source<'a>, members: u32, psk: bool, tree_apart: bool) -> Result<Self, String> {
        let mut group = Vec::new();
        let (psk_id, value) = (source.bytes(12), source.hash());
        for index in 0..members {
            let mut member = Member::new(source, &format!("member {index}"))?;
            member.psks.insert(psk_id.clone(), value.clone());
            group.push(member);
        }
        let Some((first, others)) = group.split_first_mut() else { return Err("no members".to_owned()) };
        first.create(source.hash())?;
        if !others.is_empty() {
            let mut proposals = Vec::new();
            for other in &mut *others {
                proposals.push(Proposing::Add(Arc::new(other.key_package()?.key_package)));
            }
            let output = first.commit(&CommitPlan { proposals, options: options(), ..CommitPlan::default() })?;
            for other in others {
                other.join(output.welcome.as_deref().ok_or("no Welcome")?, None)?;
            }
        }
        let case = json!({
            "cipher_suite": source.suite.id().0,
            "external_psks": [{"psk_id": hex(&psk_id), "psk": hex(&value)}],
        });
        let mut scene = Self { source, members: group, case, epochs: Vec::new(), proposals: Vec::new(), psk_id };
        scene.listen(psk, tree_apart)?;
        Ok(scene)
    }

    fn listen(&mut self, psk: bool, tree_apart: bool) -> Result<(), String> {
        let OwnKeyPackage { key_package, init, leaf, signer } = self.source.key_package("listener")?;
        let mut proposals = vec![Proposing::Add(Arc::new(key_package.clone()))];
        proposals.extend(psk.then(|| Proposing::ExternalPsk(self.psk_id.clone())));
        let options = options();
        let ratchet_tree_in_welcome = !tree_apart;
        let committer = self.members.len().saturating_sub(1);
        let plan = CommitPlan { proposals, options, ratchet_tree_in_welcome, ..CommitPlan::default() };
        let output = self.spread(committer, &plan)?;
        let message = MlsMessage::new(MlsMessageBody::KeyPackage(Arc::new(key_package)));
        put(&mut self.case, "key_package", hex(encoded("key package", &message)?));
        put(&mut self.case, "signature_priv", hex(&signer.private));
        put(&mut self.case, "encryption_priv", hex(leaf.private.as_bytes()));
        put(&mut self.case, "init_priv", hex(init.private.as_bytes()));
        put(&mut self.case, "welcome", hex(output.welcome.ok_or("no Welcome")?));
        put(&mut self.case, "ratchet_tree", output.tree.map(hex));
        let authenticator = self.authenticator()?;
        put(&mut self.case, "initial_epoch_authenticator", authenticator);
        // The epoch that it joins is none of those that it follows.
        self.epochs.clear();
        Ok(())
    }

    fn authenticator(&self) -> Result<String, String> {
        Ok(hex(self.members.first().ok_or("no members")?.group()?.epoch_authenticator()))
    }

    fn propose(&mut self, from: usize, proposing: &Proposing) -> Result<(), String> {
        let message = self.members.get_mut(from).ok_or("no member")?.propose(proposing, &options())?;
        for (_, member) in self.members.iter_mut().enumerate().filter(|(index, _)| *index != from) {
            member.receive(&message)?;
        }
        self.proposals.push(hex(message));
        Ok(())
    }

    /// A commit that all follow; the listener will.
    fn spread(&mut self, from: usize, plan: &CommitPlan) -> Result<Output, String> {
        let output = self.members.get_mut(from).ok_or("no member")?.commit(plan)?;
        for (_, member) in self.members.iter_mut().enumerate().filter(|(index, _)| *index != from) {
            member.receive(&output.message)?;
        }
        self.epochs.push(json!({
            "proposals": core::mem::take(&mut self.proposals),
            "commit": hex(&output.message),
            "epoch_authenticator": self.authenticator()?,
        }));
        Ok(Output { welcome: output.welcome, tree: output.ratchet_tree })
    }

    fn commit(&mut self, from: usize, proposals: Vec<Proposing>, path: PathPolicy) -> Result<Output, String> {
        self.spread(from, &CommitPlan { proposals, path, options: options(), ..CommitPlan::default() })
    }

    /// A new member by value, who acts from then on.
    fn add(&mut self, from: usize, path: PathPolicy) -> Result<(), String> {
        let mut joiner = Member::new(self.source, &format!("later {}", self.epochs.len()))?;
        joiner.psks.clone_from(&self.members.first().ok_or("no members")?.psks);
        let proposals = vec![Proposing::Add(Arc::new(joiner.key_package()?.key_package))];
        let output = self.commit(from, proposals, path)?;
        joiner.join(output.welcome.as_deref().ok_or("no Welcome")?, output.tree.as_deref())?;
        self.members.push(joiner);
        Ok(())
    }

    /// Somebody goes, by value.
    fn remove(&mut self, from: usize, who: usize) -> Result<(), String> {
        let gone = self.members.remove(who);
        let from = if from > who { from.saturating_sub(1) } else { from };
        self.commit(from, vec![Proposing::Remove(gone.own_leaf()?)], PathPolicy::Always).map(drop)
    }

    fn finish(mut self) -> Value {
        put(&mut self.case, "epochs", self.epochs);
        self.case
    }
}

struct Output {
    welcome: Option<Vec<u8>>,
    tree: Option<Vec<u8>>,
}

pub(super) fn welcome(source: &mut Source<'_>) -> Result<Vec<Value>, String> {
    let size = source.size;
    let kinds = [(1, false, false), (size, true, false), (size, false, true), (size, true, true)];
    kinds.into_iter().map(|(members, psk, apart)| Ok(Scene::new(source, members, psk, apart)?.finish())).collect()
}

/// One epoch or two each: by value, by reference, with a path and without.
pub(super) fn handling_commit(source: &mut Source<'_>) -> Result<Vec<Value>, String> {
    let size = source.size.max(3);
    let mut cases = Vec::new();
    let mut play = |act: &dyn Fn(&mut Scene<'_, '_>) -> Result<(), String>| {
        let mut scene = Scene::new(source, size, false, false)?;
        act(&mut scene)?;
        cases.push(scene.finish());
        Ok::<_, String>(())
    };
    play(&|scene| {
        scene.commit(1, Vec::new(), PathPolicy::Always)?;
        scene.commit(0, Vec::new(), PathPolicy::Always).map(drop)
    })?;
    play(&|scene| {
        scene.add(1, PathPolicy::Always)?;
        scene.add(0, PathPolicy::WhenRequired)
    })?;
    play(&|scene| {
        scene.remove(0, 1)?;
        scene.commit(1, Vec::new(), PathPolicy::Always).map(drop)
    })?;
    play(&|scene| {
        scene.propose(1, &Proposing::Update(LeafChange::default()))?;
        let psk = Proposing::ExternalPsk(scene.psk_id.clone());
        scene.propose(2, &psk)?;
        scene.commit(0, Vec::new(), PathPolicy::WhenRequired).map(drop)
    })?;
    play(&|scene| {
        let psk = Proposing::ExternalPsk(scene.psk_id.clone());
        scene.commit(2, vec![psk], PathPolicy::WhenRequired)?;
        let extensions = Proposing::GroupContextExtensions(Extensions::new());
        scene.commit(0, vec![extensions], PathPolicy::WhenRequired).map(drop)
    })?;
    Ok(cases)
}

/// A history of as many epochs as four times the size.
pub(super) fn random(source: &mut Source<'_>) -> Result<Vec<Value>, String> {
    let size = source.size;
    let mut scene = Scene::new(source, size, false, false)?;
    for _ in 0..size.saturating_mul(4) {
        let count = u32::try_from(scene.members.len()).map_err(|error| error.to_string())?;
        let [from, other] = [(); 2].map(|()| scene.source.below(count)).map(|index| index as usize);
        match scene.source.below(5) {
            0 => scene.add(from, PathPolicy::Always)?,
            1 => scene.add(from, PathPolicy::WhenRequired)?,
            2 if from != other => scene.remove(from, other)?,
            3 if from != other => {
                scene.propose(other, &Proposing::Update(LeafChange::default()))?;
                scene.commit(from, Vec::new(), PathPolicy::Always)?;
            }
            _ => drop(scene.commit(from, Vec::new(), PathPolicy::Always)?),
        }
    }
    Ok(vec![scene.finish()])
}

pub(super) fn welcome_only(source: &mut Source<'_>) -> Result<Vec<Value>, String> {
    let scene = Scene::new(source, 1, false, false)?;
    let signer = hex(scene.members.first().ok_or("no members")?.signature_key.as_bytes());
    let mut case = scene.finish();
    let mut take = |field: &str| case.get_mut(field).map(Value::take);
    Ok(vec![json!({
        "cipher_suite": take("cipher_suite"),
        "init_priv": take("init_priv"),
        "key_package": take("key_package"),
        "signer_pub": signer,
        "welcome": take("welcome"),
    })])
}
