//! Events for `tracing` say what was done and how it ended, and nothing of what was sent, by whom and where.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use core::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use mls_client::{
    BasicIdentity, CipherSuite, Client, CommitPlan, Credential, Disposition, EncryptOptions, Event, Identity,
    MemoryStorage, Proposing,
};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::with_default;
use tracing::{Metadata, Subscriber};

const SUITE: CipherSuite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;
const PAYLOAD: &[u8] = b"PayloadThatIsSecret";
const BESIDE: &[u8] = b"AuthenticatedBeside";
const NAMES: [&str; 2] = ["AliceTheFirst", "BobTheSecond"];

/// Writes down every event, with all of its fields.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("mls")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        panic!("a span: {span:?}");
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut line = Line(format!("{} {}", event.metadata().level(), event.metadata().target()));
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

impl Recorder {
    /// What was written down since the last call, how much was stored apart.
    fn since(&self) -> Vec<String> {
        let all = core::mem::take(&mut *self.0.lock().unwrap());
        all.into_iter().filter(|line| line.starts_with("DEBUG")).collect()
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

fn client(name: &str) -> (Client, Identity) {
    let client = Client::builder(Arc::new(MemoryStorage::new()), Arc::new(BasicIdentity::new())).build().unwrap();
    let identity = client.new_identity(SUITE, Credential::basic(name)).unwrap();
    (client, identity)
}

fn ended(operation: &str, epoch: Option<u64>, outcome: &str) -> String {
    let epoch = epoch.map_or_else(String::new, |epoch| format!(" epoch={epoch}"));
    format!("DEBUG mls_client message=ended operation={operation:?}{epoch} outcome={outcome:?}")
}

fn received(kind: &str, epoch: u64) -> String {
    format!("DEBUG mls_client message=received kind={kind:?} epoch={epoch}")
}

#[test]
fn operations_tell_how_they_ended() {
    let recorder = Recorder::default();
    with_default(recorder.clone(), || {
        let ((alice, alice_id), (bob, bob_id)) = (client(NAMES[0]), client(NAMES[1]));
        let mut at_alice = alice.create_group(&alice_id).unwrap();
        let key_package = bob.key_package(&bob_id).unwrap().message;
        let commit = at_alice.add(&[key_package]).unwrap();
        assert_eq!(
            recorder.since(),
            [ended("create_group", None, "done"), ended("key_package", None, "done"), ended("commit", Some(0), "done")]
        );
        at_alice.accept_commit().unwrap();
        let mut at_bob = bob.join(&commit.welcome.unwrap(), None).unwrap();
        assert_eq!(recorder.since(), [ended("accept_commit", Some(0), "done"), ended("join", None, "done")]);

        let message = at_alice.send(PAYLOAD).unwrap().message;
        at_bob.receive(&message).unwrap();
        let error = at_bob.receive(&message).unwrap_err();
        assert_eq!(error.disposition(), Disposition::Duplicate);
        let sent = [ended("send", Some(1), "done"), received("message", 1), ended("receive", Some(1), "done")];
        assert_eq!(recorder.since(), [&sent[..], &[ended("receive", Some(1), "duplicate")]].concat());

        let commit = at_alice.commit(&CommitPlan::default()).unwrap().message;
        let error = at_alice.commit(&CommitPlan::default()).unwrap_err();
        assert_eq!(error.disposition(), Disposition::FixCaller);
        at_bob.receive_all([commit.as_slice(), message.as_slice()]).unwrap();
        let batch = "DEBUG mls_client message=batch messages=2 failed=1".to_owned();
        let told = [
            ended("commit", Some(1), "done"),
            ended("commit", Some(1), "fix_caller"),
            batch,
            ended("receive_all", Some(1), "done"),
        ];
        assert_eq!(recorder.since(), told);
    });
}

/// How bytes may show: as text, as a list of numbers, in hexadecimal.
fn forms(bytes: &[u8]) -> Vec<String> {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let list = format!("{bytes:?}").trim_matches(['[', ']']).to_owned();
    vec![String::from_utf8_lossy(bytes).into_owned(), hex.to_uppercase(), hex, list]
}

#[test]
fn no_event_shows_what_is_sent_by_whom_and_where() {
    let recorder = Recorder::default();
    let mut secrets: Vec<Vec<u8>> = [PAYLOAD, BESIDE].map(<[u8]>::to_vec).to_vec();
    secrets.extend(NAMES.map(|name| name.as_bytes().to_vec()));
    with_default(recorder.clone(), || {
        let ((alice, alice_id), (bob, bob_id)) = (client(NAMES[0]), client(NAMES[1]));
        let mut at_alice = alice.create_group(&alice_id).unwrap();
        secrets.push(at_alice.id().as_bytes().to_vec());
        let key_package = bob.key_package(&bob_id).unwrap().message;
        let commit = at_alice.add(core::slice::from_ref(&key_package)).unwrap();
        at_alice.accept_commit().unwrap();
        let welcome = commit.welcome.unwrap();
        let mut at_bob = bob.join(&welcome, None).unwrap();
        bob.join(&welcome, None).unwrap_err();
        let options = EncryptOptions { authenticated_data: BESIDE.to_vec(), ..EncryptOptions::default() };
        let message = at_alice.send_with(PAYLOAD, &options).unwrap().message;
        let mut damaged = message.clone();
        *damaged.last_mut().unwrap() ^= 1;
        at_bob.receive(&damaged).unwrap_err();
        at_bob.receive(&message[1..]).unwrap_err();
        let Event::Message(_) = at_bob.receive(&message).unwrap() else { panic!("no message") };
        let proposal = at_bob.propose(&Proposing::ExternalPsk(PAYLOAD.to_vec())).unwrap().message;
        at_alice.receive(&proposal).unwrap();
        // The key is not there.
        at_alice.commit(&CommitPlan::default()).unwrap_err();
        at_alice.remove(&[at_bob.own_leaf()]).unwrap_err();
        let plan = CommitPlan { include_pending: false, ..CommitPlan::default() };
        let commit = at_alice.commit(&plan).unwrap().message;
        at_bob.receive(&commit).unwrap();
        at_alice.accept_commit().unwrap();
        bob.load_group(&vec![0].into()).unwrap_err();
        secrets.extend([message, proposal, commit, welcome, key_package].map(|bytes| bytes[8..24].to_vec()));
        secrets.push(alice_id.signature_key.as_bytes().to_vec());
        secrets.push(at_alice.epoch_authenticator()[..16].to_vec());
    });
    let lines = recorder.all();
    assert!(lines.len() > 30, "{}", lines.len());
    for outcome in ["done", "discard", "retry", "fix_caller"] {
        assert!(lines.iter().any(|line| line.contains(outcome)), "no {outcome}: {lines:#?}");
    }
    for line in &lines {
        assert!(line.len() < 100, "{line}");
        for secret in &secrets {
            assert!(forms(secret).iter().all(|form| !line.contains(form)), "{line}");
        }
    }
}
