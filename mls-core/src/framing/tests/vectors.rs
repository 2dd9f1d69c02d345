//! The official vectors `messages` and `message-protection`.

use mls_codec::{Decode, Encode};
use mls_crypto_traits::{CipherSuite, SignaturePrivateKey, SignaturePublicKey, Suite};
use serde::Deserialize;

use super::fixtures::leaf;
use crate::commit::Commit;
use crate::extension::Extensions;
use crate::framing::{
    AuthenticatedContent, Content, ContentType, FramedContent, MlsMessage, MlsMessageBody, Padding, PrivateMessage,
    ProtocolVersion, PublicMessage, Sender, SenderData, WireFormat,
};
use crate::group_context::GroupContext;
use crate::key_package::KeyPackage;
use crate::key_schedule::tests::test_vectors::{self, Hex};
use crate::key_schedule::{EncryptionSecret, MembershipKey, SenderDataSecret};
use crate::proposal::{Proposal, ProposalType, ReInit, RemovedLeaf};
use crate::psk::PreSharedKeyId;
use crate::secret_tree::{RatchetType, SecretTree, SecretTreeLimits};
use crate::tree::leaf_node::LeafNode;
use crate::tree::math::TreeSize;
use crate::tree::node::RatchetTreeArray;
use crate::welcome::GroupSecrets;

#[derive(Deserialize)]
struct Messages {
    mls_welcome: Hex,
    mls_group_info: Hex,
    mls_key_package: Hex,
    ratchet_tree: Hex,
    group_secrets: Hex,
    add_proposal: Hex,
    update_proposal: Hex,
    remove_proposal: Hex,
    pre_shared_key_proposal: Hex,
    re_init_proposal: Hex,
    external_init_proposal: Hex,
    group_context_extensions_proposal: Hex,
    commit: Hex,
    public_message_application: Hex,
    public_message_proposal: Hex,
    public_message_commit: Hex,
    private_message: Hex,
}

fn round_trips<T: Encode + Decode>(bytes: &Hex) -> T {
    let value = T::from_bytes(&bytes.0).unwrap();
    assert_eq!(value.encoded_len(), bytes.0.len());
    assert_eq!(value.to_bytes().unwrap(), bytes.0);
    value
}

/// The vectors give proposals without their type.
fn proposal(proposal_type: ProposalType, body: &Hex) -> Proposal {
    let mut bytes = proposal_type.to_bytes().unwrap();
    bytes.extend(&body.0);
    let proposal: Proposal = round_trips(&Hex(bytes));
    assert_eq!(proposal.proposal_type(), proposal_type);
    proposal
}

// req: R-6-09, R-17.2-01, R-17.4-01
#[test]
fn every_structure_of_the_vectors_round_trips() {
    for case in test_vectors::load::<Messages>("messages.json") {
        let message = round_trips::<MlsMessage>;
        assert_eq!(message(&case.mls_welcome).wire_format(), WireFormat::Welcome);
        assert_eq!(message(&case.mls_group_info).wire_format(), WireFormat::GroupInfo);
        assert_eq!(message(&case.mls_key_package).wire_format(), WireFormat::KeyPackage);
        assert_eq!(message(&case.private_message).wire_format(), WireFormat::PrivateMessage);
        round_trips::<RatchetTreeArray>(&case.ratchet_tree);
        round_trips::<Commit>(&case.commit);

        let secrets = GroupSecrets::from_bytes(&case.group_secrets.0).unwrap();
        assert_eq!(*secrets.to_secret_bytes().unwrap(), case.group_secrets.0);

        round_trips::<KeyPackage>(&case.add_proposal);
        round_trips::<LeafNode>(&case.update_proposal);
        round_trips::<PreSharedKeyId>(&case.pre_shared_key_proposal);
        round_trips::<ReInit>(&case.re_init_proposal);
        round_trips::<Extensions>(&case.group_context_extensions_proposal);
        proposal(ProposalType::ADD, &case.add_proposal);
        proposal(ProposalType::UPDATE, &case.update_proposal);
        proposal(ProposalType::PSK, &case.pre_shared_key_proposal);
        proposal(ProposalType::REINIT, &case.re_init_proposal);
        proposal(ProposalType::EXTERNAL_INIT, &case.external_init_proposal);
        proposal(ProposalType::GROUP_CONTEXT_EXTENSIONS, &case.group_context_extensions_proposal);
        check_remove(&case.remove_proposal);

        check_public(&case.public_message_application, ContentType::Application);
        check_public(&case.public_message_proposal, ContentType::Proposal);
        check_public(&case.public_message_commit, ContentType::Commit);
    }
}

/// The vectors draw the index from all 32-bit numbers.
fn check_remove(bytes: &Hex) {
    let index = u32::from_bytes(&bytes.0).unwrap();
    assert_eq!(proposal(ProposalType::REMOVE, bytes), Proposal::Remove(RemovedLeaf(index)));
}

fn check_public(bytes: &Hex, content_type: ContentType) {
    let message: MlsMessage = round_trips(bytes);
    let MlsMessageBody::PublicMessage(message) = message.body else { panic!("no PublicMessage") };
    assert_eq!(message.content.content_type(), content_type);
    // The content's encoding, taken from the middle of the message, is the one that is signed.
    let content = message.content.to_bytes().unwrap();
    assert_eq!(bytes.0[4..].get(..content.len()), Some(&content[..]));
}

#[derive(Deserialize)]
struct Protection {
    cipher_suite: u16,
    group_id: Hex,
    epoch: u64,
    tree_hash: Hex,
    confirmed_transcript_hash: Hex,
    signature_priv: Hex,
    signature_pub: Hex,
    encryption_secret: Hex,
    sender_data_secret: Hex,
    membership_key: Hex,
    proposal: Hex,
    proposal_priv: Hex,
    proposal_pub: Hex,
    commit: Hex,
    commit_priv: Hex,
    commit_pub: Hex,
    application: Hex,
    application_priv: Hex,
}

/// A case with what its group knows.
struct World<'a> {
    suite: Suite<'static>,
    case: &'a Protection,
    context: alloc::vec::Vec<u8>,
    public: SignaturePublicKey,
    membership_key: MembershipKey,
    sender_data_secret: SenderDataSecret,
    secret_tree: SecretTree,
}

impl<'a> World<'a> {
    fn new(case: &'a Protection, suite: Suite<'static>) -> Self {
        let context = GroupContext {
            version: ProtocolVersion::MLS10,
            cipher_suite: CipherSuite::from(case.cipher_suite),
            group_id: case.group_id.0.clone(),
            epoch: case.epoch,
            tree_hash: case.tree_hash.0.clone(),
            confirmed_transcript_hash: case.confirmed_transcript_hash.0.clone(),
            extensions: Extensions::new(),
        };
        let secret = EncryptionSecret::from_bytes(case.encryption_secret.secret());
        Self {
            suite,
            case,
            context: context.to_bytes().unwrap(),
            public: case.signature_pub.0.clone().into(),
            membership_key: MembershipKey::from_bytes(case.membership_key.secret()),
            sender_data_secret: SenderDataSecret::from_bytes(case.sender_data_secret.secret()),
            secret_tree: SecretTree::new(TreeSize::for_leaves(2).unwrap(), secret),
        }
    }

    fn open(&self, message: PrivateMessage) -> AuthenticatedContent {
        let sender_data = message.open_sender_data(self.suite, &self.sender_data_secret).unwrap();
        let SenderData { leaf_index, generation, reuse_guard: _ } = sender_data;
        let limits = SecretTreeLimits::default();
        let ratchet = ratchet_of(message.content_type);
        let step = self.secret_tree.plan_open(self.suite, leaf_index, ratchet, generation, &limits).unwrap();
        message.open_content(self.suite, step.message_key(), &sender_data).unwrap()
    }

    /// Opens a message of the vectors or of ours, and checks signature and content.
    fn check(&self, message: MlsMessage, want: &Content) {
        let content = match message.body {
            MlsMessageBody::PublicMessage(message) => {
                message.unprotect(self.suite, Some(&self.membership_key), Some(&self.context)).unwrap()
            }
            MlsMessageBody::PrivateMessage(message) => self.open(message),
            body => panic!("{body:?}"),
        };
        assert_eq!(content.verify_signature(self.suite, &self.public, Some(&self.context)), Ok(()));
        assert_eq!(content.content.sender, Sender::Member(leaf(1)));
        assert_eq!(&content.content.content, want);
        assert_eq!(content.auth.confirmation_tag.is_some(), matches!(want, Content::Commit(_)));
    }

    /// Signs `content` as member 1 and frames it.
    fn make(&self, wire_format: WireFormat, content: Content) -> MlsMessage {
        let private = SignaturePrivateKey::from_bytes(self.case.signature_priv.0.clone());
        let key = self.suite.signing_key(&private).unwrap();
        let content = FramedContent {
            group_id: self.case.group_id.0.clone(),
            epoch: self.case.epoch,
            sender: Sender::Member(leaf(1)),
            authenticated_data: b"data".to_vec(),
            content,
        };
        let is_commit = content.content_type() == ContentType::Commit;
        let context = Some(&self.context[..]);
        let mut content = AuthenticatedContent::sign(self.suite, &*key, wire_format, content, context).unwrap();
        content.auth.confirmation_tag = is_commit.then(|| b"tag".to_vec());
        MlsMessage::new(match wire_format {
            WireFormat::PublicMessage => {
                let key = Some(&self.membership_key);
                let message = PublicMessage::protect(self.suite, content, key, context).unwrap();
                MlsMessageBody::PublicMessage(message)
            }
            _ => MlsMessageBody::PrivateMessage(self.seal(&content)),
        })
    }

    fn seal(&self, content: &AuthenticatedContent) -> PrivateMessage {
        let ratchet = ratchet_of(content.content.content_type());
        let step = self.secret_tree.plan_next_send(self.suite, leaf(1), ratchet).unwrap();
        let secret = &self.sender_data_secret;
        let guard = [9, 8, 7, 6];
        PrivateMessage::seal(self.suite, content, step.message_key(), guard, secret, Padding::Step).unwrap()
    }
}

fn ratchet_of(content_type: ContentType) -> RatchetType {
    match content_type {
        ContentType::Application => RatchetType::Application,
        ContentType::Proposal | ContentType::Commit => RatchetType::Handshake,
    }
}

// req: R-6.1-12, R-6.2-03, R-6.3-01, R-6.3.1-04, R-6.3.1-11
#[test]
fn messages_of_the_vectors_open_and_ours_do_too() {
    for case in test_vectors::load::<Protection>("message-protection.json") {
        let Some(suite) = test_vectors::suite(case.cipher_suite) else {
            continue;
        };
        let world = World::new(&case, suite);
        let proposal = Content::Proposal(round_trips(&case.proposal));
        let commit = Content::Commit(round_trips(&case.commit));
        let application = Content::Application(case.application.0.clone());

        world.check(round_trips(&case.proposal_pub), &proposal);
        world.check(round_trips(&case.proposal_priv), &proposal);
        world.check(round_trips(&case.commit_pub), &commit);
        world.check(round_trips(&case.commit_priv), &commit);
        world.check(round_trips(&case.application_priv), &application);

        for content in [proposal, commit] {
            world.check(world.make(WireFormat::PublicMessage, content.clone()), &content);
            world.check(world.make(WireFormat::PrivateMessage, content.clone()), &content);
        }
        world.check(world.make(WireFormat::PrivateMessage, application.clone()), &application);
    }
}
