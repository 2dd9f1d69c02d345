//! Group state and its transitions.
//!
//! A [`Group`] is what one member holds of one group. Functions here read a `&Group` and yield a [`Step`]: what must
//! be stored, and what comes out once it is. Until [`Step::apply`] nothing has happened.

mod advance;
mod answers;
mod assemble;
mod batch;
mod builder;
mod cache;
mod commit;
mod commit_make;
mod commit_merge;
mod create;
mod disposition;
mod edit;
mod encrypt;
mod epoch;
mod export;
mod external;
mod fault;
mod header;
mod join;
mod join_error;
mod pending;
mod process;
mod propose;
mod psks;
mod receive;
mod receive_error;
mod resident;
mod state;
mod step;
mod stored;
#[cfg(test)]
mod tests;
mod transfer;
mod welcome_make;

pub use answers::{AnswerError, Answers};
pub use batch::Batch;
pub use commit::{
    CommitError, CommitOutput, CommitPlan, DropReason, DroppedProposal, PathPolicy, PendingOwnCommit, VettedOwnCommit,
    commit,
};
pub use commit_merge::{accept_commit, drop_commit, pending_commit};
pub use create::{
    CreateError, CreateGroup, KeyPackageSpec, LeafSpec, NewKeyPackage, create_group, generate_key_package,
    generate_signer, key_package_record, signer_from_record,
};
pub use disposition::{Disposition, Missing};
pub use encrypt::{EncryptError, EncryptOptions, Outgoing, encrypt};
pub use export::{ExportError, GroupInfoOptions, export_ratchet_tree, export_secret, group_info};
pub use external::{ExternalJoin, ExternalJoinPlan, PendingExternalJoin, external_join};
pub use fault::Fault;
pub use join::{OpenedWelcome, PendingJoin, open_welcome};
pub use join_error::JoinError;
pub use process::{EpochChange, PendingCommit, VettedCommit};
pub use propose::{LeafChange, OutgoingProposal, ProposeError, Proposing, SendOptions, propose};
pub use receive::{Inbound, PendingProposal, ProposalReceived, Received, receive};
pub use receive_error::{CommitRule, ReceiveError};
pub use state::{Group, Member, Standing};
pub use step::{Fresh, Incoming, Stale, Step};
pub use stored::{StateStamp, forget_psk, pending_proposals, psk_from_record, store_psk};
pub use transfer::{export_group, import_group, records_to_export};
