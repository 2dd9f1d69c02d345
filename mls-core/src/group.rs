//! Group state and its transitions.
//!
//! A [`Group`] is what one member holds of one group. Functions here read a `&Group` and yield a [`Step`]: what must
//! be stored, and what comes out once it is. Until [`Step::apply`] nothing has happened.

pub(crate) mod admission;
pub(crate) mod advance;
pub(crate) mod answers;
mod assemble;
mod batch;
mod builder;
pub(crate) mod cache;
pub(crate) mod clients;
mod commit;
mod commit_make;
mod commit_merge;
mod create;
mod detached;
mod disposition;
mod edit;
mod encrypt;
pub(crate) mod epoch;
mod export;
mod exporter;
mod external;
mod external_make;
mod fault;
mod fork;
mod founding;
#[cfg(feature = "hazmat")]
mod hazmat;
mod header;
pub(crate) mod join;
mod join_error;
pub(crate) mod leaf_epochs;
mod leftovers;
mod member_hpke;
pub(crate) mod outside;
mod pending;
pub(crate) mod process;
mod proposals;
mod propose;
mod prune;
mod psks;
pub(crate) mod public_state;
pub(crate) mod query;
mod receive;
mod receive_error;
mod recovery;
pub(crate) mod resident;
mod rewind;
mod rewind_edit;
mod standalone;
pub(crate) mod state;
mod step;
mod stored;
mod succession;
mod successor;
mod successor_join;
#[cfg(test)]
mod tests;
mod transfer;
mod tree_outside;
pub(crate) mod vet;
mod welcome_make;

pub use answers::{AnswerError, Answers};
pub use batch::Batch;
pub use commit::{
    CommitError, CommitOutput, CommitPlan, DropReason, DroppedProposal, PathPolicy, PendingOwnCommit, VettedOwnCommit,
    Welcomes, commit,
};
pub use commit_merge::{accept_commit, drop_commit, pending_commit};
pub use create::{
    CreateError, CreateGroup, KeyPackageSpec, LeafSpec, NewKeyPackage, create_group, generate_key_package,
    generate_signer, import_signer, key_package_record, signer_from_record,
};
pub use detached::{DetachedCommit, accept_detached};
pub use disposition::{Disposition, Missing};
pub use encrypt::{EncryptError, EncryptOptions, Outgoing, encrypt};
pub use export::{ExportError, GroupInfoOptions, export_ratchet_tree, export_secret, group_info, group_info_with};
pub use exporter::delete_exporter;
pub use external::{ExternalJoinPlan, PendingExternalJoin, VettedExternalJoin, external_join};
pub use external_make::ExternalJoin;
pub use fault::Fault;
pub use fork::{EpochClaim, EpochComparison, ForkReport};
#[cfg(feature = "hazmat")]
pub use hazmat::{TakeKeyError, TakenMessageKey, take_message_key, take_next_message_key};
pub use join::{OpenedWelcome, PendingJoin, open_welcome};
pub use join_error::JoinError;
pub use leaf_epochs::StaleMember;
pub use leftovers::Leftover;
pub use member_hpke::{MemberError, MemberMode, MemberPurpose, open_as_member, seal_to_member};
pub use outside::{
    ExternalProposal, NewMemberProposal, PendingExternalProposal, propose_as_new_member, propose_from_outside,
};
pub use process::{EpochChange, PendingCommit, VettedCommit};
pub use proposals::{WaitingProposal, drop_proposal, waiting_proposals};
pub use propose::{LeafChange, OutgoingProposal, ProposeError, Proposing, SendOptions, propose};
pub use prune::{Pruned, forget_key_packages, prune};
pub use receive::{Inbound, PendingProposal, ProposalReceived, Received, receive};
pub use receive_error::{CommitRule, ReceiveError};
pub use rewind::{RewindError, Rewound, rewind};
pub use standalone::{VerifiedGroupInfo, check_key_package, verify_group_info};
pub use state::{Group, Member, Standing};
pub use step::{Fresh, Incoming, Stale, Step};
pub use stored::{StateStamp, forget_psk, pending_proposals, psk_from_record, store_psk};
pub use succession::{Predecessor, Succession, SuccessionError};
pub use successor::{PendingSuccessor, Successor, SuccessorError, SuccessorKind, SuccessorPlan, create_successor};
pub use successor_join::{OpenedSuccessor, PendingSuccessorJoin, open_successor_welcome};
pub use transfer::{export_group, import_group, records_to_export};
pub use tree_outside::{keep_tree_inside, keep_tree_outside};
