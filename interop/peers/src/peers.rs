//! The other implementations, alone with us and all together, and what they cannot do.
//!
//! A limit comes from a peer's documentation or source, never from a test that fails; `PEERS.md` has the references.

use crate::openmls::OPEN_MLS;
use crate::ts_mls::TS_MLS;
use crate::world::actor::Maker;
use crate::world::mls_rs::MLS_RS;
use crate::world::ours::OURS;
use crate::world::scenario::{Need, Scenario};
use crate::world::tally::Role;

/// Groups of these implementations.
pub struct Side {
    pub name: &'static str,
    /// Who plays a scenario, each once.
    pub casts: &'static [[Maker; 4]],
    /// The cipher suites that all of them have.
    pub suites: &'static [u16],
    /// What they lack, and why we know.
    pub lacks: &'static [(Need, &'static str)],
    /// Bugs that were found, so long as they are there.
    pub bugs: &'static [Bug],
    /// The role that nobody can have for a bug.
    pub unplayed: Option<Role>,
    /// Whether our leaves may contain values that mean nothing.
    pub grease: bool,
}

/// A bug of a peer: these cases fail, and are expected to until the peer is mended.
#[derive(Clone, Copy)]
pub struct Bug {
    pub scenario: &'static str,
    pub suites: &'static [u16],
    /// What every failure says one of; nothing where that depends on random bytes.
    pub shows: &'static [&'static str],
    /// Its heading in `PEERS.md`.
    pub title: &'static str,
}

const OPEN_MLS_LACKS: &[(Need, &str)] = &[
    (Need::ReInit, "OpenMLS 0.9.2 has no ReInit (messages::external_proposals: \"not yet implemented\")"),
    (Need::Branch, "OpenMLS 0.9.2 has no branches (schedule::psk: PSK proposals of the usage `application` only)"),
    (
        Need::ResyncWithNewKey,
        "OpenMLS 0.9.2 removes the leaf with the joiner's signature key, no other (ExternalCommitBuilder::build_group)",
    ),
    (
        Need::UnrequiredExtension,
        "OpenMLS 0.9.2 demands that required capabilities list every extension of the context \
         (GroupContextExtensionsProposalValidationError::ExtensionNotInRequiredCapabilities)",
    ),
];

/// OpenMLS mixes PSKs in by another order than that of its commit.
const OPEN_MLS_BUGS: &[Bug] = &[Bug {
    scenario: "PSKs by value and by reference",
    suites: &[1, 2, 3],
    shows: &["ConfirmationTag", "confirmation tag"],
    title: "OpenMLS: PSKs by value and by reference",
}];

/// mls-rs draws the nonce of the PSK that links two groups as long as the old group's suite says.
const MLS_RS_BUGS: &[Bug] = &[Bug {
    scenario: "ReInit to another suite",
    suites: &[7],
    shows: &["PskNonceLength"],
    title: "mls-rs: ReInit between suites whose hashes differ in length",
}];

pub const SIDES: &[Side] = &[
    Side {
        name: "mls-rs",
        casts: &[[OURS, MLS_RS, OURS, MLS_RS], [MLS_RS, OURS, MLS_RS, OURS]],
        suites: &[1, 2, 3, 7],
        lacks: &[],
        bugs: MLS_RS_BUGS,
        unplayed: None,
        grease: true,
    },
    Side {
        name: "OpenMLS",
        casts: &[[OURS, OPEN_MLS, OURS, OPEN_MLS], [OPEN_MLS, OURS, OPEN_MLS, OURS]],
        suites: &[1, 2, 3],
        lacks: OPEN_MLS_LACKS,
        bugs: OPEN_MLS_BUGS,
        unplayed: None,
        grease: false,
    },
    Side {
        name: "mls-rs, OpenMLS",
        casts: &[[OURS, MLS_RS, OPEN_MLS, OURS], [MLS_RS, OPEN_MLS, OURS, MLS_RS], [OPEN_MLS, OURS, MLS_RS, OPEN_MLS]],
        suites: &[1, 2, 3],
        lacks: OPEN_MLS_LACKS,
        bugs: OPEN_MLS_BUGS,
        unplayed: None,
        grease: false,
    },
];

const NO_UPDATE: &str = "ts-mls 1.6.4 makes no Update proposals: it keeps no private key for them (createProposal)";
const NO_REKEY: &str = "ts-mls 1.6.4 commits with the signature key that it has (createCommit)";
const TS_OLD_KEY: &str =
    "ts-mls 1.6.4 removes the leaf with the joiner's signature key (defaultKeyPackageEqualityConfig)";

const TS_MLS_LACKS: &[(Need, &str)] =
    &[(Need::Update, NO_UPDATE), (Need::Rekey, NO_REKEY), (Need::ResyncWithNewKey, TS_OLD_KEY)];

const ALL_LACK: &[(Need, &str)] = &[
    (Need::Update, NO_UPDATE),
    (Need::Rekey, NO_REKEY),
    (Need::ResyncWithNewKey, TS_OLD_KEY),
    OPEN_MLS_LACKS[0],
    OPEN_MLS_LACKS[1],
    OPEN_MLS_LACKS[3],
];

const EVERY_SUITE: &[u16] = &[1, 2, 3, 5, 7];

const fn ts_bug(scenario: &'static str, title: &'static str, shows: &'static [&'static str]) -> Bug {
    Bug { scenario, suites: EVERY_SUITE, shows, title }
}

const EXTERNAL_PUB: &str = "ts-mls: external_pub without its length";
const NO_PATH: &str = "ts-mls: GroupContextExtensions without a path";
const SENDERS: &str = "ts-mls: one external sender instead of a list";
const RETAKEN: &str = "ts-mls: a removed member whose leaf is taken again";

const TS_MLS_BUGS: &[Bug] = &[
    ts_bug("external joins", EXTERNAL_PUB, &[]),
    ts_bug("resync with the old key", EXTERNAL_PUB, &[]),
    ts_bug("context extensions", NO_PATH, NO_PATH_SHOWS),
    ts_bug("context extensions not required", NO_PATH, NO_PATH_SHOWS),
    ts_bug("external senders", SENDERS, &["external_sender", "ExternalSender"]),
    ts_bug("adds and removes by reference", RETAKEN, &["No overlap between provided private keys"]),
];

const NO_PATH_SHOWS: &[&str] = &["PathRequired", "CommitMissingPath", "RequiredPathNotFound"];

const ALL_BUGS: &[Bug] =
    &[TS_MLS_BUGS[0], TS_MLS_BUGS[1], TS_MLS_BUGS[2], TS_MLS_BUGS[4], TS_MLS_BUGS[5], OPEN_MLS_BUGS[0]];

/// With ts-mls, which runs in a process of its own.
pub const TS_SIDES: &[Side] = &[
    Side {
        name: "ts-mls",
        casts: &[[OURS, TS_MLS, OURS, TS_MLS], [TS_MLS, OURS, TS_MLS, OURS]],
        suites: EVERY_SUITE,
        lacks: TS_MLS_LACKS,
        bugs: TS_MLS_BUGS,
        unplayed: Some(Role::ExternalJoiner),
        grease: false,
    },
    Side {
        name: "ts-mls, mls-rs, OpenMLS",
        casts: &[
            [OURS, TS_MLS, MLS_RS, OPEN_MLS],
            [TS_MLS, MLS_RS, OPEN_MLS, OURS],
            [MLS_RS, OPEN_MLS, OURS, TS_MLS],
            [OPEN_MLS, OURS, TS_MLS, MLS_RS],
        ],
        suites: &[1, 2, 3],
        lacks: ALL_LACK,
        bugs: ALL_BUGS,
        unplayed: Some(Role::ExternalJoiner),
        grease: false,
    },
];

impl Side {
    /// Why a scenario is not asked of these.
    pub fn lacks(&self, scenario: &Scenario) -> Option<&'static str> {
        let missing = self.lacks.iter().find(|(need, _)| scenario.needs.contains(need));
        missing.map(|(_, why)| *why)
    }

    /// The bug that shows in a scenario.
    pub fn bug(&self, scenario: &Scenario, suite: u16) -> Option<&'static Bug> {
        self.bugs.iter().find(|bug| bug.scenario == scenario.name && bug.suites.contains(&suite))
    }

    /// The implementations that play.
    pub fn makers(&self) -> Vec<Maker> {
        let mut makers = Vec::<Maker>::new();
        for maker in self.casts.iter().flatten() {
            if makers.iter().all(|known| known.name != maker.name) {
                makers.push(*maker);
            }
        }
        makers
    }
}
