//! External commits with all that they may have, custom proposals, and clients that are members once.

use std::sync::Arc;

use mls_client::mls_core::credential::CredentialType;
use mls_client::mls_core::custom::{CustomProposal, CustomTypes};
use mls_client::mls_core::extension::{Extension, ExtensionPlace, ExtensionType};
use mls_client::mls_core::framing::Sender;
use mls_client::mls_core::group as engine;
use mls_client::mls_core::group::Missing;
use mls_client::mls_core::identity::{CredentialCheck, CredentialEvent, IdentityError, MemberId};
use mls_client::mls_core::proposal::{Effect, Proposal, ProposalListError, ProposalType};
use mls_client::mls_core::psk::{PreSharedKeyId, Psk, PskValue, ResumptionPskUsage};
use mls_client::mls_core::rules::{ProposalQuestion, Ruling};
use mls_client::mls_crypto_traits::SecretBytes;
use mls_client::{
    BasicIdentity, CommitError, CommitPlan, Credential, DefaultRules, Disposition, Event, ExternalJoinPlan,
    GroupInfoOptions, IdentityProvider, JoinError, MlsRules, Proposing, ReceiveError,
};

use crate::world::{Client, Group, Party, Setup, assert_in_step, assert_talk, deliver, group_of, pair};

const BARE: GroupInfoOptions = GroupInfoOptions { external_pub: true, ratchet_tree: false };

fn psk(byte: u8) -> PskValue {
    PskValue::from_bytes(SecretBytes::from_slice(&[byte; 32]))
}

/// Nobody comes in from outside but a former self that shows it was a member.
struct OnlyBack;

impl MlsRules for OnlyBack {
    fn judge(&self, question: &ProposalQuestion) -> Ruling {
        let has = |wanted: fn(&Proposal) -> bool| question.proposals.iter().any(|change| wanted(&change.proposal));
        let back = has(|proposal| matches!(proposal, Proposal::Remove(_)));
        let vouched = has(|proposal| {
            let Proposal::PreSharedKey(PreSharedKeyId { psk, .. }) = proposal else { return false };
            matches!(psk, Psk::Resumption { usage: ResumptionPskUsage::Application, .. })
        });
        let from_outside = question.committer == Sender::NewMemberCommit;
        if from_outside && !question.own && !(back && vouched) { question.refuse() } else { question.accept() }
    }
}

fn refused_by_policy(error: &ReceiveError) -> bool {
    matches!(error, ReceiveError::Engine(engine::ReceiveError::InvalidCommit { rule, .. })
        if **rule == engine::CommitRule::Policy)
}

// req: R-12.4.3.2-09, R-12.2-23, R-12.4.3.2-06
scenario! { fn a_member_comes_back_with_the_keys_that_the_policy_asks_for() {
    let (alice, at_alice, bob, mut at_bob) = pair();
    let id = at_alice.id().clone();
    drop(at_alice);
    let strict = alice.client_with("strict", Setup { rules: Arc::new(OnlyBack), ..Setup::default() });
    let mut at_alice = strict.load_group(&id).unwrap();
    let commit = at_alice.update().unwrap();
    deliver(&mut at_alice, &commit, &mut [&mut at_bob]);
    for party in [&alice, &bob] {
        party.client.store_psk(b"over dinner", &psk(7)).unwrap();
    }
    let info = at_alice.group_info(BARE).unwrap();
    let tree = at_alice.ratchet_tree().unwrap();

    // Somebody new is not welcome, nor is Bob without a proof.
    let carol = Party::new("carol");
    let join = carol.client.join_external(&carol.identity, &info, Some(&tree)).unwrap();
    assert!(refused_by_policy(&at_alice.receive(join.message()).unwrap_err()));
    let verified = bob.client.verify_group_info(&info, Some(&tree)).unwrap();
    let plan = ExternalJoinPlan::rejoin(&verified, bob.client.leaf(&bob.identity));
    assert_eq!(plan.resync, Some(at_bob.own_leaf()));
    let join = bob.client.join_external_with(&plan, &info, Some(&tree)).unwrap();
    assert!(refused_by_policy(&at_alice.receive(join.message()).unwrap_err()));
    join.abandon().unwrap();

    // The key of an epoch that he was in is one, of this epoch and of the one before; another goes with it. To use
    // those of the group itself takes no policy that lets other groups be named.
    let resumption =
        |psk_epoch| Psk::Resumption { usage: ResumptionPskUsage::Application, psk_group_id: id.as_bytes().to_vec(), psk_epoch };
    let psks = vec![resumption(2), Psk::External { psk_id: b"over dinner".to_vec() }, resumption(1)];
    let plan = ExternalJoinPlan { psks, ..plan };
    let join = bob.client_with("strict", Setup { rules: Arc::new(DefaultRules::new()), ..Setup::default() }).join_external_with(&plan, &info, Some(&tree)).unwrap();
    let Event::Epoch(change) = at_alice.receive(join.message()).unwrap() else { panic!("no epoch") };
    assert_eq!((change.removed, change.added[0].index), (vec![at_bob.own_leaf()], at_bob.own_leaf()));
    let mut at_bob = join.accept().unwrap();
    assert_talk(&mut at_alice, &mut at_bob);

    // Of an epoch that he does not know there is none.
    let info = at_alice.group_info(BARE).unwrap();
    let tree = at_alice.ratchet_tree().unwrap();
    let plan = ExternalJoinPlan { psks: vec![resumption(9)], ..plan };
    let error = bob.client.join_external_with(&plan, &info, Some(&tree)).map(drop).unwrap_err();
    assert!(matches!(error.disposition(), Disposition::Retry(Missing::Psk(_))), "{error:?}");
} }

const KIND: ProposalType = ProposalType(0xff01);
const TOPIC: ExtensionType = ExtensionType(0xff02);
const BADGE: CredentialType = CredentialType(0xff03);

fn types() -> CustomTypes {
    let rules = CustomProposal { in_external_commits: true, ..CustomProposal::default() };
    CustomTypes::new()
        .proposal(KIND, rules)
        .and_then(|types| types.extension(TOPIC, &[ExtensionPlace::GroupContext]))
        .and_then(|types| types.credential(BADGE))
        .unwrap()
}

/// A custom proposal sets the group's topic.
struct Topics;

impl MlsRules for Topics {
    fn judge(&self, question: &ProposalQuestion) -> Ruling {
        let topic = |(place, body): (usize, &[u8])| {
            (place, Effect::SetExtension(Extension { extension_type: TOPIC, extension_data: body.to_vec() }))
        };
        let custom = question.proposals.iter().enumerate().filter_map(|(place, change)| match &change.proposal {
            Proposal::Custom { proposal_type: KIND, body } => Some((place, &body[..])),
            _ => None,
        });
        question.accept_with(custom.map(topic).collect())
    }
}

/// Credentials of a type of the application's own: a badge's number.
struct Badges;

impl IdentityProvider for Badges {
    fn validate(&self, check: &CredentialCheck) -> Result<MemberId, IdentityError> {
        match &check.credential {
            Credential::Basic { identity } => Ok(MemberId(identity.clone())),
            other => Ok(MemberId(format!("{other:?}").into_bytes())),
        }
    }
}

fn with_topics(party: &Party) -> Client {
    let (identity, rules) = (Arc::new(Badges), Arc::new(Topics));
    party.client_with("topics", Setup { identity, rules, custom: types(), ..Setup::default() })
}

fn topic(group: &Group) -> Option<&[u8]> {
    group.context().extensions.get(TOPIC)
}

fn says(topic: &[u8]) -> Proposing {
    Proposing::Custom { proposal_type: KIND, body: topic.to_vec() }
}

// req: R-12.2-18, R-12.2-24
scenario! { fn custom_proposals_do_what_the_policy_says_in_every_commit() {
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(Party::new);
    let [for_alice, for_bob, for_carol] = [&alice, &bob, &carol].map(with_topics);
    let mut at_alice = for_alice.create_group(&alice.identity).unwrap();
    // Bob's credential is of a type of the application's own.
    let badge = Credential::Other { credential_type: BADGE, body: b"badge 7".to_vec() };
    let badge = for_bob.new_identity(bob.identity.cipher_suite, badge).unwrap();
    let package = for_bob.key_package(&badge).unwrap().message;
    let commit = at_alice.add(&[package]).unwrap();
    at_alice.accept_commit().unwrap();
    let mut at_bob = for_bob.join(&commit.welcome.unwrap(), None).unwrap();

    // By value and by reference.
    let plan = CommitPlan { proposals: vec![says(b"tea")], ..CommitPlan::default() };
    let commit = at_alice.commit(&plan).unwrap();
    deliver(&mut at_alice, &commit, &mut [&mut at_bob]);
    assert_eq!((topic(&at_alice), topic(&at_bob)), (Some(&b"tea"[..]), Some(&b"tea"[..])));
    let proposal = at_bob.propose(&says(b"coffee")).unwrap();
    at_alice.receive(&proposal.message).unwrap();
    let commit = at_alice.update().unwrap();
    deliver(&mut at_alice, &commit, &mut [&mut at_bob]);
    assert_eq!((topic(&at_alice), topic(&at_bob)), (Some(&b"coffee"[..]), Some(&b"coffee"[..])));

    // In an external commit.
    let info = at_alice.group_info(GroupInfoOptions { external_pub: true, ratchet_tree: true }).unwrap();
    let custom = vec![(KIND, b"cake".to_vec())];
    let plan = ExternalJoinPlan { custom, ..ExternalJoinPlan::new(for_carol.leaf(&carol.identity)) };
    let join = for_carol.join_external_with(&plan, &info, None).unwrap();
    at_alice.receive(join.message()).unwrap();
    at_bob.receive(join.message()).unwrap();
    let mut at_carol = join.accept().unwrap();
    assert_eq!([&at_alice, &at_bob, &at_carol].map(topic), [Some(&b"cake"[..]); 3]);
    assert_talk(&mut at_carol, &mut at_bob);
    assert_in_step(&at_alice, &at_carol);
} }

// req: R-12.2-09
// bad: valn-0306
scenario! { fn a_client_is_a_member_once_and_a_person_may_have_several() {
    let (_, mut at_alice, mut others) = group_of(["bob", "carol"]);
    let (_, mut at_carol) = others.pop().unwrap();
    let (_, mut at_bob) = others.pop().unwrap();
    // Bob's name with other keys: Bob again.
    let again = Party::new("bob");
    let other = again.client.new_identity(again.identity.cipher_suite, again.identity.credential.clone()).unwrap();
    let package = again.client.key_package(&other).unwrap().message;
    let twice = ProposalListError::AlreadyMember(MemberId(b"bob".to_vec()), at_bob.own_leaf());
    let error = at_alice.add(&[&package]).unwrap_err();
    assert!(matches!(&error, CommitError::Engine(engine::CommitError::Proposals(rule)) if *rule == twice), "{error:?}");
    assert!(!at_alice.has_pending_commit());
    let info = at_alice.group_info(GroupInfoOptions { external_pub: true, ratchet_tree: true }).unwrap();
    let error = again.client.join_external(&other, &info, None).map(drop).unwrap_err();
    assert!(matches!(&error, JoinError::Engine(engine::JoinError::Proposals(rule)) if *rule == twice), "{error:?}");
    // In his place he may come.
    let commit = at_alice.readd(at_bob.own_leaf(), &package).unwrap();
    at_carol.receive(&commit.message).unwrap();
    at_bob.receive(&commit.message).unwrap();
    at_alice.accept_commit().unwrap();
    let mut at_bob = again.client.join(&commit.welcome.unwrap(), None).unwrap();
    assert_talk(&mut at_bob, &mut at_carol);
    // Another device of his is another client.
    let phone = Party::new("bob's phone");
    let commit = at_carol.add(&[phone.key_package()]).unwrap();
    deliver(&mut at_carol, &commit, &mut [&mut at_alice, &mut at_bob]);
    let bob = at_bob.member_with_id(&MemberId(b"bob".to_vec())).unwrap().unwrap();
    assert_eq!((bob.index, bob.credential), (at_bob.own_leaf(), Credential::basic("bob")));
    let member = |name: &str| MemberId(name.as_bytes().to_vec());
    let phone = at_alice.member_with_id(&member("bob's phone")).unwrap().unwrap();
    assert_eq!(phone.credential, Credential::basic("bob's phone"));
    assert_eq!(at_alice.member_with_id(&member("nobody")).unwrap(), None);
} }

/// Says who somebody is, and counts what it is asked about.
#[derive(Default)]
struct Counting(std::sync::Mutex<Vec<CredentialEvent>>);

impl IdentityProvider for Counting {
    fn validate(&self, check: &CredentialCheck) -> Result<MemberId, IdentityError> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(check.event);
        BasicIdentity::new().validate(check)
    }
}

impl Counting {
    fn asked(&self) -> Vec<CredentialEvent> {
        core::mem::take(&mut self.0.lock().unwrap())
    }
}

scenario! { fn nobody_is_asked_about_twice() {
    let (_, mut at_alice, mut others) = group_of(["bob", "carol", "dave"]);
    let (dave, mut at_dave) = others.pop().unwrap();
    let counting = Arc::new(Counting::default());
    let erin = Party::new("erin");
    let client = erin.client_with("counting", Setup { identity: counting.clone(), ..Setup::default() });
    let identity = client.new_identity(erin.identity.cipher_suite, Credential::basic("erin")).unwrap();
    let package = client.key_package(&identity).unwrap();
    let commit = at_alice.add(&[package.message]).unwrap();
    deliver(&mut at_alice, &commit, &mut [&mut at_dave]);
    let at_erin = client.join(&commit.welcome.unwrap(), None).unwrap();
    let id = at_erin.id().clone();
    assert_eq!(counting.asked(), [CredentialEvent::Join; 4].into_iter().chain([CredentialEvent::Member]).collect::<Vec<_>>());
    drop((at_erin, dave));
    for name in ["frank", "grace"] {
        let mut at_erin = client.load_group(&id).unwrap();
        let commit = at_alice.add(&[Party::new(name).key_package()]).unwrap();
        deliver(&mut at_alice, &commit, &mut [&mut at_dave, &mut at_erin]);
        assert_eq!(counting.asked(), [CredentialEvent::Add]);
    }
    let mut at_erin = client.load_group(&id).unwrap();
    let commit = at_alice.update().unwrap();
    deliver(&mut at_alice, &commit, &mut [&mut at_erin]);
    assert_eq!(counting.asked(), []);
} }
